"""Outcome of a create whose answer never came, reconciled from the rows that are there
(compatibility rows 3, 5, 34).

The acting code looks at the newest rows with the conversation's label and folder and hands each
one's messages in; what they mean is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Literal

from attrs import Factory, define, frozen

from sekha_api.types import RawResponse

from ..request.answers import is_storage_failure
from ..request.failures import Failure
from ..request.retry import is_ambiguous
from .clock import Moment
from .fingerprint import Fingerprint

if TYPE_CHECKING:
    from ...models import Conversation

LOOKS_WHEN_ABSENT = 2
"""A create that was about to begin when its connection broke may still appear."""
LOOK_INTERVAL = 0.5
"""Seconds between the first two looks; further ones are ever farther apart."""
LOOK_INTERVAL_CAP = 2.0
PATIENCE_CAP = 10.0
"""Seconds for which one that took long is looked for at most."""
STILL_AFTER = 2.0
"""Seconds without a further message after which a row has stopped growing (30 ms a message are
usual)."""
LOOKS_THAT_FAIL = 3
"""Looks in a row whose answers make no sense after which nothing can be told."""

GAVE_UP_WAITING = frozenset({504, 524})
"""Statuses by which a gateway says that it did not wait until the controller was done."""


def is_doubtful(outcome: RawResponse | Failure) -> bool:
    """Whether the conversation may be stored, in whole or in part: a create is not one transaction
    on the controller (compatibility row 34)."""
    if isinstance(outcome, Failure):
        return outcome.sent
    if is_storage_failure(outcome):
        return False
    return is_ambiguous(outcome) or outcome.status_code >= 500 or outcome.is_success


def may_go_on(outcome: RawResponse | Failure, lasted: float) -> bool:
    """Whether the controller may still be at work on a create when its client has given up.

    Args:
        lasted: seconds that the attempt took; what breaks a connection after a long while can be
            something between that is tired of waiting.
    """
    if isinstance(outcome, Failure):
        return outcome.timed_out or lasted > PATIENCE_CAP / 2
    return outcome.status_code in GAVE_UP_WAITING


class Match(Enum):
    """What a row is, beside the conversation that was to be stored."""

    OTHER = auto()
    PART = auto()
    WHOLE = auto()
    UNSURE = auto()
    """It is equal; whether it was there before cannot be told."""


def match_row(row: Conversation, expected: Fingerprint, began: Moment) -> Match:
    """Compare a row's messages with those that were sent.

    Args:
        row: a conversation with its messages.
        began: when the create began, on the clock of the rows.
    """
    stored_at = row.stored_at or row.created_at
    if stored_at is None or stored_at < began.earliest:
        return Match.OTHER
    stored = Fingerprint.of_row(row)
    if stored == expected:
        sure = began.is_precise or stored_at >= began.latest
        return Match.WHOLE if sure else Match.UNSURE
    return Match.PART if expected.begins_with(stored) else Match.OTHER


@define
class Candidates:
    """What one look shows.

    Attributes:
        whole: the rows that are equal, made since the create began, and that no other create of
            this process has claimed.
        unsure: equal rows that may have been there before.
        parts: the rows that hold the conversation's first messages, or none at all.
        unreadable: ids of rows that may be any of these, and cannot be read.
        settled: whether the controller vouches that no abandoned create is still to come.
    """

    whole: list[Conversation] = Factory(list)
    unsure: list[Conversation] = Factory(list)
    parts: list[Conversation] = Factory(list)
    unreadable: list[str] = Factory(list)
    settled: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """All that may be it, in whole or in part."""
        rows = [*self.whole, *self.unsure, *self.parts]
        return (*(row.id for row in rows), *self.unreadable)


@frozen
class Stored:
    """It was carried out: this is its row."""

    conversation: Conversation


@frozen
class Unclear:
    """Stored in part, or more than one row could be it, or nothing can be told yet."""

    ids: Sequence[str]
    reason: str


Verdict = Stored | Unclear | Literal["look again", "absent"]


class Reconciliation:
    """What successive looks add up to.

    Args:
        lasted: seconds that the attempt took. A controller that is slow may be at it still when
            its client has given up: it gets twice that time before absent means not stored.
        may_go_on: whether it may be at it even then, unless it vouches for the contrary.
    """

    def __init__(self, lasted: float = 0.0, *, may_go_on: bool = False) -> None:
        self._patience = min(2 * lasted, PATIENCE_CAP)
        self._may_go_on = may_go_on
        self._absent = 0
        self._absent_since = 0.0
        self._state: object = None
        self._changed_at = 0.0

    def observe(self, found: Candidates, *, now: float) -> Verdict:
        """What one look shows.

        Args:
            now: seconds on a clock that only goes forward.
        """
        if len(found.whole) == 1 and not found.unsure:
            return Stored(found.whole[0])
        if found.whole:
            return Unclear(found.ids, "another process stored the very same at that time")
        if not found.ids:
            return self._observe_absence(found.settled, now)
        state = {row.id: len(row.messages or ()) for row in found.parts}, found.ids
        if state != self._state:
            self._state, self._changed_at = state, now
        if now - self._changed_at < STILL_AFTER:
            return "look again"
        if found.unsure:
            reason = "whether an equal one was there before cannot be told"
        elif found.unreadable:
            reason = "what may be it cannot be read"
        else:
            reason = "it was stored in part"
        return Unclear(found.ids, reason)

    def _observe_absence(self, settled: bool, now: float) -> Verdict:
        self._state = None
        self._absent += 1
        if self._absent == 1:
            self._absent_since = now
        if self._absent < LOOKS_WHEN_ABSENT:
            return "look again"
        if self._may_go_on and settled:
            return "absent"
        if now - self._absent_since < self._patience:
            return "look again"
        if self._may_go_on:
            return Unclear((), "the controller may still be at work on it")
        return "absent"
