"""Atomic file writes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from ..errors import SekhaValidationError

try:
    import fcntl
except ImportError:  # on Windows a file that is open cannot be removed: that is lock enough
    fcntl = None  # type: ignore[assignment]


class HashedFile:
    """A file that is written, with the size and the hash of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = sha256()
        self.size = 0

    def write(self, text: str | bytes) -> int:
        data = text.encode() if isinstance(text, str) else text
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)
        return len(data)

    # What writers of binary formats ask of a file.
    closed = False

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """Whoever opened it closes it."""

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[HashedFile]:
    """A file under a temporary name in the same folder that becomes `path` when the block ends:
    synced to the disk, in place of what was there. An error leaves `path` as it was.

    Only its owner can read it. What a killed process left under a temporary name for this path is
    removed; what a living one is writing is not.

    Raises:
        SekhaValidationError: there is something at `path` that is no file, or it can be no path.
        OSError: it cannot be written.
    """
    target = _target(path)
    _remove_abandoned(target)
    descriptor, name = _claimed(target)
    try:
        with open(descriptor, "wb") as file:
            yield HashedFile(file)
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:
                # While it is still locked: nobody may take it for abandoned.
                os.replace(name, target)
        if fcntl is None:
            os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _target(path: Path) -> Path:
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise SekhaValidationError("path", f"{path} is there, and is no regular file")
    except ValueError as error:
        if isinstance(error, SekhaValidationError):
            raise
        raise SekhaValidationError("path", f"{str(path)!r} can be no path: {error}") from None
    return target


def _claimed(target: Path) -> tuple[int, str]:
    """A new temporary file beside the target that is locked for as long as it is open."""
    import tempfile

    while True:
        descriptor, name = tempfile.mkstemp(".part", f".{target.name}.", target.parent)
        if fcntl is None:
            return descriptor, name
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:  # this file system has no locks: then nobody else removes it either
            return descriptor, name
        if os.fstat(descriptor).st_nlink:
            return descriptor, name
        # Another process took it for abandoned before it was locked.
        os.close(descriptor)


def _remove_abandoned(target: Path) -> None:
    """Remove the temporary files of this target that nobody has locked."""
    # The random part of a name is mkstemp's.
    named = re.compile(rf"\.{re.escape(target.name)}\.[a-z0-9_]{{8}}\.part")
    try:
        found = [each for each in os.listdir(target.parent) if named.fullmatch(each)]
    except OSError:
        return  # making the file will say why
    for name in found:
        try:
            _remove_unlocked(target.with_name(name))
        except OSError:
            pass  # locked, another user's, or just renamed


def _remove_unlocked(path: Path) -> None:
    if fcntl is None:
        path.unlink()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file's name durable, where folders can be synced."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
