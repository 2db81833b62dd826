"""Bulk imports: what a record of the source is, what ends a run, and an account that adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from attrs import Factory, evolve, frozen

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
        lost: what of it no controller takes over.
        lost_times: what of it is lost where times are not kept.
        facts: optional fields of its create.
        row_id: its id in the memory that it was exported from.
        dated: whether its times say when it was said; else they may be of when it was stored.
    """

    conversation: NewConversation
    where: str
    archive: bool = False
    lost: tuple[str, ...] = ()
    lost_times: tuple[str, ...] = ()
    facts: Mapping[str, str | int] = Factory(dict)
    row_id: str | None = None
    dated: bool = True


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
    archived = getattr(record, "status", None) == "archived"
    return Item(
        _whence(record, conversation),
        where,
        archive=archived,
        facts={"status": "archived"} if archived else {},
        row_id=getattr(record, "exported_id", None),
    )


def _whence(record: object, conversation: NewConversation) -> NewConversation:
    """The conversation with what its record knows of when and where it was said."""
    times: Sequence[datetime | None] = getattr(record, "message_times", ())
    messages = conversation.messages
    if len(times) == len(messages) and any(times):
        messages = [
            message if message.timestamp or time is None else evolve(message, timestamp=time)
            for message, time in zip(messages, times, strict=True)
        ]
    return evolve(
        conversation,
        messages=messages,
        source=conversation.source or getattr(record, "source", None),
        source_id=conversation.source_id or getattr(record, "source_id", None),
    )


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


class Account:
    """What became of every record so far. One at a time writes into it.

    Args:
        total: how many records there will be, if that is known.
    """

    def __init__(self, total: int | None = None) -> None:
        self._total = total
        self._counts: Counter[str] = Counter()
        self._failures: list[ImportFailure] = []
        self._parts: dict[str, None] = {}
        self._lost: Counter[str] = Counter()

    def count(self, *outcomes: str, lost: Iterable[str] = ()) -> None:
        """Something became of a record; what was lost of it is counted too."""
        self._counts.update(outcomes)
        self._lost.update(lost)

    def fail(self, outcome: str, where: str, reason: str, rows: tuple[str, ...] = ()) -> None:
        """A record was skipped or failed, and left these rows behind."""
        self._counts[outcome] += 1
        if len(self._failures) < MOST_FAILURES:
            self._failures.append(models.ImportFailure(where, reason, rows))

    def add_parts(self, rows: Iterable[str]) -> None:
        """Rows hold a part of a record."""
        for row in rows:
            if len(self._parts) < MOST_PARTS:
                self._parts[row] = None

    def report(
        self, *, unmatched: int = 0, dry_run: bool = False, compared: bool = False
    ) -> ImportReport:
        """The account as it stands."""
        counts = self._counts
        return models.ImportReport(
            read=counts["read"],
            stored=counts["stored"],
            already=counts["already"],
            duplicates=counts["duplicates"],
            skipped=counts["skipped"],
            failed=counts["failed"],
            unchanged=counts["unchanged"],
            outdated=counts["outdated"],
            replaced=counts["replaced"],
            pending=counts["read"] - self.progress().done,
            recovered=counts["recovered"],
            archived=counts["archived"],
            failures=tuple(self._failures),
            partial_ids=tuple(self._parts),
            not_restored=dict(self._lost),
            unmatched=unmatched,
            dry_run=dry_run,
            compared=compared,
        )

    def progress(self, waiting: float | None = None) -> ImportProgress:
        """How far it is; `waiting` is for how many seconds the rate limit may hold it up."""
        counts = self._counts
        return models.ImportProgress(
            read=counts["read"],
            stored=counts["stored"],
            already=counts["already"],
            duplicates=counts["duplicates"],
            skipped=counts["skipped"],
            failed=counts["failed"],
            unchanged=counts["unchanged"],
            outdated=counts["outdated"],
            total=self._total,
            waiting=waiting,
        )
