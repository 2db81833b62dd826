"""Where the files of an export lie: alone, in a folder, or in a zip."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from attrs import frozen

from ..errors import SekhaImportError

_JSON_NAMES = (".json", ".jsonl", ".ndjson")
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = 0x1


@frozen
class Entry:
    """A file that may hold conversations.

    Attributes:
        name: its path inside the folder or zip, or its file name.
        size: in bytes, unpacked.
    """

    name: str
    size: int


class CannotOpenError(Exception):
    """A file of an export cannot be opened; the message says why."""


class Files(Protocol):
    """The files of an export while it is open."""

    def entries(self) -> list[Entry]: ...

    def other_names(self) -> list[str]: ...

    def open(self, entry: Entry) -> BinaryIO: ...


@contextmanager
def opened(path: Path) -> Iterator[Files]:
    """The files of a path; raises SekhaImportError if there are none to be had."""
    with ExitStack() as stack:
        try:
            files = _files(path, stack)
        except FileNotFoundError:
            raise SekhaImportError(f"{path}: there is no such file", path=str(path)) from None
        except zipfile.BadZipFile as error:
            message = f"{path}: the zip is damaged: {error}"
            raise SekhaImportError(message, path=str(path)) from None
        except OSError as error:
            message = f"{path}: it cannot be read: {error.strerror or error}"
            raise SekhaImportError(message, path=str(path)) from error
        yield files


def _files(path: Path, stack: ExitStack) -> Files:
    if path.is_dir():
        return _Folder(path)
    if _is_zip(path):
        return _Zip(stack.enter_context(zipfile.ZipFile(path)))
    return _Single(path)


def _is_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4).startswith(_ZIP_MARKS)


def _wanted(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and name.lower().endswith(_JSON_NAMES)


def _natural(name: str) -> list[tuple[int, str]]:
    """conversations-2 before conversations-10, a folder's own files before its folders'."""
    parts = re.split(r"(\d+)", name.lower())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _ordered(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.name.count("/"), _natural(entry.name)))


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CannotOpenError(error.strerror or str(error)) from error


class _Single:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size

    def entries(self) -> list[Entry]:
        return [Entry(self._path.name, self._size)]

    def other_names(self) -> list[str]:
        return []

    def open(self, entry: Entry) -> BinaryIO:
        return _open(self._path)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._names = [
            (Path(folder) / name).relative_to(path).as_posix()
            for folder, _, names in os.walk(path)
            for name in names
        ]

    def entries(self) -> list[Entry]:
        found = []
        for name in filter(_wanted, self._names):
            try:
                found.append(Entry(name, (self._path / name).stat().st_size))
            except OSError:
                # A link to nowhere, or removed just now: said where it is opened.
                found.append(Entry(name, 0))
        return _ordered(found)

    def other_names(self) -> list[str]:
        return [name for name in self._names if not _wanted(name)]

    def open(self, entry: Entry) -> BinaryIO:
        return _open(self._path / entry.name)


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}

    def entries(self) -> list[Entry]:
        return _ordered(
            [Entry(name, info.file_size) for name, info in self._infos.items() if _wanted(name)]
        )

    def other_names(self) -> list[str]:
        return [name for name in self._infos if not _wanted(name)]

    def open(self, entry: Entry) -> BinaryIO:
        info = self._infos.get(entry.name)
        if info is None:
            raise CannotOpenError("it is no longer in the zip")
        if info.flag_bits & _ENCRYPTED:
            raise CannotOpenError("it is encrypted: unpack the zip first")
        try:
            return cast(BinaryIO, self._archive.open(info))
        except NotImplementedError:
            reason = "its compression is not supported here: unpack the zip first"
            raise CannotOpenError(reason) from None
        except (OSError, zipfile.BadZipFile) as error:
            raise CannotOpenError(str(error)) from error
