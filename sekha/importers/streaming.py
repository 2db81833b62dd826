"""The records of a JSON document, one at a time, in the memory of the largest.

ijson parses; what it cannot do is go on after an error. So an array is given to it in stretches
that each begin where a record begins by its looks (the anchor: an opening brace and the first two
keys, as the file's first record has them), and every stretch has a parser of its own: what is
broken ends with its stretch.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from ..errors import SekhaMissingExtraError
from .guard import TOO_DEEP, Guard
from .utf8 import Utf8Chunks

LARGEST = 1 << 28
"""Bytes without the end of a record after which a stretch is given up."""

_KEPT = 1 << 24
"""Bytes of a record that are kept for a second, more lenient parser."""

_ANCHOR_REACH = 4096
"""Bytes that an anchor can be long, and that are held back so that none is cut in two."""

NOT_JSON = "not valid JSON"
CUT_OFF = "the file ends in the middle"
UNREADABLE = "the rest of the file could not be read"
TOO_LARGE = f"larger than {LARGEST >> 20} MB"

LINE_END = re.compile(rb"(?<=\n)")

Anchor = re.Pattern[bytes]


@frozen
class Element:
    """A value that was read. `replaced` counts bytes in it that were no UTF-8."""

    index: int
    value: Any = field(repr=False)
    replaced: int = 0


@frozen
class Damage:
    """A stretch that could not be read; it counts as one record."""

    index: int
    reason: str
    detail: str = ""


def load_ijson() -> Any:
    """The streaming parser; raises SekhaMissingExtraError if the extra is not installed."""
    try:
        return importlib.import_module("ijson")
    except ModuleNotFoundError:
        raise SekhaMissingExtraError("reading exports needs ijson of", "importers") from None


class _Stretch:
    """One parser's part of the document. `opening` stands for what came before it."""

    def __init__(self, prefix: str, opening: bytes, start: int, *, multiple: bool = False) -> None:
        ijson = load_ijson()
        # The second is of half a character that stands as an escape.
        self._errors: tuple[type[Exception], ...] = (ijson.JSONError, UnicodeDecodeError)
        self._found: list[Any] = ijson.sendable_list()
        self._parser: Any = ijson.items_coro(
            self._found, prefix, use_float=True, multiple_values=multiple
        )
        if opening:
            self._parser.send(opening)
        self._closing = b"]" + b"}" * prefix.count(".")
        self._kept: list[bytes] | None = [] if opening else None
        self._guard = Guard()
        self._size = 0
        self._waiting: list[bytes] = []
        self._waits = 0
        self._last = b""
        self._count = 0
        self.start = start
        self.problem: tuple[str, str] | None = None

    def send(self, piece: bytes) -> list[Any]:
        """The values that are complete now."""
        excess = self._keep(piece)
        if excess is not None:
            found = self._sent()
            self._give_up(excess)
            return found
        # yajl begins a text anew with each piece of it: pieces that grow with the record keep the
        # time for a long one in proportion to its length.
        self._waiting.append(piece)
        self._waits += len(piece)
        return self._sent() if 4 * self._waits >= self._size else []

    def _sent(self) -> list[Any]:
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._waits = 0
        if self.problem is not None or not data:
            return []
        try:
            self._parser.send(data)
        except self._errors as error:
            self.problem = (NOT_JSON, self._where(error))
        return self._taken()

    def finish(self, *, last: bool) -> list[Any]:
        """What is left when the next stretch begins, or the document ends; then `problem` is
        final."""
        found = self._sent()
        if self.problem is None:
            try:
                if not last:
                    comma = self._last.endswith(b",")
                    self._parser.send((b"null" if comma else b"") + self._closing)
                self._parser.close()
            except self._errors as error:
                self.problem = (CUT_OFF if last else NOT_JSON, self._where(error))
            self._found.clear()
        return self._rescued() if self.problem is not None and not self._count else found

    def _keep(self, piece: bytes) -> str | None:
        """Takes account of the piece; why it is too much for the parser, if it is."""
        self._size += len(piece)
        self._last = piece.rstrip()[-1:] or self._last
        if self._kept is not None:
            self._kept.append(piece)
            if self._size > _KEPT or self._count:
                self._kept = None
        if self.problem is not None:
            return None
        if self._size > LARGEST:
            return TOO_LARGE
        return self._guard.refusal(piece)

    def _give_up(self, reason: str) -> None:
        self.problem = self.problem or (reason, f"from byte {self.start}")
        self._parser = None
        self._kept = None

    def _taken(self) -> list[Any]:
        found = list(self._found)
        self._found.clear()
        if found:
            self._count += len(found)
            self._size = 0
        return found

    def _where(self, error: Exception) -> str:
        told = str(error).removeprefix("b'").partition("\n")[0].partition("\\n")[0].strip()
        return f"from byte {self.start}: {told}"

    def _rescued(self) -> list[Any]:
        """Python's parser takes what yajl does not: NaN, huge numbers, raw control characters."""
        if not self._kept:
            return []
        text = b"".join(self._kept).decode("utf-8", "replace").lstrip()
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(text)
        except (ValueError, RecursionError):
            return []
        if text[end:].strip(" \t\r\n,]}"):
            return []
        self.problem = None
        return [value]


