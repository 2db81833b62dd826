"""Import index: what was imported into a controller that does not keep where it came from.

A SQLite file of the user's own, one for each controller. It can be made anew from the controller, or
from an export of it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from .._core.transfer.identity import EARLIER, Version, version_of
from .._core.wire.times import parse_time
from ..errors import SekhaImportError, SekhaMissingExtraError
from .private import make_private

if TYPE_CHECKING:
    from .._core.transfer.records import Item

_SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
    pk INTEGER PRIMARY KEY,
    source TEXT,
    source_id TEXT,
    hash TEXT NOT NULL,
    chain TEXT NOT NULL,
    last TEXT,
    label TEXT NOT NULL,
    folder TEXT NOT NULL,
    begun TEXT NOT NULL,
    id TEXT,
    replaced_id TEXT,
    replaced_by INTEGER
);
CREATE INDEX IF NOT EXISTS versions_by_source ON versions (source, source_id);
CREATE INDEX IF NOT EXISTS versions_by_hash ON versions (hash);
"""
_VERSION = 1
_COLUMNS = "pk, source, source_id, hash, chain, last, label, folder, begun, id, replaced_id"


@frozen
class Indexed:
    """A version of a conversation in the index.

    Attributes:
        label, folder: with which it was sent.
        begun: when it was about to be sent, on the controller's clock.
        id: its row; None if it is not known whether it was stored.
        replaced_id: the row of its earlier version, which is still to be put aside.
    """

    pk: int
    version: Version
    label: str
    folder: str
    begun: datetime | None
    id: str | None
    replaced_id: str | None


