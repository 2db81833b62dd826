"""What the tools answer: typed, and bounded in size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, Field

from .._core.codec import texts
from .._core.words import shortened

if TYPE_CHECKING:
    from ...models import (
        Conversation,
        MemoryStats,
        PruningSuggestion,
        RecallResult,
        SearchResult,
    )

T = TypeVar("T")

MOST_CHARACTERS = 20_000
"""Of the text of one answer: about 5,000 tokens."""
LONGEST_MESSAGE = 4_000
LONGEST_NAME = 300
"""Of a label or a folder."""
MOST_FOLDERS = 200


class GivenMessage(BaseModel):
    """A message to store."""

    role: str = Field(description='Who says it: "user", "assistant", "system" or another role.')
    content: str = Field(description="What is said.")


class Stored(BaseModel):
    """A conversation that was stored."""

    conversation_id: str
    label: str
    folder: str
    message_count: int


class Hit(BaseModel):
    """A message that was found."""

    conversation_id: str
    label: str
    folder: str
    role: str | None
    content: str
    date: str | None
    score: float


class Found(BaseModel):
    """Messages that were found, the best first."""

    query: str
    results: list[Hit]
    left_out: int = Field(0, description="Results that were found and did not fit the answer.")


class Message(BaseModel):
    """A stored message."""

    role: str
    content: str


class Whole(BaseModel):
    """A conversation with its messages."""

    conversation_id: str
    label: str
    folder: str
    status: str | None
    importance_score: int | None
    message_count: int
    created: str | None
    changed: str | None
    messages: list[Message]
    left_out: int = Field(0, description="Messages at the end that did not fit the answer.")


class Changed(BaseModel):
    """A conversation as it is after a change."""

    conversation_id: str
    label: str
    folder: str
    importance_score: int | None
    note: str | None = None


class Suggestion(BaseModel):
    """A conversation that could be archived."""

    conversation_id: str
    label: str
    folder: str
    age_days: int
    importance_score: int
    reason: str


class Pruning(BaseModel):
    """What could be archived, the longest unchanged first, and whether it was."""

    suggestions: list[Suggestion]
    left_out: int = 0
    archived: int = 0


class Exported(BaseModel):
    """A conversation as text."""

    conversation_id: str
    format: str
    text: str
    cut: bool = Field(False, description="Whether the text is only the beginning.")


class Stats(BaseModel):
    """How much is stored."""

    total_conversations: int
    average_importance: float
    folders: list[str]
    left_out: int = 0


class Context(BaseModel):
    """Text for a prompt, within its budget."""

    query: str
    text: str
    estimated_tokens: int
    budget: int


class Removed(BaseModel):
    """What became of a conversation that was to be deleted."""

    conversation_id: str
    outcome: str


def _fitting(answers: Iterable[T], size: Callable[[T], int]) -> list[T]:
    """As many as fit into an answer, from the first one.

    Args:
        size: characters of one.
    """
    fitting: list[T] = []
    room = MOST_CHARACTERS
    for each in answers:
        room -= size(each)
        if room < 0:
            break
        fitting.append(each)
    return fitting


def _hit(found: RecallResult | SearchResult) -> Hit:
    score = getattr(found, "score", None)
    return Hit(
        conversation_id=found.conversation_id,
        label=named(found.label),
        folder=named(found.folder),
        role=found.role,
        content=shortened(found.content, LONGEST_MESSAGE),
        date=found.timestamp.date().isoformat() if found.timestamp else None,
        score=round((found.similarity or 0.0) if score is None else score, 4),
    )


def found(query: str, results: Iterable[RecallResult | SearchResult]) -> Found:
    """An answer with as many results as fit."""
    every = list(results)
    hits = _fitting(
        map(_hit, every), lambda hit: len(hit.content) + len(hit.label) + len(hit.folder)
    )
    return Found(
        query=shortened(query, LONGEST_MESSAGE), results=hits, left_out=len(every) - len(hits)
    )


def whole(stored: Conversation) -> Whole:
    """An answer with as many messages as fit, from the first one."""
    said = texts(stored.messages or ())
    shown = (
        Message(role=each.role, content=shortened(each.content, LONGEST_MESSAGE)) for each in said
    )
    messages = _fitting(shown, lambda message: len(message.content))
    return Whole(
        conversation_id=stored.id,
        label=named(stored.label),
        folder=named(stored.folder),
        status=stored.status,
        importance_score=stored.importance_score,
        message_count=len(said),
        created=stored.created_at.isoformat() if stored.created_at else None,
        changed=stored.updated_at.isoformat() if stored.updated_at else None,
        messages=messages,
        left_out=len(said) - len(messages),
    )


def pruning(suggestions: Sequence[PruningSuggestion], most: int) -> Pruning:
    """An answer with as many suggestions as fit."""
    named_ones = (
        Suggestion(
            conversation_id=each.id,
            label=named(each.label),
            folder=named(each.folder),
            age_days=each.age_days,
            importance_score=each.importance_score,
            reason=each.reason,
        )
        for each in suggestions[:most]
    )
    shown = _fitting(named_ones, lambda each: len(each.label) + len(each.folder) + len(each.reason))
    return Pruning(suggestions=shown, left_out=len(suggestions) - len(shown))


def stats(found: MemoryStats) -> Stats:
    """An answer with as many folders as fit."""
    every = list(found.folders or ())
    shown = _fitting(map(named, every[:MOST_FOLDERS]), len)
    return Stats(
        total_conversations=found.total_conversations,
        average_importance=found.average_importance,
        folders=shown,
        left_out=len(every) - len(shown),
    )


def named(name: str) -> str:
    """A label or a folder, or its beginning with a mark."""
    return shortened(name, LONGEST_NAME)
