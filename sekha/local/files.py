"""Memory files before SQLite opens them: whose they are, and whether they can be written.

SQLite would change another program's file just by opening it (its journal mode, its log).
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .._storage.private import make_private
from .errors import StoreError

APPLICATION_ID = 0x53454B48
"""Written into a file's header, so that no other program's database is taken for a memory."""
FOREIGN = "the file is a SQLite database of another program, not a memory"
_MAGIC = b"SQLite format 3\0"
_BUSY_SECONDS = 5.0
_HEADER = 100
_APPLICATION_ID_AT = 68
_opening = threading.Lock()
_open: Counter[tuple[int, int]] = Counter()


class OpenFile:
    """A memory file that this process has open, counted: looked at when it is the first time.

    POSIX drops all locks that a process has on a file as soon as it closes any descriptor of it,
    and SQLite's are among them. Another process would then take itself for the last one that uses
    the file, and delete the log into which this one goes on writing. So while a file is open here,
    nothing but SQLite opens it.

    Args:
        path: made with its folders where missing.

    Raises:
        StoreError: it is no SQLite database, or another program's.
        sqlite3.Error: SQLite cannot read it.
        OSError: it cannot be made or read.
    """

    def __init__(self, path: Path) -> None:
        make_private(path)
        with _opening:
            state = path.stat()
            self._identity = state.st_dev, state.st_ino
            if not _open[self._identity]:
                inspect(path)
            _open[self._identity] += 1

    def close(self) -> None:
        """The last connection to it, of those that were opened with this, is closed."""
        with _opening:
            _open[self._identity] -= 1
            if _open[self._identity] <= 0:
                del _open[self._identity]


def _after_fork() -> None:
    global _opening
    # Another thread of the parent may have held it.
    _opening = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def inspect(path: Path) -> None:
    """Look whose a file is, without changing a byte of it.

    Raises:
        StoreError: it is no SQLite database, or another program's.
        sqlite3.Error: SQLite cannot read it.
        OSError: it cannot be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise StoreError("SQLite is unable to open what is no regular file")
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if not header:
        return
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise StoreError("the file is not a database: it is damaged, or something else")
    owner = int.from_bytes(header[_APPLICATION_ID_AT : _APPLICATION_ID_AT + 4], "big")
    if owner == APPLICATION_ID:
        return
    if not _has_log(path):
        if owner or _has_tables(path):
            raise StoreError(FOREIGN)
    elif _owner_by_log(path) != APPLICATION_ID:
        raise StoreError(FOREIGN)


def read_only_uri(path: Path) -> str | None:
    """The URI by which SQLite opens a file that it cannot write; `None` if it can.

    Raises:
        StoreError: what is in its log cannot be read without writing.
    """
    if _can_write(path) and _can_write(path.parent):
        return None
    uri = _read_only(path)
    if _opens(uri):
        return uri
    if _has_log(path):
        raise StoreError(
            "the file is read-only and a part of it is in its log (-wal), which cannot be read "
            "there: copy both to where they can be written"
        )
    # SQLite makes side files for readers, too, unless it is told that nobody changes the file.
    return f"{uri}&immutable=1"


def _can_write(path: Path) -> bool:
    effective = os.access in os.supports_effective_ids
    return os.access(path, os.W_OK, effective_ids=effective)


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _has_tables(path: Path) -> bool:
    with _looking(f"{_read_only(path)}&immutable=1") as connection:
        return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _owner_by_log(path: Path) -> int:
    """What a file says that was not closed in peace: its header may be in the log alone."""
    with _looking(_read_only(path)) as connection:
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # One that was killed while it made the file.
        return int(owner) if tables else APPLICATION_ID


def _opens(uri: str) -> bool:
    try:
        with _looking(uri) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            return False
        raise
    return True


def _read_only(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro"


@contextmanager
def _looking(uri: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as connection:
        yield connection
