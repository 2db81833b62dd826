"""One SQLite file: opening it, and transactions on it from many threads and processes.

Writers queue for one connection; readers each take a connection of their own from a pool, so that
with the write-ahead log nobody who reads ever waits for somebody who writes. Without a path
everything is in memory, on one connection that all take turns on.

Waiting for a file that another program has locked is done here and not in SQLite, which does not
stop before its time is up: here whoever waits can be cancelled.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .cancellation import current
from .errors import ClosedError, StoreError
from .files import OpenFile, read_only_uri
from .forking import AT_REST_SECONDS, keep_for_ever
from .schema import is_current, migrate, read_as_current

_BUSY_SECONDS = 15.0
_BUSY_IN_SQLITE = 0.02
_IDLE_READERS = 8
# Primary result codes: the low byte of an extended one.
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Database:
    """A memory file, or a memory without one.

    Args:
        path: the file, made with its folders where missing; `None` keeps everything in memory.

    Attributes:
        path: the file, or `None`.
        read_only: whether the file, or its folder, cannot be written. It can be read then.
        is_paused: whether nobody can use it, because the process is being forked.

    Raises:
        StoreError: the file is not a memory, or of a newer version, or it or its folder cannot be
            made or read. Nothing of it was changed.
        sqlite3.Error: the file cannot be opened or is damaged.
    """

    def __init__(self, path: Path | None) -> None:
        self._write_lock = threading.RLock()
        # With it, those who wait until nobody reads.
        self._pool_lock = threading.Condition()
        self._reading = 0
        self.is_paused = False
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._file: OpenFile | None = None
        self.path = path
        self.read_only = False
        self._target = ":memory:"
        self._in_file = path is not None
        try:
            if path is not None:
                self._target = self._opened(path)
            self._writer = self._connect()
            try:
                self._prepare()
            except BaseException:
                self._writer.close()
                raise
        except BaseException:
            self._let_go()
            raise

    def _opened(self, path: Path) -> str:
        try:
            self._file = OpenFile(path)
            uri = read_only_uri(path)
        except OSError as error:
            raise StoreError(f"the file cannot be opened: {error.strerror}") from error
        self.read_only = uri is not None
        return uri or os.fspath(path)

    def _prepare(self) -> None:
        _when_unlocked(self._writer, "SELECT NULL FROM sqlite_master")
        if not self.read_only and not is_current(self._writer):
            with self.writing(internal=True) as connection:
                migrate(connection)
        if self._in_file and not self.read_only:
            # After the file says whose it is: it does so without its log, then.
            _when_unlocked(self._writer, "PRAGMA journal_mode = WAL")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the file for as long as the block runs.

        Raises:
            ClosedError: the database has been closed.
            sqlite3.OperationalError: another program held the file locked for too long.
            RequestCancelled: the request is not wanted any more.
        """
        if not self._in_file:
            with self._exclusive():
                yield self._writer
            return
        connection = self._begin_reading()
        try:
            connection = connection or self._connect()
            connection.execute("BEGIN")
            try:
                _when_unlocked(connection, "SELECT NULL FROM sqlite_master LIMIT 1")
                yield connection
            finally:
                connection.execute("ROLLBACK")
        finally:
            self._end_reading(connection)

    @contextmanager
    def writing(self, *, internal: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction: everything in the block is on disk when it ends, or nothing is if it
        raises.

        Args:
            internal: whether it is not the change that the request asks for, which from its commit
                on cannot be cancelled.

        Raises:
            ClosedError: the database has been closed.
            StoreError: it cannot be written.
            sqlite3.OperationalError: another program held the file locked for too long.
            RequestCancelled: the request is not wanted any more; nothing was changed.
        """
        with self._exclusive():
            if self.read_only:
                raise StoreError("the file or its folder is read-only")
            _when_unlocked(self._writer, "BEGIN IMMEDIATE")
            try:
                yield self._writer
                if not internal:
                    current().begin_commit()
                _when_unlocked(self._writer, "COMMIT")
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
            if not self._reading:
                self._let_go()

    def pause(self) -> None:
        """Before a fork: let those who use it come to an end, and nobody begin, if that does not
        take too long."""
        ends = time.monotonic() + AT_REST_SECONDS
        if not self._write_lock.acquire(timeout=AT_REST_SECONDS):
            return
        if self._pool_lock.acquire(timeout=max(0.0, ends - time.monotonic())):
            if self._pool_lock.wait_for(lambda: not self._reading, ends - time.monotonic()):
                self.is_paused = True
                return
            self._pool_lock.release()
        self._write_lock.release()

    def resume(self) -> None:
        """After the fork, in the parent."""
        if self.is_paused:
            self.is_paused = False
            self._pool_lock.release()
            self._write_lock.release()

    def restart(self) -> None:
        """After the fork, in the child: go on with a copy of what is in memory."""
        self.is_paused = False
        self._write_lock, self._pool_lock = threading.RLock(), threading.Condition()

    def abandon(self) -> None:
        """After the fork, in the child: close nothing of it, ever."""
        keep_for_ever((self._writer, *self._idle))

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        current().acquire(self._write_lock)
        try:
            self._require_open()
            yield
        finally:
            self._write_lock.release()

    def _require_open(self) -> None:
        if self._closed:
            raise ClosedError("the memory has been closed")

    def _begin_reading(self) -> sqlite3.Connection | None:
        """A connection, if one is idle."""
        with self._pool_lock:
            self._require_open()
            self._reading += 1
            return self._idle.pop() if self._idle else None

    def _end_reading(self, connection: sqlite3.Connection | None) -> None:
        with self._pool_lock:
            self._reading -= 1
            self._pool_lock.notify_all()
            if connection is None:
                pass
            elif connection.in_transaction or self._closed or len(self._idle) >= _IDLE_READERS:
                connection.close()
            else:
                self._idle.append(connection)
            if self._closed and not self._reading:
                self._let_go()

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._target,
            timeout=_BUSY_IN_SQLITE,
            isolation_level=None,
            check_same_thread=False,
            uri=self.read_only,
        )
        try:
            # FULL: a commit waits until the log is on the disk, so that an acknowledged write
            # survives power loss.
            _when_unlocked(connection, "PRAGMA synchronous = FULL")
            _when_unlocked(connection, "PRAGMA foreign_keys = ON")
            if self.read_only:
                _when_unlocked(connection, "SELECT NULL FROM sqlite_master LIMIT 1")
                read_as_current(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _when_unlocked(connection: sqlite3.Connection, statement: str) -> None:
    """Execute a statement, once the file is not locked by another program.

    Raises:
        sqlite3.OperationalError: it was locked for too long, or something else is wrong.
        RequestCancelled: the request is not wanted any more.
    """
    ends = 0.0
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            ends = ends or time.monotonic() + _BUSY_SECONDS
            if error.sqlite_errorcode & 0xFF not in _LOCKED or time.monotonic() > ends:
                raise
        current().check()
        time.sleep(_BUSY_IN_SQLITE / 4)
