"""What is stored, as the rooms hold it. Times are nanoseconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

ACTIVE = "active"
ARCHIVED = "archived"
# Importance that means pinned (compatibility row 30).
PINNED = 10
DEFAULT_IMPORTANCE = 5
BYTES_A_TOKEN = 4


@frozen
class Conversation:
    """A stored conversation without its messages."""

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


@frozen
class Draft:
    """A conversation that is to be stored; messages are pairs of role and content."""

    label: str
    folder: str
    importance_score: int
    messages: Sequence[tuple[str, str]]


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


@frozen
class Statistics:
    """How many conversations, and their mean importance (0.0 of none)."""

    count: int
    average_importance: float


def tokens(byte_count: int) -> int:
    """The controller's estimate of tokens: 4 bytes each, rounded up."""
    return -(-byte_count // BYTES_A_TOKEN)
