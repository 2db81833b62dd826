"""What callers hold. Times are aware UTC; a value that the controller did not give is None."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import Factory, field, frozen


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


@frozen
class SearchResult:
    """A message found by meaning.

    Attributes:
        similarity: 1.0 is the same direction, 0.0 unrelated, -1.0 opposite (compatibility row 15).
        timestamp: when the conversation was stored.
    """

    conversation_id: str
    message_id: str
    content: str
    similarity: float
    label: str
    folder: str
    role: str | None = None
    timestamp: datetime | None = None


@frozen
class QueryResponse:
    """Messages found by meaning, the closest first. Iterates over its `results`."""

    query: str
    results: tuple[SearchResult, ...]

    def __iter__(self) -> Iterator[SearchResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, index: int) -> SearchResult:
        return self.results[index]


@frozen
class ContextMessage:
    """A message in a context, with where it comes from. `similarity` is None for one that the
    controller chose for its pin or its age."""

    conversation_id: str
    message_id: str
    role: str
    content: str
    label: str
    folder: str
    timestamp: datetime | None = None
    similarity: float | None = None


@frozen
class ContextAssembly:
    """What to put before a language model.

    Attributes:
        formatted_context: the messages by conversation, each under its label, folder and date.
        estimated_tokens: of `formatted_context`, its headers included; never above the budget.
        conversations: those that were used, with the messages that were used.
        messages: the messages that were used, the most relevant first.
    """

    query: str
    formatted_context: str
    estimated_tokens: int
    context_budget: int
    conversations: tuple[Conversation, ...]
    messages: tuple[ContextMessage, ...]


@frozen
class LabelSuggestion:
    """A label that would suit. `confidence` is 0 to 1."""

    label: str
    confidence: float
    is_existing: bool
    reason: str


@frozen
class PruningSuggestion:
    """A conversation that could be archived.

    Attributes:
        age_days: whole days since its last change.
        reason: why, in words.
        preview: what would be lost, in the controller's words; None unless previews were asked for.
    """

    id: str
    label: str
    folder: str
    age_days: int
    importance_score: int
    reason: str
    updated_at: datetime
    preview: str | None = None


@frozen
class MemoryStats:
    """How much is stored, and where.

    Attributes:
        average_importance: over at most 10,000 conversations (compatibility row 29).
        folders: all folders, or the one asked for; None if a label was asked for.
        labels: the label asked for; None otherwise.
    """

    total_conversations: int
    average_importance: float
    folders: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None


@frozen
class ConversationSummary:
    """A summary in the controller's words. `level` is "daily", "weekly" or "monthly"."""

    conversation_id: str
    level: str
    summary: str
    generated_at: datetime | None = None


@frozen
class Health:
    """How the controller says it is. `checks` has what it looked at."""

    status: str
    checks: Mapping[str, Any] = Factory(dict)
    timestamp: datetime | None = None

    @property
    def healthy(self) -> bool:
        return self.status == "healthy"