def array(
    chunks: Utf8Chunks, path: tuple[str, ...], anchor: Anchor | None
) -> Iterator[Element | Damage]:
    """The elements of the document's array, or of the array to which the keys of `path` lead."""
    prefix = ".".join([*path, "item"])
    opening = b"".join(b"{%s:" % json.dumps(key).encode() for key in path) + b"["
    return _records(chunks, anchor, prefix, opening, multiple=False)


def values(chunks: Utf8Chunks) -> Iterator[Element | Damage]:
    """The values of a document that has them one after the other, often just one."""
    return _records(chunks, None, "", b"", multiple=True)


def _records(
    chunks: Utf8Chunks, anchor: Anchor | None, prefix: str, opening: bytes, *, multiple: bool
) -> Iterator[Element | Damage]:
    stretch = _Stretch(prefix, b"", 0, multiple=multiple)
    index = position = 0

    def given(values: list[Any]) -> Iterator[Element | Damage]:
        nonlocal index
        for value in values:
            yield Element(index, value, chunks.replaced_before(position))
            index += 1

    def ended(last: bool) -> Iterator[Element | Damage]:
        nonlocal index
        yield from given(stretch.finish(last=last))
        problem = stretch.problem
        if last and chunks.failure is not None:
            problem = (UNREADABLE, chunks.failure)
        if problem is not None:
            chunks.replaced_before(position)
            yield Damage(index, *problem)
            index += 1

    for begins, piece in _pieces(chunks, anchor):
        if begins:
            yield from ended(last=False)
            stretch = _Stretch(prefix, opening, position)
        position += len(piece)
        yield from given(stretch.send(piece))
    yield from ended(last=True)


def _pieces(chunks: Utf8Chunks, anchor: Anchor | None) -> Iterator[tuple[bool, bytes]]:
    """The document cut before each anchor, and whether the piece begins with one."""
    if anchor is None:
        yield from ((False, chunk) for chunk in chunks)
        return
    buffer, begins = b"", False
    stream = iter(chunks)
    while True:
        chunk = next(stream, None)
        buffer += chunk or b""
        limit = len(buffer) if chunk is None else max(0, len(buffer) - _ANCHOR_REACH)
        sent = 0
        for match in anchor.finditer(buffer):
            start = match.start()
            if start >= limit:
                break
            if start > sent:
                yield begins, buffer[sent:start]
            sent, begins = start, True
        if limit > sent:
            yield begins, buffer[sent:limit]
            sent, begins = limit, False
        buffer = buffer[sent:]
        if chunk is None:
            return


def lines(chunks: Utf8Chunks) -> Iterator[Element | Damage]:
    """The values of a file with one on each line; blank lines are none. `index` counts lines."""
    number = position = 0
    pending: list[bytes] = []
    size = 0

    def parsed() -> Element | Damage | None:
        line = b"".join(pending).strip()
        replaced = chunks.replaced_before(position)
        if size > LARGEST:
            return Damage(number, TOO_LARGE)
        return _line(number, line, replaced) if line else None

    for chunk in chunks:
        for piece in filter(None, LINE_END.split(chunk)):
            position += len(piece)
            size += len(piece)
            if size <= LARGEST:
                pending.append(piece)
            if piece.endswith(b"\n"):
                number += 1
                item = parsed()
                pending.clear()
                size = 0
                if item is not None:
                    yield item
    number += 1
    if chunks.failure is not None:
        yield Damage(number, UNREADABLE, chunks.failure)
        return
    item = parsed()
    if item is not None:
        yield item


def _line(number: int, line: bytes, replaced: int) -> Element | Damage:
    try:
        return Element(number, json.loads(line, strict=False), replaced)
    except RecursionError:
        return Damage(number, TOO_DEEP)
    except ValueError as error:
        return Damage(number, NOT_JSON, str(error))
