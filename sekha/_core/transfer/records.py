"""Bulk imports: what a record of the source is, what ends a run, and an account that adds up."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from ... import models
from ...errors import (
    SekhaAuthError,
    SekhaClosedError,
    SekhaConfigError,
    SekhaConnectionError,
    SekhaError,
    SekhaTimeoutError,
    SekhaUnknownOutcomeError,
    SekhaUnstorableTextError,
    SekhaValidationError,
)
from .. import validate

if TYPE_CHECKING:
    from ...models import ImportFailure, ImportProgress, ImportReport, NewConversation

MOST_FAILURES = 100
MOST_PARTS = 1000
SILENCES_THAT_END = 20
"""So many conversations in a row without an answer end a run: each may leave an empty row on a
controller that hangs (compatibility row 4)."""


class Record(Protocol):
    """A record of `sekha.importers`."""

    @property
    def conversation(self) -> NewConversation: ...
    @property
    def where(self) -> str: ...
    @property
    def status(self) -> str | None: ...


Source = Iterable["NewConversation"] | Iterable[Record]


@frozen
class Item:
    """A conversation to store.

    Attributes:
        where: its place in the source, for people to read.
        archive: whether it is to be archived once it is stored.
        lost: what of it the controller cannot take over.
    """

    conversation: NewConversation
    where: str
    archive: bool = False
    lost: tuple[str, ...] = ()


@frozen
class Unusable:
    """A record that is no conversation which can be stored."""

    where: str
    reason: str


def item(record: object, number: int) -> Item | Unusable:
    """A record of the source; `number` counts from 1."""
    conversation = getattr(record, "conversation", record)
    where = str(getattr(record, "where", number))
    try:
        conversation = validate.conversation(conversation)
    except SekhaValidationError as error:
        return Unusable(where, error.message)
    return Item(conversation, where, archive=getattr(record, "status", None) == "archived")


def ends_run(error: SekhaError) -> bool:
    """Whether after this error no other conversation has a chance."""
    if isinstance(error, SekhaAuthError | SekhaConfigError | SekhaClosedError):
        return True
    if isinstance(error, SekhaUnstorableTextError | SekhaTimeoutError):
        return False
    return isinstance(error, SekhaConnectionError) and not error.sent


def is_silence(error: SekhaError) -> bool:
    """Whether the controller may be hanging."""
    return isinstance(error, SekhaTimeoutError | SekhaUnknownOutcomeError)


def rows_left(error: SekhaError) -> tuple[str, ...]:
    """The rows that a failed create left behind."""
    ids: tuple[str, ...] = getattr(error, "conversation_ids", ())
    return ids


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
        self._total = total
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._failures: list[ImportFailure] = []
        self._parts: dict[str, None] = {}
        self._lost: Counter[str] = Counter()

    def read(self) -> None:
        """A record was taken from the source. Not told: its outcome will be."""
        with self._lock:
            self._counts["read"] += 1

    def count(self, *outcomes: str, lost: Iterable[str] = ()) -> None:
        """A record is settled; what was lost of it is counted."""
        with self._lock:
            self._counts.update(outcomes)
            self._lost.update(lost)
            self._tell(None)

    def also(self, what: str) -> None:
        """Something more was done to a record that is settled already."""
        with self._lock:
            self._counts[what] += 1

    def lose(self, what: str) -> None:
        """Something of a record that is settled already was lost."""
        with self._lock:
            self._lost[what] += 1

    def fail(self, outcome: str, where: str, reason: str, rows: tuple[str, ...] = ()) -> None:
        """A record was skipped or failed, and left these rows behind."""
        with self._lock:
            self._counts[outcome] += 1
            if len(self._failures) < MOST_FAILURES:
                self._failures.append(models.ImportFailure(where, reason, rows))
            self._tell(None)

    def parts(self, rows: Iterable[str]) -> None:
        """Rows hold a part of a record."""
        with self._lock:
            for row in rows:
                if len(self._parts) < MOST_PARTS:
                    self._parts[row] = None

    def wait(self, seconds: float) -> None:
        """The rate limit holds the run up."""
        with self._lock:
            self._tell(seconds)

    def report(self, *, unmatched: int = 0, dry_run: bool = False) -> ImportReport:
        """The account as it stands."""
        with self._lock:
            counts = self._counts
            settled = self._progress(None).done
            return models.ImportReport(
                read=counts["read"],
                stored=counts["stored"],
                already=counts["already"],
                duplicates=counts["duplicates"],
                skipped=counts["skipped"],
                failed=counts["failed"],
                pending=counts["read"] - settled,
                recovered=counts["recovered"],
                archived=counts["archived"],
                failures=tuple(self._failures),
                partial_ids=tuple(self._parts),
                not_restored=dict(self._lost),
                unmatched=unmatched,
                dry_run=dry_run,
            )

    def _progress(self, waiting: float | None) -> ImportProgress:
        counts = self._counts
        return models.ImportProgress(
            read=counts["read"],
            stored=counts["stored"],
            already=counts["already"],
            duplicates=counts["duplicates"],
            skipped=counts["skipped"],
            failed=counts["failed"],
            total=self._total,
            waiting=waiting,
        )

    def _tell(self, waiting: float | None) -> None:
        if self._on_progress is not None:
            self._on_progress(self._progress(waiting))
