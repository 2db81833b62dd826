"""The rows of a CSV file, one at a time, with the names of its columns as keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .streaming import LARGEST, LINE_END, TOO_LARGE, UNREADABLE, Damage, Element
from .utf8 import Utf8Chunks

_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^,]*))(,|\Z)', re.DOTALL)
UNEVEN = "a row with other columns than the first"


def columns(head: bytes) -> list[str]:
    """The names in the first row; empty if there is none."""
    line = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    return [name.strip() for name in _fields(line)] if "," in line else []


def rows(chunks: Utf8Chunks) -> Iterator[Element | Damage]:
    """The rows below the first; `index` counts from 1."""
    names: list[str] = []
    for number, row in enumerate(_rows(chunks)):
        if row is None:
            yield Damage(number, TOO_LARGE)
        elif not names:
            names = [name.strip() for name in _fields(row)]
        elif row.strip():
            values = _fields(row)
            if len(values) == len(names):
                yield Element(number, dict(zip(names, values, strict=True)))
            else:
                yield Damage(number, UNEVEN, f"{len(values)} instead of {len(names)}")
    if chunks.failure is not None:
        yield Damage(number + 1 if names else 0, UNREADABLE, chunks.failure)


def _rows(chunks: Iterable[bytes]) -> Iterator[str | None]:
    """The text of each row, None for one that is too large: a line end inside of quotes does not
    end it."""
    pending: list[bytes] = []
    size = quotes = 0
    for chunk in chunks:
        for piece in filter(None, LINE_END.split(chunk)):
            quotes += piece.count(b'"')
            size += len(piece)
            if size <= LARGEST:
                pending.append(piece)
            if piece.endswith(b"\n") and quotes % 2 == 0:
                yield _joined(pending, size)
                pending, size, quotes = [], 0, 0
    if pending:
        yield _joined(pending, size)


def _joined(lines: list[bytes], size: int) -> str | None:
    return b"".join(lines).decode("utf-8", "replace") if size <= LARGEST else None


def _fields(row: str) -> list[str]:
    found, place = [], 0
    row = row.rstrip("\r\n")
    while place <= len(row):
        match = _FIELD.match(row, place)
        if match is None:
            # A quote that is not closed: the rest is one field.
            found.append(row[place:].strip('"').replace('""', '"'))
            break
        quoted, plain, comma = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        place = match.end()
        if not comma:
            break
    return found
