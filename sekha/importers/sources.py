"""Where the files of an export lie: alone, in a folder, or packed, in whatever is packed in it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from ..errors import SekhaImportError
from .archives import (
    NOT_REGULAR,
    Archive,
    CannotOpenError,
    OnDisk,
    Place,
    TooManyFilesError,
    kind_of,
    members,
)

_JSON_NAMES = (".json", ".jsonl", ".ndjson", ".bak")
_OTHER_NAMES = (".csv", ".html", ".htm")
_PACKED_NAMES = (".zip", ".gz", ".tgz", ".tar", ".bak")
_DEEPEST = 3
_MOST_FILES = 200_000
_BESIDE = 1 << 20
"""Bytes of a small file that tells about the one beside it."""

NOT_JSON = "not JSON by its name"
LINK_OUT = "a link out of the folder"
TOO_DEEP = "packed into too many others"

_REFUSED = {
    ".7z": "a 7z archive: unpack it first",
    ".rar": "a rar archive: unpack it first",
    ".xz": "an xz archive: unpack it first",
    ".bz2": "a bzip2 archive: unpack it first",
    ".zst": "a Zstandard archive: unpack it first",
    ".db": "a database of a program: export the chats from the program",
    ".sqlite": "a database of a program: export the chats from the program",
    ".vscdb": "a database of a program: export the chats from the program",
    ".parquet": "a Parquet file: convert it to JSON lines first",
}


@frozen
class Entry:
    """A file that may hold conversations.

    Attributes:
        name: its path inside the folder or archive, or its file name.
        size: in bytes, unpacked; a guess where the archive does not say.
    """

    name: str
    size: int


class Files:
    """The files of an export while it is open.

    Attributes:
        others: the files that hold no conversations by their looks, and why.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._places: dict[str, Place] = {}
        self._broken: dict[str, str] = {}
        self.others: list[tuple[str, str]] = []

    def entries(self) -> list[Entry]:
        """Those that may hold conversations, and those that cannot be opened."""
        found = [Entry(name, place.size) for name, place in self._places.items()]
        found += [Entry(name, 0) for name in self._broken]
        return sorted(found, key=lambda entry: (entry.name.count("/"), _natural(entry.name)))

    def open(self, entry: Entry) -> BinaryIO:
        """The unpacked bytes; raises CannotOpenError."""
        if entry.name in self._broken:
            raise CannotOpenError(self._broken[entry.name])
        place = self._places.get(entry.name)
        if place is None:
            raise CannotOpenError("it is no longer there")
        return place.open()

    def beside(self, entry: Entry, name: str) -> bytes:
        """The beginning of the file of this name in the same folder; nothing if there is none."""
        place = self._places.get("/".join([*entry.name.split("/")[:-1], name]))
        if place is None:
            return b""
        try:
            with place.open() as stream:
                return stream.read(_BESIDE)
        except (CannotOpenError, OSError, EOFError):
            return b""

    def add(self, name: str, place: Place, depth: int = 0, *, alone: bool = False) -> None:
        """A file, or what is packed in it."""
        if len(self._places) + len(self.others) > _MOST_FILES:
            raise TooManyFilesError(f"it holds more than {_MOST_FILES:,} files")
        if not alone and not _wanted(name):
            self.others.append((name, _REFUSED.get(_suffix(name), NOT_JSON)))
            return
        packed = alone or name.lower().endswith(_PACKED_NAMES)
        try:
            kind = kind_of(place) if packed else None
            if kind is None:
                self._places[self._free(name)] = place
            elif depth >= _DEEPEST:
                self.others.append((name, TOO_DEEP))
            else:
                with_name = "" if alone else name
                self._add_members(with_name, members(kind, place, name, self._stack), depth)
        except CannotOpenError as error:
            if alone:
                raise
            self._broken[name] = str(error)

    def _free(self, name: str) -> str:
        """The name, told from an equal one: a zip may hold two files of one name."""
        number, free = 2, name
        while free in self._places:
            number, free = number + 1, f"{name} ({number})"
        return free

    def _add_members(self, name: str, archive: Archive, depth: int) -> None:
        for member in archive.members:
            # The file in a .gz takes its place; those in an archive stand below its name.
            # Nothing is written under these names: they only have to be read by people.
            own = "/".join(part for part in member.name.split("/") if part not in ("", ".", ".."))
            inside = own if archive.single else "/".join(filter(None, (name, own)))
            if archive.single and "/" in name:
                inside = f"{name.rpartition('/')[0]}/{own}"
            if member.place is None:
                self.others.append((inside, member.reason))
            else:
                # What a .gz holds was wanted by the name that it had packed.
                self.add(inside, member.place, depth + 1, alone=archive.single and not name)
        if archive.failure is not None:
            self._broken["/".join(filter(None, (name, "the rest")))] = archive.failure

    def add_folder(self, folder: Path) -> None:
        """All files below, but for links that lead out of it."""
        root = folder.resolve()

        def unreadable(error: OSError) -> None:
            inside = Path(error.filename or folder).relative_to(folder).as_posix()
            self._broken[inside] = error.strerror or str(error)

        for path in _walk(folder, unreadable):
            name = path.relative_to(folder).as_posix()
            try:
                if path.is_symlink() and not path.resolve().is_relative_to(root):
                    self.others.append((name, LINK_OUT))
                    continue
                status = path.stat()
            except OSError:
                # A link to nowhere, or removed just now: said where it is opened.
                if _wanted(name):
                    self._places[name] = OnDisk(path, 0)
                continue
            if not stat.S_ISREG(status.st_mode):
                self.others.append((name, NOT_REGULAR))
                continue
            self.add(name, OnDisk(path, status.st_size))


@contextmanager
def opened(path: Path) -> Iterator[Files]:
    """The files of a path; raises SekhaImportError if there are none to be had."""
    with ExitStack() as stack:
        try:
            files = Files(stack)
            if path.is_dir():
                files.add_folder(path)
            else:
                status = path.stat()
                if not stat.S_ISREG(status.st_mode):
                    raise CannotOpenError(f"it is {NOT_REGULAR} and no folder")
                files.add(path.name, OnDisk(path, status.st_size), alone=True)
        except FileNotFoundError:
            raise SekhaImportError(f"{path}: there is no such file", path=str(path)) from None
        except (CannotOpenError, ValueError) as error:
            raise SekhaImportError(f"{path}: {error}", path=str(path)) from None
        except OSError as error:
            message = f"{path}: it cannot be read: {error.strerror or error}"
            raise SekhaImportError(message, path=str(path)) from error
        yield files


def _walk(folder: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """The files of a folder; links to folders are given as they are, and not followed."""
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        links = [each for each in folders if (Path(parent) / each).is_symlink()]
        for name in sorted(names + links):
            yield Path(parent) / name


def _suffix(name: str) -> str:
    return Path(name.lower()).suffix


def _wanted(name: str) -> bool:
    """Whether it may hold conversations by its name: AI Studio writes files without an ending."""
    parts = name.replace("\\", "/").split("/")
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return False
    lowered = name.lower()
    ends = lowered.endswith(_JSON_NAMES + _OTHER_NAMES + _PACKED_NAMES)
    return ends or "." not in parts[-1]


def _natural(name: str) -> list[tuple[int, str]]:
    """conversations-2 before conversations-10, a folder's own files before its folders'."""
    parts = re.split(r"(\d+)", name.lower())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
