"""Archives, read without being unpacked beside themselves, and what of them is refused.

Nothing is ever written under a name that an archive gives. What must be searched for its table of
contents is first copied into a file without a name, which goes with the process.
"""

from __future__ import annotations

import gzip
import lzma
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import ExitStack
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, cast

from attrs import Factory, define, frozen

Kind = Literal["zip", "gz", "tar"]

RATIO = 250
"""How many times its size a file may be unpacked; chats come to some 20 times."""

FREE = 1 << 26
"""Unpacked bytes from which the ratio counts."""

IN_MEMORY = 1 << 23
"""Bytes of an unpacked archive that are kept in memory, and not in a file."""

BOMB = f"it unpacks to more than {RATIO} times its size"

_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_OTHER_MARKS = {
    b"7z\xbc\xaf'\x1c": "it is a 7z archive: unpack it first",
    b"Rar!": "it is a rar archive: unpack it first",
    b"\xfd7zXZ": "it is an xz archive: unpack it first",
    b"BZh": "it is a bzip2 archive: unpack it first",
    b"\x28\xb5\x2f\xfd": "it is a Zstandard archive: unpack it first",
    b"SQLite format 3\x00": "it is a database of a program: export the chats from the program",
    b"PAR1": "it is a Parquet file: convert it to JSON lines first",
}
_ENCRYPTED = 0x1
_BROKEN = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError),
    # What the standard library makes of headers with nonsense in them.
    *(NotImplementedError, RuntimeError, ValueError, OverflowError, struct.error),
)
LINK = "a link in an archive"
NOT_REGULAR = "not a regular file"


class CannotOpenError(Exception):
    """A file of an export cannot be opened; the message says why."""


class TooManyFilesError(CannotOpenError):
    """An archive of more files than any export has."""


class Place(Protocol):
    """Where the bytes of a file are."""

    @property
    def size(self) -> int: ...

    def open(self) -> BinaryIO: ...


@frozen
class OnDisk:
    """A file on the disk."""

    path: Path
    size: int

    def open(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except OSError as error:
            raise CannotOpenError(error.strerror or str(error)) from error


@frozen
class _InZip:
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo

    @property
    def size(self) -> int:
        return self.info.file_size

    def open(self) -> BinaryIO:
        if self.info.flag_bits & _ENCRYPTED:
            raise CannotOpenError("it is encrypted: unpack the zip first")
        try:
            stream = cast(BinaryIO, self.archive.open(self.info))
        except NotImplementedError:
            reason = "its compression is not supported here: unpack the zip first"
            raise CannotOpenError(reason) from None
        except (OSError, RuntimeError, zipfile.BadZipFile) as error:
            raise CannotOpenError(str(error)) from error
        return guarded(stream, self.info.compress_size)


@frozen
class _InTar:
    archive: tarfile.TarFile
    member: tarfile.TarInfo

    @property
    def size(self) -> int:
        return self.member.size

    def open(self) -> BinaryIO:
        try:
            stream = self.archive.extractfile(self.member)
        except _BROKEN as error:
            raise CannotOpenError(_said(error)) from error
        if stream is None:
            raise CannotOpenError(NOT_REGULAR)
        return cast(BinaryIO, stream)


@frozen
class _Gunzipped:
    packed: Place

    @property
    def size(self) -> int:
        """As the last four bytes say, for a file on the disk."""
        if not isinstance(self.packed, OnDisk) or self.packed.size < 18:
            return 0
        with self.packed.open() as stream:
            stream.seek(-4, 2)
            return int.from_bytes(stream.read(4), "little")

    def open(self) -> BinaryIO:
        packed = self.packed.open()
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=packed, mode="rb"))
        return guarded(stream, self.packed.size, packed)


class _Guarded:
    """A stream that breaks off where it would unpack to much more than any export does."""

    def __init__(self, stream: BinaryIO, packed_size: int, beneath: BinaryIO | None) -> None:
        self._stream = stream
        self._most = max(FREE, RATIO * packed_size)
        self._beneath = beneath
        self._given = 0

    def read(self, size: int = -1) -> bytes:
        # read1: what was unpacked before a place that is broken is given before that is told.
        most = size if size >= 0 else self._most + 1 - self._given
        data = cast(BufferedIOBase, self._stream).read1(most)
        self._given += len(data)
        if self._given > self._most:
            raise OSError(BOMB)
        return data

    def close(self) -> None:
        self._stream.close()
        if self._beneath is not None:
            self._beneath.close()

    def __enter__(self) -> _Guarded:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def guarded(stream: BinaryIO, packed_size: int, beneath: BinaryIO | None = None) -> BinaryIO:
    """The stream, broken off where it is a bomb; closing it closes what is beneath."""
    return cast(BinaryIO, _Guarded(stream, packed_size, beneath))


