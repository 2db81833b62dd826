"""The error for a framework that is not installed."""

from __future__ import annotations

from types import TracebackType

from ..errors import SekhaMissingExtraError


class requires:
    """Says which extra is missing where an import in this block fails.

    Args:
        extra: the extra of this package that brings the framework.
    """

    def __init__(self, extra: str) -> None:
        self._extra = extra

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, ImportError):
            raise SekhaMissingExtraError(f"this ({error}) needs", self._extra) from error
