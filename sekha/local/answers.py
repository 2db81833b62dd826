"""Building answers: models as bytes, and the four ways to say what went wrong (row 26)."""

from __future__ import annotations

from typing import Any, Protocol

from sekha_api.models import ErrorBody
from sekha_api.types import RawResponse

from .._core.wire.schema import BuiltResponse

_JSON = {"content-type": "application/json"}
_TEXT = {"content-type": "text/plain; charset=utf-8"}


class Model(Protocol):
    """Any generated model."""

    def to_dict(self) -> dict[str, Any]: ...


def model(status: int, body: Model) -> RawResponse:
    """A generated model as JSON."""
    return BuiltResponse.of(status, _JSON, body.to_dict())


def models(status: int, bodies: list[Any]) -> RawResponse:
    """A bare array of generated models."""
    return BuiltResponse.of(status, _JSON, [body.to_dict() for body in bodies])


def empty(status: int, headers: dict[str, str] | None = None) -> RawResponse:
    """A status without a body."""
    return RawResponse(status, headers or {}, b"")


def text(status: int, message: str) -> RawResponse:
    """Plain text, as for a request that breaks the contract."""
    return RawResponse(status, _TEXT, message.encode())


def error(status: int, message: str, *, with_code: bool = True) -> RawResponse:
    """`{"error": message, "code": status}`; tools and authorization leave the code out."""
    body = ErrorBody(error=message, code=status) if with_code else ErrorBody(error=message)
    return model(status, body)
