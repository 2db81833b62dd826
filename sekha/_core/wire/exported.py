"""Conversation as `memory_export` gives it: the JSON itself, typed, without models that nobody would
see."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class ExportedConversation(TypedDict):
    """All but the messages. Times are naive UTC with a space (compatibility row 25)."""

    id: str
    label: str
    folder: str
    status: str
    importance_score: int
    word_count: int
    session_count: int
    created_at: str
    updated_at: str
    stored_at: NotRequired[str]
    source: NotRequired[str]
    source_id: NotRequired[str]
    content_hash: NotRequired[str]
    former_hashes: NotRequired[list[str]]


class ExportedMessage(TypedDict):
    """A message."""

    id: str
    role: str
    content: str
    timestamp: str
    metadata: dict[str, Any]


class ExportData(TypedDict):
    """A conversation with all its messages, in order."""

    conversation: ExportedConversation
    messages: list[ExportedMessage]
    format: NotRequired[str]
    include_metadata: NotRequired[bool]
    others: NotRequired[list[ExportData]]
