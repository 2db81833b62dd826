"""From the controller's models to what callers hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve

from sekha_api import models as api
from sekha_api.types import Unset

from ... import models
from ..listing import Row
from .exported import ExportData
from .schema import Mismatch
from .times import parse_time, parse_timestamp

if TYPE_CHECKING:
    from ...models import (
        Conversation,
        ConversationSummary,
        Health,
        LabelSuggestion,
        MemoryStats,
        Message,
        NewConversation,
        SearchResult,
    )

Cleaner = Callable[[str], str]

DEFAULT_IMPORTANCE = 5
"""What every conversation stored over REST has (compatibility row 1)."""


_TEXT = frozenset({str, type(None)})
_WHOLE = frozenset({int, type(None)})


def listed(body: Any) -> tuple[list[Row], int, bool]:
    """The rows of a page of a list, how many there are on all pages, and whether the controller kept
    to where and when. Straight from the JSON, which is what the contract says, without models that
    nobody would see: a list can be long.

    Raises:
        Mismatch: a row's metadata, which the contract leaves open, is not what a list has there.
    """
    rows = []
    for each in body["results"]:
        about = each["metadata"]
        status, importance = about.get("status"), about.get("importance_score")
        created, messages = about.get("created_at"), about.get("message_count")
        if not (type(status) in _TEXT and type(importance) in _WHOLE):
            raise Mismatch("a list whose rows tell no status or importance")
        if not (type(created) in _TEXT and type(messages) in _WHOLE):
            raise Mismatch("a list whose rows tell no time or number of messages")
        row = Row(
            each["conversation_id"],
            each["label"],
            each["folder"],
            status,
            importance,
            each["timestamp"],
            each.get("stored_at"),
            each.get("source"),
            each.get("source_id"),
            created,
            messages,
        )
        rows.append(row)
    return rows, body["total"], body.get("scoped") is True


def row_conversation(row: Row) -> Conversation:
    """What callers hold of a listed conversation."""
    return models.Conversation(
        row.id,
        row.label,
        row.folder,
        row.status,
        row.importance_score,
        message_count=row.message_count,
        created_at=parse_time(row.created) if row.created else None,
        updated_at=parse_time(row.changed),
        stored_at=parse_time(row.stored) if row.stored else None,
        source=row.source,
        source_id=row.source_id,
    )


def exported_conversation(export: ExportData, clean: Cleaner = str) -> Conversation:
    """All of a conversation.

    Args:
        export: the data of an answer to `memory_export`.
        clean: takes off what was put before a text so that it could be stored.
    """
    record = export["conversation"]
    messages = tuple(
        [
            models.Message(
                each["role"], clean(each["content"]), each["id"], parse_time(each["timestamp"])
            )
            for each in export["messages"]
        ]
    )
    return models.Conversation(
        id=record["id"],
        label=record["label"],
        folder=record["folder"],
        status=record["status"],
        importance_score=record["importance_score"],
        messages=messages,
        message_count=len(messages),
        created_at=parse_time(record["created_at"]),
        updated_at=parse_time(record["updated_at"]),
        stored_at=parse_time(record.get("stored_at", "")),
        source=record.get("source"),
        source_id=record.get("source_id"),
    )


def created_conversation(new: NewConversation, answer: api.CreatedConversation) -> Conversation:
    kept = times_kept(new, answer)
    created_at = parse_time(answer.created_at)
    return models.Conversation(
        id=answer.id,
        label=answer.label,
        folder=answer.folder,
        status=answer.status,
        importance_score=DEFAULT_IMPORTANCE,
        messages=given_messages(new, kept),
        message_count=answer.message_count,
        created_at=created_at,
        updated_at=_last_said(new, kept) or created_at,
        **_of_create(new, answer, kept),
    )


def stored_conversation(
    new: NewConversation,
    answer: api.StoredConversation,
    details: api.ConversationDetails | None,
) -> Conversation:
    """What `memory_store` stored; without details the rest stays None, for it was not told."""
    kept = times_kept(new, answer)
    if details is None:
        return models.Conversation(
            id=answer.id,
            label=new.label,
            folder=new.folder,
            messages=given_messages(new, kept),
            message_count=len(new.messages),
            **_of_create(new, answer, kept),
        )
    return evolve(
        detailed_conversation(details),
        messages=given_messages(new, kept),
        message_count=len(new.messages),
        **_of_create(new, answer, kept),
    )


def times_kept(
    new: NewConversation, answer: api.CreatedConversation | api.StoredConversation
) -> bool | None:
    """Whether a create kept the times of its messages; None if there were none."""
    if all(each.timestamp is None for each in new.messages):
        return None
    return answer.times_kept is True


def _of_create(
    new: NewConversation,
    answer: api.CreatedConversation | api.StoredConversation,
    kept: bool | None,
) -> dict[str, Any]:
    told = answer.stored_at
    return {
        "times_kept": kept,
        "stored_at": None if isinstance(told, Unset) else parse_time(told),
        # A controller that says when it stored keeps where it came from, too.
        "source": None if isinstance(told, Unset) else new.source,
        "source_id": None if isinstance(told, Unset) else new.source_id,
    }


def _last_said(new: NewConversation, kept: bool | None) -> datetime | None:
    said = (parse_timestamp(each.timestamp) for each in reversed(new.messages))
    return next((moment for moment in said if moment is not None), None) if kept else None


def given_messages(new: NewConversation, kept: bool | None = None) -> tuple[Message, ...]:
    return tuple(
        models.Message(
            each.role,
            each.content,
            timestamp=parse_timestamp(each.timestamp) if kept else None,
        )
        for each in new.messages
    )


def search_result(row: api.SearchResult, clean: Cleaner = str) -> SearchResult:
    """A message found by meaning; the score is a distance (compatibility row 15)."""
    role = row.metadata.additional_properties.get("role")
    return models.SearchResult(
        conversation_id=row.conversation_id,
        message_id=row.message_id,
        content=clean(row.content),
        similarity=1.0 - row.score,
        label=row.label,
        folder=row.folder,
        role=role if isinstance(role, str) else None,
        timestamp=parse_time(row.timestamp),
    )


def detailed_conversation(details: api.ConversationDetails) -> Conversation:
    """All but the messages."""
    return models.Conversation(
        id=details.conversation_id,
        label=details.label,
        folder=details.folder,
        status=details.status,
        importance_score=details.importance_score,
        created_at=parse_time(details.created_at),
        updated_at=parse_time(details.updated_at),
    )


def label_suggestions(answer: api.LabelSuggestions) -> list[LabelSuggestion]:
    return [
        models.LabelSuggestion(each.label, each.confidence, each.is_existing, each.reason)
        for each in answer.suggestions
    ]


def memory_stats(data: api.MemoryStatistics) -> MemoryStats:
    return models.MemoryStats(
        data.total_conversations,
        data.average_importance,
        folders=_optional_tuple(data.folders),
        labels=_optional_tuple(data.labels),
        months=None if isinstance(data.months, Unset) else _by_month(data.months),
    )


def _by_month(listed: Iterable[api.MonthStatistics]) -> dict[str, dict[str | None, int]]:
    found: dict[str, dict[str | None, int]] = {}
    for each in listed:
        found.setdefault(each.month, {})[each.source] = each.messages
    return found


def _optional_tuple(values: Iterable[str] | Unset) -> tuple[str, ...] | None:
    return None if isinstance(values, Unset) else tuple(values)


def summary(answer: api.Summary) -> ConversationSummary:
    return models.ConversationSummary(
        answer.conversation_id, answer.level, answer.summary, parse_time(answer.generated_at)
    )


def health(answer: api.HealthStatus) -> Health:
    return models.Health(
        answer.status, dict(answer.checks.additional_properties), parse_time(answer.timestamp)
    )


def answer_of_row(name: str, row: Conversation) -> object:
    """What the create of this name would have answered, had its answer come."""
    if name == "memory_store":
        data = api.StoredConversation(row.id, row.id, row.label, row.folder, **_optional(row))
        return api.MemoryStoreResponse(success=True, data=data, error=None)
    created_at = row.created_at.replace(tzinfo=None).isoformat() if row.created_at else ""
    return api.CreatedConversation(
        id=row.id,
        conversation_id=row.id,
        label=row.label,
        folder=row.folder,
        status=row.status or "active",
        message_count=row.message_count or 0,
        created_at=created_at,
        **_optional(row),
    )


def _optional(row: Conversation) -> dict[str, Any]:
    if row.stored_at is None:
        return {}
    # Which tells when it was stored keeps when it was said.
    return {"stored_at": row.stored_at.isoformat(), "times_kept": True}
