"""One SQLite file: opening it, and transactions on it from many threads and processes.

Writers queue for one connection; readers each take a connection of their own from a pool, so that
with the write-ahead log nobody who reads ever waits for somebody who writes. Without a path
everything is in memory, on one connection that all take turns on.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import StoreError
from .schema import migrate

_BUSY_SECONDS = 15.0
_IDLE_READERS = 8


class Database:
    """A memory file, or a memory without one.

    Args:
        path: the file, made with its folders where missing; `None` keeps everything in memory.

    Raises:
        StoreError: the file is not a memory, or of a newer version.
        sqlite3.Error: the file cannot be opened or is damaged.
        OSError: the file or its folder cannot be made.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._write_lock = threading.RLock()
        self._pool_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        if path is not None:
            _make_private(path)
        self._writer = self._connect()
        try:
            if path is not None:
                self._use_write_ahead_log()
            with self.writing() as connection:
                migrate(connection)
        except BaseException:
            self._writer.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the file for as long as the block runs.

        Raises:
            StoreError: the database has been closed.
        """
        if self._path is None:
            with self._write_lock:
                self._require_open()
                yield self._writer
            return
        connection = self._take_reader()
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")
        finally:
            self._release(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: everything in the block is on disk when it ends, or nothing is if it
        raises.

        Raises:
            StoreError: the database has been closed.
            sqlite3.OperationalError: another process held the write lock for too long.
        """
        with self._write_lock:
            self._require_open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close every connection; twice is harmless. Reads under way end in peace."""
        with self._write_lock, self._pool_lock:
            if self._closed:
                return
            self._closed = True
            while self._idle:
                self._idle.pop().close()
            self._writer.close()

    def _require_open(self) -> None:
        if self._closed:
            raise StoreError("the memory has been closed")

    def _take_reader(self) -> sqlite3.Connection:
        with self._pool_lock:
            self._require_open()
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _release(self, connection: sqlite3.Connection) -> None:
        with self._pool_lock:
            healthy = not connection.in_transaction
            if healthy and not self._closed and len(self._idle) < _IDLE_READERS:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            ":memory:" if self._path is None else self._path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        # FULL: a commit waits until the log is on the disk, so that an acknowledged write survives
        # power loss.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _use_write_ahead_log(self) -> None:
        # Changing the journal mode does not honour the busy timeout: two processes that make the
        # same file at the same moment would otherwise fail here.
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._writer.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


def _make_private(path: Path) -> None:
    # What people told their assistants is nobody else's to read; SQLite gives its side files the
    # same mode.
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass
