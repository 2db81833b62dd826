"""The account of an import while it runs: kept under a lock, and told to whoever wants to know."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .._core.transfer.records import Account

if TYPE_CHECKING:
    from ..models import ImportProgress, ImportReport


class Tally:
    """The account of a run; any thread may write into it.

    Args:
        on_progress: told of every change, never by two threads at the same time.
        total: how many records there will be, if that is known.
    """

    def __init__(
        self, on_progress: Callable[[ImportProgress], object] | None, total: int | None
    ) -> None:
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._account = Account(total)

    def note(self, *outcomes: str, lost: Iterable[str] = ()) -> None:
        """Something became of a record that is not settled by it, or was settled before. Not told."""
        with self._lock:
            self._account.count(*outcomes, lost=lost)

    def settle(self, *outcomes: str, lost: Iterable[str] = ()) -> None:
        """A record is settled; what was lost of it is counted."""
        with self._lock:
            self._account.count(*outcomes, lost=lost)
            self._tell()

    def fail(self, outcome: str, where: str, reason: str, rows: tuple[str, ...] = ()) -> None:
        """A record was skipped or failed, and left these rows behind."""
        with self._lock:
            self._account.fail(outcome, where, reason, rows)
            self._tell()

    def add_parts(self, rows: Iterable[str]) -> None:
        """Rows hold a part of a record."""
        with self._lock:
            self._account.add_parts(rows)

    def wait(self, seconds: float) -> None:
        """The rate limit holds the run up."""
        with self._lock:
            self._tell(seconds)

    def report(
        self, *, unmatched: int = 0, dry_run: bool = False, compared: bool = False
    ) -> ImportReport:
        """The account as it stands."""
        with self._lock:
            return self._account.report(unmatched=unmatched, dry_run=dry_run, compared=compared)

    def _tell(self, waiting: float | None = None) -> None:
        if self._on_progress is not None:
            self._on_progress(self._account.progress(waiting))
