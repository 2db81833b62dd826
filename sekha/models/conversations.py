"""What is stored, and what is to be stored."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen


@frozen
class MessageDto:
    """A message to store.

    Args:
        role: who speaks: "user", "assistant", "system", ... Any text that is not empty.
        content: what is said.
    """

    role: str
    content: str


@frozen
class NewConversation:
    """A conversation to store.

    Args:
        label: its label, not empty.
        folder: its folder, "/" if none is given.
        messages: in order; may be empty.
        importance_score: 1 to 10, or None for the controller's own default of 5. 10 pins
            (compatibility row 30).
    """

    label: str
    messages: list[MessageDto]
    folder: str = "/"
    importance_score: int | None = None


@frozen
class Message:
    """A stored message. `timestamp` is when it was stored, the same for all of a conversation
    (compatibility row 2)."""

    role: str
    content: str
    id: str | None = None
    timestamp: datetime | None = None


@frozen
class Conversation:
    """A stored conversation.

    Attributes:
        id: a UUID.
        status: "active" or "archived".
        importance_score: 1 to 10; 10 is pinned.
        messages: all of them in order from `get_conversation` and exports, those that matched from
            `search`, those given from `create_conversation`, None from `list_conversations`.
        message_count: how many messages the conversation has; None if that was not told.
    """

    id: str
    label: str
    folder: str
    status: str | None = None
    importance_score: int | None = None
    messages: tuple[Message, ...] | None = field(default=None, repr=False)
    message_count: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def pinned(self) -> bool | None:
        """Whether it is pinned: its importance is 10 (compatibility row 30)."""
        return None if self.importance_score is None else self.importance_score >= 10
