"""What the tools answer: typed, and bounded in size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

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


def found(query: str, results: Iterable[RecallResult | SearchResult]) -> Found:
    """An answer with as many results as fit."""
    hits: list[Hit] = []
    every, room = list(results), MOST_CHARACTERS
    for each in every:
        content = shortened(each.content, LONGEST_MESSAGE)
        label, folder = named(each.label), named(each.folder)
        room -= len(content) + len(label) + len(folder)
        if room < 0:
            break
        score = getattr(each, "score", None)
        hits.append(
            Hit(
                conversation_id=each.conversation_id,
                label=label,
                folder=folder,
                role=each.role,
                content=content,
                date=each.timestamp.date().isoformat() if each.timestamp else None,
                score=round((each.similarity or 0.0) if score is None else score, 4),
            )
        )
    return Found(
        query=shortened(query, LONGEST_MESSAGE), results=hits, left_out=len(every) - len(hits)
    )


def whole(stored: Conversation) -> Whole:
    """An answer with as many messages as fit, from the first one."""
    said = texts(stored.messages or ())
    messages: list[Message] = []
    room = MOST_CHARACTERS
    for each in said:
        content = shortened(each.content, LONGEST_MESSAGE)
        room -= len(content)
        if room < 0:
            break
        messages.append(Message(role=each.role, content=content))
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
    shown: list[Suggestion] = []
    room = MOST_CHARACTERS
    for each in suggestions[:most]:
        label, folder = named(each.label), named(each.folder)
        room -= len(label) + len(folder) + len(each.reason)
        if room < 0:
            break
        shown.append(
            Suggestion(
                conversation_id=each.id,
                label=label,
                folder=folder,
                age_days=each.age_days,
                importance_score=each.importance_score,
                reason=each.reason,
            )
        )
    return Pruning(suggestions=shown, left_out=len(suggestions) - len(shown))


def stats(found: MemoryStats) -> Stats:
    """An answer with as many folders as fit."""
    every = list(found.folders or ())
    shown: list[str] = []
    room = MOST_CHARACTERS
    for each in every[:MOST_FOLDERS]:
        folder = named(each)
        room -= len(folder)
        if room < 0:
            break
        shown.append(folder)
    return Stats(
        total_conversations=found.total_conversations,
        average_importance=found.average_importance,
        folders=shown,
        left_out=len(every) - len(shown),
    )


def named(name: str) -> str:
    """A label or a folder, or its beginning with a mark."""
    return shortened(name, LONGEST_NAME)
