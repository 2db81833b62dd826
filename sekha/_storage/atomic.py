"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from ..errors import SekhaValidationError


class HashedFile:
    """A file that is written, with the size and the hash of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = sha256()
        self.size = 0

    def write(self, text: str) -> None:
        data = text.encode()
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[HashedFile]:
    """A file under a temporary name in the same folder that becomes `path` when the block ends:
    synced to the disk, in place of what was there. An error leaves `path` as it was.

    Only its owner can read it.

    Raises:
        SekhaValidationError: there is something at `path` that is no file.
        OSError: it cannot be written.
    """
    import tempfile

    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise SekhaValidationError("path", f"{path} is there, and is no regular file")
    descriptor, name = tempfile.mkstemp(".part", f".{target.name}.", target.parent)
    try:
        with open(descriptor, "wb") as file:
            yield HashedFile(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file's name durable, where folders can be synced."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
