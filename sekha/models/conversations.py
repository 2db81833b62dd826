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
        timestamp: when it was said: an aware datetime, or ISO 8601 text, UTC where that has no zone.
            The embedded controller keeps it: a conversation is as old as its first message, and last
            changed with its last. The public one does not (compatibility row 2).
    """

    role: str
    content: str
    timestamp: datetime | str | None = None


@frozen
class NewConversation:
    """A conversation to store.

    Args:
        label: its label, not empty.
        folder: its folder, "/" if none is given.
        messages: in order; may be empty.
        importance_score: 1 to 10, or None for the controller's own default of 5. 10 pins
            (compatibility row 30).
        source: where it was said, such as "chatgpt". With `source_id` an import knows it again.
        source_id: the source's own id of it.
    """

    label: str
    messages: list[MessageDto]
    folder: str = "/"
    importance_score: int | None = None
    source: str | None = None
    source_id: str | None = None


@frozen
class Message:
    """A stored message. `timestamp` is when it was said, if the controller keeps that; else when it
    was stored, the same for all of a conversation (compatibility row 2)."""

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
        message_count: how many messages the conversation has; None if that was not told, as a list of
            the public controller does not.
        created_at: when its first message was said, if that was given and the controller keeps it;
            else when it was stored.
        updated_at: likewise of its last message, or when something of it was changed after that.
        stored_at: when it was stored, if the controller tells that apart from `created_at`.
        source, source_id: where it was said, and its id there, if the controller keeps that.
        times_kept: by `create_conversation`: whether the times of the messages that were given were
            kept; None if there were none.
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
    stored_at: datetime | None = None
    source: str | None = None
    source_id: str | None = None
    times_kept: bool | None = None

    @property
    def pinned(self) -> bool | None:
        """Whether it is pinned: its importance is 10 (compatibility row 30)."""
        return None if self.importance_score is None else self.importance_score >= 10
