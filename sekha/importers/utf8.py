"""The bytes of a file as valid UTF-8, in chunks, whatever the file is written in."""

from __future__ import annotations

import codecs
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

CHUNK = 1 << 16
_REPLACEMENT = "\ufffd".encode()
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The longer ones first: UTF-32's begins as UTF-16's."""


def encoding_of(start: bytes) -> str | None:
    """What the bytes are written in if it is wider than UTF-8: told by the byte order mark, or by
    where the zeros of the first character are, which in JSON, HTML and CSV is ASCII."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    zeros = "".join("-0"[byte == 0] for byte in start[:4])
    return _ZEROS.get(zeros)


_ZEROS = {
    "-000": "utf-32-le",
    "000-": "utf-32-be",
    "-0-0": "utf-16-le",
    "0-0-": "utf-16-be",
    "-0--": "utf-16-le",
    "0---": "utf-16-be",
}


class Utf8Chunks:
    """Iterates over the chunks of a stream, each of whole characters.

    A byte order mark is taken off, UTF-16 and UTF-32 are recognised and converted, and bytes that
    are no UTF-8 are replaced by U+FFFD. A stream that breaks ends there.

    Attributes:
        consumed: bytes taken from the stream so far.
        failure: why the stream broke, once it has.
    """

    def __init__(self, stream: BinaryIO, size: int = CHUNK) -> None:
        self._stream = stream
        self._size = size
        self._given = 0
        self._replaced: list[int] = []
        self.consumed = 0
        self.failure: str | None = None

    def replaced_before(self, position: int) -> int:
        """How many places before `position` (in bytes given) were replaced since the last call."""
        count = sum(1 for place in self._replaced if place < position)
        del self._replaced[:count]
        return count

    def __iter__(self) -> Iterator[bytes]:
        start = more = self._read()
        while more and len(start) < 4:
            more = self._read()
            start += more
        wide = encoding_of(start)
        if wide is not None:
            yield from self._converted(start, wide)
            return
        rest = b""
        chunk = start.removeprefix(codecs.BOM_UTF8)
        while chunk:
            whole, rest = self._mended(rest + chunk, final=False)
            self._given += len(whole)
            yield whole
            chunk = self._read()
        if rest:
            whole, _ = self._mended(rest, final=True)
            self._given += len(whole)
            yield whole

    def _read(self) -> bytes:
        try:
            data = self._stream.read(self._size)
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, tarfile.TarError) as error:
            self.failure = str(error) or type(error).__name__
            return b""
        self.consumed += len(data)
        return data

    def _mended(self, data: bytes, *, final: bool) -> tuple[bytes, bytes]:
        """Valid UTF-8, and the bytes of a character that is not complete yet."""
        try:
            data.decode()
            return data, b""
        except UnicodeDecodeError as error:
            if not final and error.end == len(data) and len(data) - error.start < 4:
                whole, rest = data[: error.start], data[error.start :]
                if "unexpected end" in error.reason:
                    return whole, rest
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        mended = decoder.decode(data, final).encode()
        rest = decoder.getstate()[0]
        place = mended.find(_REPLACEMENT)
        while place >= 0:
            self._replaced.append(self._given + place)
            place = mended.find(_REPLACEMENT, place + len(_REPLACEMENT))
        return mended, rest

    def _converted(self, start: bytes, encoding: str) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        data = start
        while data:
            yield decoder.decode(data).encode()
            data = self._read()
        yield decoder.decode(b"", final=True).encode()
