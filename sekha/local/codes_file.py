"""The side file of a memory: the codes of its vectors, mapped and not loaded.

It is derived from the memory file and may be deleted at any time. Segments are only ever added, by
one process at a time, and each says whether it is whole; whether they are of this memory as it is
now, who opens them finds out (`semantic`).

Without `fcntl` (on Windows) there is no such file: the codes are then made at each opening.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from attrs import frozen

from .codes import Codes, nibble_bytes, words
from .vectors import Segment

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

SUFFIX = "-codes"
_MAGIC = b"SEKHACO2"
_HEADER = struct.Struct("<8sIqq32s")
_SEGMENT = struct.Struct("<4sIIIII")
_SEGMENT_MAGIC = b"SEG1"
_CHECKSUM = struct.Struct("<I")
_ALIGNED = 64


@frozen
class Stamp:
    """What the codes were made of.

    Attributes:
        generation: which making of all vectors they are of.
        deletions: the last deletion before the file was begun: what went before it is not in it.
    """

    dimensions: int
    generation: int
    embedder: str
    deletions: int = 0


class CodesFile:
    """One memory's side file.

    What fails here costs time and nothing else: the codes are in memory then.

    Args:
        path: the memory file's; `None` for one in memory, which has no side file.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        self._path = None if path is None or fcntl is None else side_path(path)
        self._read_only = read_only
        self._known: tuple[int, int] | None = None
        self._end = 0

    def read(self, stamp: Stamp) -> tuple[list[Segment], int]:
        """The segments that are there whole, and the last deletion before they were begun.

        Args:
            stamp: whose they are to be; there are none of another generation or embedder.
        """
        self._known = None
        if self._path is None:
            return [], 0
        try:
            with open(self._path, "rb") as file:
                self._known = _identity(file.fileno())
                size = os.fstat(file.fileno()).st_size
                deletions = _told(file.read(_ALIGNED * 2), stamp)
                if deletions is None:
                    self._known = None
                    return [], 0
                mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            return [], 0
        segments = []
        self._end = _ALIGNED * 2
        for segment, end in _segments(mapped, self._end, stamp.dimensions):
            segments.append(segment)
            self._end = end
        return segments, deletions

    def begin(self, stamp: Stamp) -> None:
        """Put a new file, without segments, in place of what is there."""
        self._known = None
        if self._path is None or self._read_only:
            return
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.write(descriptor, _header(stamp))
                self._known, self._end = _identity(descriptor), _ALIGNED * 2
            finally:
                os.close(descriptor)
            os.replace(new, self._path)
        except OSError:
            self._known = None

    def append(self, segment: Segment) -> bool:
        """Add a segment behind those that were read or added here.

        Returns:
            False if another process has added some, or put another file there: it is to be read
            again. Where nothing can be written, the segment is kept in memory alone.
        """
        if self._path is None or self._read_only or self._known is None:
            return True
        try:
            with _locked(self._path) as descriptor:
                if descriptor is None or _identity(descriptor) != self._known:
                    return False
                rest = os.fstat(descriptor).st_size - self._end
                if rest > 0 and _is_whole(os.pread(descriptor, rest, self._end)):
                    return False
                content = _written(segment)
                written = 0
                while written < len(content):
                    written += os.pwrite(descriptor, content[written:], self._end + written)
                # Before the next one begins, this one is on the disk: only the last can be torn.
                os.fsync(descriptor)
                self._end += len(content)
        except OSError:
            # No room, or the file is gone: not tried again.
            self._known = None
        return True


def side_path(path: Path) -> Path:
    """Where the side file of a memory file is."""
    return path.with_name(f"{path.name}{SUFFIX}")


@contextmanager
def _locked(path: Path) -> Iterator[int | None]:
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError:
        yield None
    finally:
        os.close(descriptor)


def _identity(descriptor: int) -> tuple[int, int]:
    state = os.fstat(descriptor)
    return state.st_dev, state.st_ino


def _header(stamp: Stamp) -> bytes:
    embedder = hashlib.sha256(stamp.embedder.encode()).digest()
    packed = _HEADER.pack(_MAGIC, stamp.dimensions, stamp.generation, stamp.deletions, embedder)
    return (packed + _CHECKSUM.pack(zlib.crc32(packed))).ljust(_ALIGNED * 2, b"\0")


def _told(header: bytes, stamp: Stamp) -> int | None:
    """The last deletion that a header tells of; `None` if it is not whole, or another's."""
    if len(header) < _ALIGNED * 2:
        return None
    deletions: int = _HEADER.unpack_from(header)[3]
    expected = Stamp(stamp.dimensions, stamp.generation, stamp.embedder, deletions)
    return deletions if header == _header(expected) else None


