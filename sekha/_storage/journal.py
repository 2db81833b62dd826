"""The file of a bulk import's journal: what `_core.journal` says, made durable."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .._core.transfer import journal
from ..errors import SekhaImportError
from .atomic import sync_folder

try:
    import fcntl
except ImportError:  # Windows has no flock: two runs at once are not noticed there
    fcntl = None  # type: ignore[assignment]


class JournalFile:
    """A journal that is written to; any thread may.

    A record is on the disk as begun before it is sent; those that wait at the same time share one
    fsync. That it was stored reaches the disk with the
    next fsync: should power fail before, the record is merely in doubt.

    Args:
        path: made if it is not there; only its owner can read it.
        controller: the address of the controller that is imported into.
        read_only: for a dry run, which writes nothing and makes no file.

    Attributes:
        journal: what it says.

    Raises:
        SekhaImportError: it cannot be read or written, belongs to another controller, is damaged,
            or another run is writing it.
    """

    def __init__(
        self, path: str | os.PathLike[str], controller: str, *, read_only: bool = False
    ) -> None:
        self.path = Path(path)
        self.journal = journal.Journal()
        self._read_only = read_only
        self._changed = threading.Condition()
        self._is_syncing = False
        self._written = self._synced = 0
        self._file: io.FileIO | None = None
        self._failure: SekhaImportError | None = None
        if read_only and not self.path.exists():
            return
        try:
            self._file = self._opened()
            try:
                self._read(self._file, controller)
            except BaseException:
                self._file.close()
                raise
        except (OSError, ValueError) as error:
            raise self._error(f"it cannot be used: {_reason(error)}") from None
        except journal.JournalError as error:
            raise self._error(str(error)) from None

    def write(self, step: dict[str, Any], *, durable: bool = False) -> None:
        """Add a line, and take it in; after `close` it is lost, as if the run had been stopped.

        Args:
            durable: whether it has to be on the disk before this returns.

        Raises:
            SekhaImportError: it cannot be written, and no further line can: a full disk.
        """
        with self._changed:
            self.journal.take(step)
            if self._file is None or self._read_only:
                return
            if self._failure is not None:
                raise self._failure
            try:
                self._append(self._file, step)
            except OSError as error:
                self._failure = self._unwritable(error)
                raise self._failure from None
            self._written += 1
            if durable:
                self._sync_up_to(self._written)

    def _sync_up_to(self, line: int) -> None:
        """See a line on the disk, with all that were written before the fsync began. Others write
        meanwhile."""
        while self._synced < line:
            if self._failure is not None:
                raise self._failure
            if self._file is None:
                return
            if self._is_syncing:
                self._changed.wait()
                continue
            self._is_syncing, covered = True, self._written
            descriptor = self._file.fileno()
            self._changed.release()
            failure = None
            try:
                os.fsync(descriptor)
            except OSError as error:
                failure = self._unwritable(error)
            finally:
                self._changed.acquire()
                self._is_syncing = False
                self._changed.notify_all()
            if failure is not None:
                self._failure = self._failure or failure
            else:
                self._synced = max(self._synced, covered)

    def close(self) -> None:
        """Make everything durable and let go of the file.

        Raises:
            SekhaImportError: it could not be made durable.
        """
        with self._changed:
            while self._is_syncing:
                self._changed.wait()
            file, self._file = self._file, None
            if file is None:
                return
            self._changed.notify_all()
            with file:
                if self._read_only:
                    return
                try:
                    os.fsync(file.fileno())
                except OSError as error:
                    raise self._unwritable(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except SekhaImportError:
            if error is None:
                raise

    def _opened(self) -> io.FileIO:
        if self.path.exists() and not self.path.is_file():
            raise self._error("it is no regular file")
        if self._read_only:
            return open(self.path, "rb", buffering=0)
        made = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        file = open(descriptor, "rb+", buffering=0)
        if fcntl is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                raise self._error("another import is writing it") from None
        if made:
            sync_folder(self.path.parent)
        return file

    def _read(self, file: io.FileIO, controller: str) -> None:
        with open(self.path, "rb") as lines:
            self.journal, good = journal.read(lines, controller)
        if self._read_only:
            return
        file.truncate(good)
        file.seek(good)
        if good == 0:
            self._append(file, journal.header(controller))
            os.fsync(file.fileno())

    @staticmethod
    def _append(file: io.FileIO, step: dict[str, Any]) -> None:
        line = journal.encoded(step)
        written = 0
        while written < len(line):
            written += file.write(line[written:]) or 0

    def _unwritable(self, error: OSError) -> SekhaImportError:
        return self._error(
            f"it cannot be written any more: {_reason(error)}. When that is mended, the same import "
            "with this journal goes on where it was"
        )

    def _error(self, reason: str) -> SekhaImportError:
        return SekhaImportError(f"the journal {self.path}: {reason}", path=str(self.path))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
