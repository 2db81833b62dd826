"""Forms as browsers send them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from attrs import field, frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request

LARGEST = 4 * 1024 * 1024
"""Bytes of a form; a selection of 100,000 conversations goes by its filters."""
_MOST_FIELDS = 20_000


@frozen
class Form:
    """What a form holds."""

    values: Mapping[str, list[str]] = field(factory=dict)

    def one(self, name: str, default: str = "") -> str:
        """The last value of this name."""
        return self.values.get(name, [default])[-1]

    def all(self, name: str) -> list[str]:
        """All values of this name, each once."""
        return list(dict.fromkeys(self.values.get(name, [])))


def number(text: str | None, default: int, *, digits: int) -> int:
    """A whole number that an address or a form holds; the default if it is none of so few digits."""
    return int(text) if text and text.isdecimal() and len(text) <= digits else default


async def form_of(request: Request) -> Form:
    """The form of a request.

    Raises:
        HTTPException: it is too large, or no form.
    """
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST:
            raise HTTPException(413, "That is too much for one form.")
    try:
        values = parse_qs(received.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise HTTPException(400, "That is no form.") from None
    return Form(values)
