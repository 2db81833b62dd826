"""The values that pass between an operation and whatever sends it"""

import json
from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from attrs import define, field


class Unset:
    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Unset = Unset()


@define
class Request:
    """A built request: what is to be sent, to a path below the base URL"""

    method: str
    path: str
    """ percent-encoded, begins with a slash """
    params: dict[str, str] = field(factory=dict)
    """ query parameters, not yet encoded """
    headers: dict[str, str] = field(factory=dict)
    content: bytes | None = None


@define
class RawResponse:
    """What came back: status, headers and body, whole"""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    """ names in lower case """
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code <= 299

    @property
    def is_json(self) -> bool:
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return media_type == "application/json" or media_type.endswith("+json")

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body's JSON; raises ValueError if it is none"""
        return json.loads(self.content)


T = TypeVar("T")


@define
class Response(Generic[T]):
    """A response and what its body means"""

    status_code: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    parsed: T


def path_segment(value: object) -> str:
    """One segment of a path, encoded so that it cannot name another; raises ValueError for one that would"""
    text = str(value)
    if text in ("", ".", ".."):
        raise ValueError(f"{text!r} cannot be a segment of a path")
    return quote(text, safe="")


def query_value(value: object) -> str:
    """A query parameter as the server reads it"""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def encode_json(value: Any) -> bytes:
    """JSON as UTF-8, with nothing in it that JSON does not have (NaN is a ValueError)"""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


__all__ = [
    "UNSET",
    "RawResponse",
    "Request",
    "Response",
    "Unset",
    "encode_json",
    "path_segment",
    "query_value",
]
