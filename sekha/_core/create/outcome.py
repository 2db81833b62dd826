"""Whether a create whose answer never came was carried out after all (compatibility rows 3, 5, 34).

The acting code looks at the newest rows with the conversation's label and folder and hands each
one's messages in; what they mean is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from ...models import Conversation, NewConversation


CLOCK_MARGIN = 0.5
"""Seconds. The controller's Date header is rounded down, so a create's beginning reckoned from it
is too early already; this is for a clock that is set while the create runs."""
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

Fingerprint = tuple[str, str, tuple[tuple[str, str], ...]]


def fingerprint(new: NewConversation) -> Fingerprint:
    """What two equal conversations have in common."""
    return new.label, new.folder, tuple((each.role, each.content) for each in new.messages)


class Match(Enum):
    """What a row is, beside the conversation that was to be stored."""

    OTHER = auto()
    PART = auto()
    WHOLE = auto()


def match_row(row: Conversation, expected: Fingerprint, *, began: datetime) -> Match:
    """Compare a row's messages with those that were sent.

    Args:
        row: a conversation with its messages.
        began: the earliest moment, on the controller's own clock, at which the create began.
    """
    if row.created_at is None or row.created_at < began:
        return Match.OTHER
    stored = tuple((each.role, each.content) for each in row.messages or ())
    sent = expected[2]
    if stored == sent:
        return Match.WHOLE
    return Match.PART if stored == sent[: len(stored)] else Match.OTHER


@frozen
class Stored:
    """It was carried out: this is its row."""

    conversation: Conversation


@frozen
class Unclear:
    """Stored in part, or more than one row could be it."""

    conversations: tuple[Conversation, ...]
    reason: str


Verdict = Stored | Unclear | Literal["look again", "absent"]


class Reconciliation:
    """What successive looks add up to.

    Args:
        lasted: seconds that the attempt took. A controller that is slow may be at it still when
            its client has given up: it gets twice that time before absent means not stored.
    """

    def __init__(self, lasted: float = 0.0) -> None:
        self._patience = min(2 * lasted, PATIENCE_CAP)
        self._absent = 0
        self._absent_since = 0.0
        self._parts: dict[str, int] = {}
        self._changed_at = 0.0

    def observe(
        self,
        whole: Sequence[Conversation],
        parts: Sequence[Conversation],
        *,
        now: float,
    ) -> Verdict:
        """What one look shows.

        Args:
            whole: the rows that are equal and that no other create of this process has claimed.
            parts: the rows that hold the conversation's first messages, or none at all.
            now: seconds on a clock that only goes forward.
        """
        if len(whole) == 1:
            return Stored(whole[0])
        if whole:
            return Unclear(tuple(whole), "another process stored the very same at that time")
        if not parts:
            self._parts = {}
            self._absent += 1
            if self._absent == 1:
                self._absent_since = now
            patient = now - self._absent_since >= self._patience
            return "absent" if self._absent >= LOOKS_WHEN_ABSENT and patient else "look again"
        sizes = {each.id: len(each.messages or ()) for each in parts}
        if sizes != self._parts:
            self._parts, self._changed_at = sizes, now
        if now - self._changed_at < STILL_AFTER:
            return "look again"
        return Unclear(tuple(parts), "it was stored in part")