def _written(segment: Segment) -> bytes:
    keys = b"".join(
        (
            segment.conversations.astype("<i8").tobytes(),
            segment.first_messages.astype("<i8").tobytes(),
            segment.counts.astype("<u4").tobytes(),
            segment.tags.astype("<u4").tobytes(),
        )
    )
    codes = b"".join(
        (
            segment.codes.signs.astype("<u8").tobytes(),
            segment.codes.factors.astype("<f4").tobytes(),
            segment.codes.nibbles.tobytes(),
        )
    )
    head = _SEGMENT.pack(
        _SEGMENT_MAGIC,
        len(segment.conversations),
        len(segment.codes),
        segment.codes.nibbles.shape[1],
        zlib.crc32(keys),
        zlib.crc32(codes),
    )
    head = (head + _CHECKSUM.pack(zlib.crc32(head))).ljust(_ALIGNED, b"\0")
    return _padded(head + _padded(keys) + codes)


def _padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % _ALIGNED)


def _head(content: bytes | mmap.mmap, at: int) -> tuple[int, int, int, int, int] | None:
    head = content[at : at + _SEGMENT.size + _CHECKSUM.size]
    if len(head) < _SEGMENT.size + _CHECKSUM.size:
        return None
    if zlib.crc32(head[: _SEGMENT.size]) != _CHECKSUM.unpack_from(head, _SEGMENT.size)[0]:
        return None
    magic, *told = _SEGMENT.unpack_from(head)
    return (told[0], told[1], told[2], told[3], told[4]) if magic == _SEGMENT_MAGIC else None


def _sizes(conversations: int, rows: int, nibbles: int) -> tuple[int, int]:
    """Bytes of keys, padded, and of codes."""
    keys = 24 * conversations
    codes = rows * (8 * words(2 * nibbles) + 4 + nibbles)
    return keys + -keys % _ALIGNED, codes


def _is_whole(content: bytes) -> bool:
    """Whether a segment begins here that is whole."""
    head = _head(content, 0)
    if head is None:
        return False
    conversations, rows, nibbles, _, checksum = head
    keys, codes = _sizes(conversations, rows, nibbles)
    body = content[_ALIGNED + keys : _ALIGNED + keys + codes]
    return len(body) == codes and zlib.crc32(body) == checksum


def _segments(mapped: mmap.mmap, at: int, dimensions: int) -> Iterator[tuple[Segment, int]]:
    """The segments that are whole, and where each one ends. The keys of all are looked at, and the
    codes of the last: those before it were on the disk before it was begun."""
    while True:
        head = _head(mapped, at)
        if head is None:
            return
        conversations, rows, nibbles, keys_checksum, codes_checksum = head
        keys, codes = _sizes(conversations, rows, nibbles)
        begin = at + _ALIGNED
        end = begin + keys + codes
        end += -end % _ALIGNED
        if end > len(mapped) or nibbles != nibble_bytes(dimensions):
            return
        view = memoryview(mapped)
        if zlib.crc32(view[begin : begin + 24 * conversations]) != keys_checksum:
            return
        is_last = _head(mapped, end) is None
        if is_last and zlib.crc32(view[begin + keys : begin + keys + codes]) != codes_checksum:
            return
        yield _mapped(mapped, begin, conversations, rows, nibbles), end
        at = end


def _mapped(
    mapped: mmap.mmap, at: int, conversations: int, rows: int, nibble_count: int
) -> Segment:
    keys = np.frombuffer(mapped, dtype="<i8", count=2 * conversations, offset=at)
    small = np.frombuffer(
        mapped, dtype="<u4", count=2 * conversations, offset=at + 16 * conversations
    )
    at += _sizes(conversations, rows, nibble_count)[0]
    signs = np.frombuffer(mapped, dtype="<u8", count=rows * words(2 * nibble_count), offset=at)
    at += signs.nbytes
    factors = np.frombuffer(mapped, dtype="<f4", count=rows, offset=at)
    at += factors.nbytes
    nibbles = np.frombuffer(mapped, dtype="u1", count=rows * nibble_count, offset=at)
    return Segment(
        keys[:conversations],
        keys[conversations:],
        small[:conversations],
        small[conversations:],
        Codes(signs.reshape(words(2 * nibble_count), rows), nibbles.reshape(rows, -1), factors),
    )
