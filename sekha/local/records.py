"""What is stored, as the rooms hold it. Times are nanoseconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from attrs import frozen

from .errors import DAMAGED, StoreError

ACTIVE = "active"
ARCHIVED = "archived"
# Importance that means pinned (compatibility row 30).
PINNED = 10
DEFAULT_IMPORTANCE = 5
BYTES_A_TOKEN = 4


@frozen
class Conversation:
    """A stored conversation without its messages.

    Attributes:
        created_at: when its first message was said, or when it was stored if that is not known.
        updated_at: when its last message was said, or something of it was changed.
        stored_at: when it was stored.
        content_hash: of what it says.
        former_hashes: of the versions that it has replaced, as a JSON list.
    """

    pk: int
    id: str
    label: str
    folder: str
    status: str
    importance_score: int
    session_count: int
    message_count: int
    byte_count: int
    created_at: int
    updated_at: int
    stored_at: int
    source: str | None = None
    source_id: str | None = None
    content_hash: str | None = None
    former_hashes: str = "[]"

    @classmethod
    def of(cls, row: Sequence[Any]) -> Conversation:
        """A row of the table.

        Raises:
            StoreError: it is damaged.
        """
        if tuple(map(type, row)) not in _CONVERSATION_TYPES or len(row[1]) != _ID_LENGTH:
            raise StoreError(f"{DAMAGED} (a row of conversations is not as it was stored)")
        return cls(*row)

    @property
    def token_estimate(self) -> int:
        """Tokens of all messages, 4 bytes each, rounded up."""
        return tokens(self.byte_count)


@frozen
class Message:
    """A stored message, and where it belongs."""

    pk: int
    id: str
    role: str
    content: str
    timestamp: int
    conversation_id: str
    label: str
    folder: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> Message:
        """A row of the table.

        Raises:
            StoreError: it is damaged.
        """
        if tuple(map(type, row)) != _MESSAGE_TYPES:
            raise StoreError(f"{DAMAGED} (a row of messages is not as it was stored)")
        return cls(*row)


_ID_LENGTH = 36
_CONVERSATION_TYPES = frozenset(
    (int, str, str, str, str, int, int, int, int, int, int, int, *whence, str)
    for whence in product((str, type(None)), repeat=3)
)
_MESSAGE_TYPES = (int, str, str, str, int, str, str, str)
"""SQLite keeps whatever a damaged file says that a value is."""


@frozen
class Draft:
    """A conversation that is to be stored.

    Attributes:
        messages: pairs of role and content.
        times: when each of them was said; `None` where that is not known.
        replaces: the id of an earlier version, which goes.
        if_stored_at_most: how many of its source and id, or hash, may be stored already.
    """

    label: str
    folder: str
    importance_score: int
    messages: Sequence[tuple[str, str]]
    times: Sequence[int | None] = ()
    source: str | None = None
    source_id: str | None = None
    content_hash: str | None = None
    replaces: str | None = None
    if_stored_at_most: int | None = None
    status: str = ACTIVE
    created_at: int | None = None
    updated_at: int | None = None

    def dated(self, now: int) -> list[int]:
        """When each message was said: one without a time with the one before it, or else with the
        first that has one, or now."""
        known = next((time for time in self.times if time is not None), now)
        dated = []
        for index in range(len(self.messages)):
            told = self.times[index] if index < len(self.times) else None
            known = known if told is None else told
            dated.append(known)
        return dated


@frozen
class Changes:
    """What to change of a conversation; `None` leaves as it is."""

    label: str | None = None
    folder: str | None = None
    status: str | None = None
    importance_score: int | None = None


@frozen
class Scope:
    """Which messages, by where and when; ``None`` does not select.

    Attributes:
        under: a folder and all below it.
        since: from then on, nanoseconds since 1970.
        until: before then.
    """

    label: str | None = None
    folder: str | None = None
    under: str | None = None
    since: int | None = None
    until: int | None = None

    @property
    def is_any(self) -> bool:
        """Whether all messages are selected."""
        return self == Scope()

    @property
    def is_any_time(self) -> bool:
        """Whether it does not matter when something was said."""
        return self.since is None and self.until is None


@frozen
class Selection:
    """Which conversations; `None` does not select.

    Label and folder are exact, pinned means an importance of 10 or more.
    """

    label: str | None = None
    folder: str | None = None
    pinned: bool | None = None
    archived: bool | None = None
    scope: Scope | None = None
    source: str | None = None
    source_id: str | None = None
    content_hash: str | None = None


@frozen
class Statistics:
    """How many conversations, and their mean importance (0.0 of none)."""

    count: int
    average_importance: float


def tokens(byte_count: int) -> int:
    """The controller's estimate of tokens: 4 bytes each, rounded up."""
    return -(-byte_count // BYTES_A_TOKEN)
