"""Maintenance of a memory file: integrity check, backup and compaction, while others use it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from attrs import frozen

from . import packing
from .clock import Clock
from .codes_file import side_path
from .database import Database
from .embedder import BUILT_IN
from .errors import StoreError
from .files import OpenFile
from .semantic import Semantic
from .store import Store

_BUSY_SECONDS = 15.0
_ENCODED_AT_ONCE = 200


@frozen
class Compaction:
    """What compacting did.

    Attributes:
        before: bytes of the memory file, its log and its side files.
        after: the same afterwards.
    """

    before: int
    after: int


def back_up(path: Path, target: Path) -> None:
    """Copy a memory file as it is at one moment, whoever uses it; the copy is there whole or not at
    all.

    Raises:
        StoreError: it is no memory.
        sqlite3.Error: it cannot be read, or the copy not be written.
        OSError: the copy cannot be made.
    """
    descriptor, name = tempfile.mkstemp(".part", f".{target.name}.", target.parent)
    os.close(descriptor)
    try:
        with (
            closing(OpenFile(path)),
            _opened(path) as source,
            closing(sqlite3.connect(name)) as copy,
        ):
            source.backup(copy)
            # Without a log of its own: one file is all of it.
            copy.execute("PRAGMA journal_mode = DELETE")
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def compact(path: Path) -> Compaction:
    """Give back the room of what was deleted, and put the indexes in order. Others can use the
    memory meanwhile; their writes wait.

    Raises:
        StoreError: the file is damaged, no memory, or cannot be written. Nothing of it was changed.
        sqlite3.Error: another program held it locked for too long.
    """
    before = _size(path)
    database = Database(path)
    try:
        if database.read_only:
            raise StoreError("the file or its folder is read-only")
        with _opened(path) as connection:
            _check(connection)
            _encode(database)
            connection.execute("INSERT INTO message_words (message_words) VALUES ('optimize')")
            connection.execute("VACUUM")
            connection.execute("PRAGMA optimize")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _make_codes(database, path)
    finally:
        database.close()
    return Compaction(before, _size(path))


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise StoreError(f"the file is damaged ({verdict}): restore it from a copy or an export")


def _encode(database: Database) -> None:
    """Bring the vectors of earlier versions to a byte a component, in small transactions."""
    while True:
        with database.writing(internal=True) as connection:
            rows = connection.execute(
                "SELECT v.conversation, v.vectors, c.message_count FROM vectors v "
                "JOIN conversations c ON c.pk = v.conversation WHERE v.encoding = ? LIMIT ?",
                (packing.HALF, _ENCODED_AT_ONCE),
            ).fetchall()
            connection.executemany(
                "UPDATE vectors SET vectors = ?, encoding = ? WHERE conversation = ?",
                (
                    (packing.smaller(packed, count), packing.BYTES, key)
                    for key, packed, count in rows
                ),
            )
        if not rows:
            return


def _make_codes(database: Database, path: Path) -> None:
    """Make the side file anew, without what was deleted. That of an embedder of the caller's is made
    by the next who opens it with that one."""
    side_path(path).unlink(missing_ok=True)
    semantic = Semantic(Store(database, Clock()))
    with database.reading() as connection:
        (embedder,) = connection.execute("SELECT embedder FROM vector_state").fetchone()
        if embedder.startswith(BUILT_IN):
            semantic.view(connection)


def _size(path: Path) -> int:
    files = (path, side_path(path), path.with_name(f"{path.name}-wal"))
    return sum(each.stat().st_size for each in files if each.exists())


def _opened(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None))