@frozen
class Member:
    """A file in an archive, or why it is left out."""

    name: str
    place: Place | None
    reason: str = ""


@define
class Archive:
    """What is in an archive.

    Attributes:
        single: it is one file that was packed, and has no names.
        failure: why the rest of it cannot be read.
    """

    members: list[Member] = Factory(list)
    single: bool = False
    failure: str | None = None


def kind_of(place: Place) -> Kind | None:
    """What kind of archive it is, by its content; raises CannotOpenError for kinds that are not
    read."""
    with place.open() as stream:
        try:
            head = _head(stream)
        except _BROKEN as error:
            raise CannotOpenError(_said(error)) from error
    for mark, reason in _OTHER_MARKS.items():
        if head.startswith(mark):
            raise CannotOpenError(reason)
    if head.startswith(_ZIP_MARKS):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    return "tar" if _is_tar(head) else None


def _head(stream: BinaryIO) -> bytes:
    head = b""
    while len(head) < 512 and (data := stream.read(512)):
        head += data
    return head


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def members(kind: Kind, place: Place, name: str, stack: ExitStack) -> Archive:
    """What is packed in it; raises CannotOpenError if it is damaged."""
    if kind == "gz":
        return _of_gzip(place, name, stack)
    stream, failure = _seekable(place, stack)
    if kind == "tar":
        return _of_tar(stream, failure, stack)
    if failure is not None:
        raise CannotOpenError(failure)
    return _of_zip(stream, stack)


def _of_zip(stream: BinaryIO, stack: ExitStack) -> Archive:
    try:
        archive = stack.enter_context(zipfile.ZipFile(stream))
        infos = archive.infolist()
    except _BROKEN as error:
        raise CannotOpenError(f"the zip is damaged: {_said(error)}") from None
    found = Archive()
    for info in infos:
        mode = info.external_attr >> 16
        if info.is_dir():
            continue
        if stat.S_ISLNK(mode):
            found.members.append(Member(info.filename, None, LINK))
        else:
            found.members.append(Member(info.filename, _InZip(archive, info)))
    return found


def _of_tar(stream: BinaryIO, failure: str | None, stack: ExitStack) -> Archive:
    found = Archive(failure=failure)
    try:
        archive = stack.enter_context(tarfile.TarFile(fileobj=stream))
        for member in archive:
            if member.isdir():
                continue
            if member.issym() or member.islnk():
                found.members.append(Member(member.name, None, LINK))
            elif not member.isreg():
                found.members.append(Member(member.name, None, NOT_REGULAR))
            else:
                found.members.append(Member(member.name, _InTar(archive, member)))
    except _BROKEN as error:
        found.failure = found.failure or _said(error)
    if not found.members and found.failure is not None:
        raise CannotOpenError(f"the archive is damaged: {found.failure}")
    return found


def _of_gzip(place: Place, name: str, stack: ExitStack) -> Archive:
    inner = _Gunzipped(place)
    with inner.open() as stream:
        try:
            head = _head(stream)
        except _BROKEN as error:
            raise CannotOpenError(f"the gzip is damaged: {_said(error)}") from None
    if _is_tar(head):
        unpacked, failure = _seekable(inner, stack)
        return _of_tar(unpacked, failure, stack)
    own = name.rpartition("/")[2]
    plain = own[:-3] if own.lower().endswith(".gz") else own
    return Archive([Member(plain or own, inner)], single=True)


def _seekable(place: Place, stack: ExitStack) -> tuple[BinaryIO, str | None]:
    """The unpacked bytes as a file that can be searched, and why it is not all of them."""
    stream = stack.enter_context(place.open())
    if isinstance(place, OnDisk):
        return stream, None
    copy = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))
    failure = None
    try:
        while data := stream.read(1 << 20):
            copy.write(data)
    except _BROKEN as error:
        failure = _said(error)
    copy.seek(0)
    return cast(BinaryIO, copy), failure


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
