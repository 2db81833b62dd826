"""What a call of an operation can raise beside the HTTP library's own errors"""

from .types import RawResponse


class UnexpectedResponse(Exception):
    """The server answered with a status or a body that its contract does not have"""

    def __init__(self, response: RawResponse, reason: str) -> None:
        self.response = response
        self.reason = reason
        super().__init__(f"{reason} (status {response.status_code}): {response.text[:200]!r}")

    def __reduce__(self) -> tuple[type["UnexpectedResponse"], tuple[RawResponse, str]]:
        return type(self), (self.response, self.reason)

    @property
    def status_code(self) -> int:
        return self.response.status_code


__all__ = ["UnexpectedResponse"]