class ImportIndex:
    """An index; any thread may use it.

    Args:
        path: made if it is not there; only its owner can read it.
        read_only: for a dry run, which makes no file and changes none.

    Raises:
        SekhaImportError: it cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._read_only = read_only
        target = os.fspath(self.path)
        try:
            if not read_only:
                make_private(self.path)
            elif self.path.exists():
                target = f"{self.path.absolute().as_uri()}?mode=ro"
            else:
                target = ":memory:"
            self._connection = sqlite3.connect(
                target,
                timeout=15.0,
                isolation_level=None,
                check_same_thread=False,
                uri=read_only,
            )
            try:
                if not read_only or target == ":memory:":
                    self._connection.execute("PRAGMA journal_mode = WAL")
                    self._connection.executescript(_SCHEMA)
            except BaseException:
                self._connection.close()
                raise
        except (OSError, ValueError, sqlite3.Error) as error:
            raise self._error(error) from None

    def versions(self, source: str, source_id: str) -> list[Indexed]:
        """What is known of a conversation, the newest first, without what was replaced."""
        return self._select(
            "source = ? AND source_id = ? AND replaced_by IS NULL", source, source_id
        )

    def former(self, source: str, source_id: str) -> set[str]:
        """The hashes of the versions that were replaced."""
        rows = self._execute(
            "SELECT hash FROM versions WHERE source = ? AND source_id = ? "
            "AND replaced_by IS NOT NULL",
            source,
            source_id,
        )
        return {each for (each,) in rows}

    def equal(self, source: str, hash: str) -> list[Indexed]:
        """What says the same and has no id at its source."""
        return self._select("source = ? AND source_id IS NULL AND hash = ?", source, hash)

    def unclaimed(self, version: Version) -> Indexed | None:
        """A version of this conversation whose source is not known, as in an index that was made
        from an export: the same, else the longest that this one begins with, else one that begins
        with this one."""
        if not version.chain:
            return None
        for hash in reversed(version.chain):
            found = self._select("source IS NULL AND hash = ?", hash)
            if found:
                return found[0]
        found = self._select("source IS NULL AND instr(chain, ?) > 0", version.hash)
        return found[0] if found else None

    def claim(self, indexed: Indexed, source: str, source_id: str | None) -> None:
        """The source of a version is known now."""
        if self._read_only:
            return
        self._execute(
            "UPDATE versions SET source = ?, source_id = ? WHERE pk = ?",
            source,
            source_id,
            indexed.pk,
        )

    def begin(
        self,
        source: str | None,
        source_id: str | None,
        version: Version,
        *,
        label: str,
        folder: str,
        begun: datetime,
        replaced_id: str | None = None,
    ) -> int:
        """A version is about to be sent; its key."""
        with self._lock:
            try:
                cursor = self._connection.execute(
                    "INSERT INTO versions (source, source_id, hash, chain, last, label, folder, "
                    "begun, replaced_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        source,
                        source_id,
                        version.hash,
                        " ".join(version.chain),
                        version.last.isoformat() if version.last else None,
                        label,
                        folder,
                        begun.isoformat(),
                        replaced_id,
                    ),
                )
            except sqlite3.Error as error:
                raise self._error(error) from None
            return int(cursor.lastrowid or 0)

    def add(self, item: Item, id: str) -> None:
        """What is stored under an id, by what it says and, if that is known, where it came from."""
        self._execute(
            f"INSERT INTO versions ({_COLUMNS}) SELECT NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?9, NULL "
            "WHERE NOT EXISTS (SELECT 1 FROM versions WHERE id = ?9)",
            *_known_of(item, datetime.now(timezone.utc).isoformat(), id),
        )

    def stored(self, pk: int, id: str) -> None:
        """A version is stored, and takes the place of those before it."""
        self._execute("UPDATE versions SET id = ? WHERE pk = ?", id, pk)
        self._execute(
            "UPDATE versions SET replaced_by = ?1 WHERE replaced_by IS NULL AND id = "
            "(SELECT replaced_id FROM versions WHERE pk = ?1)",
            pk,
        )

    def put_aside(self, pk: int) -> None:
        """The earlier version has been put aside."""
        self._execute("UPDATE versions SET replaced_id = NULL WHERE pk = ?", pk)

    def drop(self, pk: int) -> None:
        """It was not stored after all."""
        self._execute("DELETE FROM versions WHERE pk = ? AND id IS NULL", pk)

    def to_put_aside(self) -> list[Indexed]:
        """What is stored, and whose earlier version is still to be put aside."""
        return self._select("id IS NOT NULL AND replaced_id IS NOT NULL")

    @contextmanager
    def rebuilding(self, *, newest_first: bool) -> Iterator[Callable[[Item], None]]:
        """Replaces all that it knows, at the end and in one step; if the block raises, nothing is
        changed.

        Args:
            newest_first: in which order they are added.

        Yields:
            a function that adds what is stored under its `row_id`.
        """
        self._execute("CREATE TEMP TABLE rebuilt AS SELECT * FROM versions WHERE 0")
        now = datetime.now(timezone.utc).isoformat()

        def add(item: Item) -> None:
            self._execute(
                f"INSERT INTO rebuilt ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                *_known_of(item, now, item.row_id),
            )

        try:
            yield add
            self._execute("BEGIN IMMEDIATE")
            try:
                self._execute("DELETE FROM versions")
                # What was put aside counts as older, although it was changed by that.
                order = "DESC" if newest_first else "ASC"
                self._execute(
                    "INSERT INTO versions SELECT * FROM rebuilt "
                    f"ORDER BY substr(label, -length(?1)) = ?1 DESC, rowid {order}",
                    EARLIER,
                )
                self._execute("COMMIT")
            except BaseException:
                self._execute("ROLLBACK")
                raise
        finally:
            self._execute("DROP TABLE rebuilt")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _select(self, condition: str, *values: object) -> list[Indexed]:
        rows = self._execute(
            f"SELECT {_COLUMNS} FROM versions WHERE {condition} ORDER BY pk DESC", *values
        )
        return [
            Indexed(
                pk,
                Version(tuple(chain.split()), parse_time(last)),
                label,
                folder,
                parse_time(begun),
                id,
                replaced_id,
            )
            for pk, _, _, _, chain, last, label, folder, begun, id, replaced_id in rows
        ]

    def _execute(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise self._error(error) from None

    def _error(self, error: Exception) -> SekhaImportError:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return SekhaImportError(
            f"the import index {self.path}: it cannot be used: {reason}", path=str(self.path)
        )


def _known_of(item: Item, begun: str, id: str | None) -> tuple[str | None, ...]:
    """The columns from the source to the id."""
    stored = item.conversation
    version = version_of(stored)
    return (
        stored.source,
        stored.source_id,
        version.hash,
        " ".join(version.chain),
        version.last.isoformat() if version.last and item.dated else None,
        stored.label,
        stored.folder,
        begun,
        id,
    )


def default_path(address: str) -> Path:
    """Where the index of a controller is: in the user's own data folder.

    Args:
        address: the controller's.

    Raises:
        SekhaMissingExtraError: the extra `importers` is not installed.
    """
    try:
        from platformdirs import user_data_path
    except ModuleNotFoundError:
        what = "knowing again what was imported into this controller needs platformdirs of"
        raise SekhaMissingExtraError(what, "importers") from None
    name = blake2b(address.encode(), digest_size=8).hexdigest()
    return user_data_path("sekha-memory", appauthor=False) / "imports" / f"{name}.db"
