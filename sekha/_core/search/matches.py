"""Messages that hold the words searched for, ranked and gathered by conversation (row 17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from attrs import evolve, frozen

from sekha_api import models as api

from ... import models
from ..wire.times import parse_time
from .terms import scores

if TYPE_CHECKING:
    from ...models import Conversation, Message


@frozen
class Match:
    """A conversation's messages that matched, the best first."""

    id: str
    messages: tuple[Message, ...]


def matches(hits: Sequence[api.StoredMessage], terms: Sequence[str]) -> list[Match]:
    """The conversations of these messages, the one with the best message first."""
    ranked = sorted(
        zip(scores(terms, [hit.content for hit in hits]), hits, strict=True),
        key=lambda pair: pair[0],
        reverse=True,
    )
    return in_order([hit for _, hit in ranked])


def in_order(hits: Sequence[api.StoredMessage]) -> list[Match]:
    """The same of messages that come with the best first."""
    groups: dict[str, list[Message]] = {}
    for hit in hits:
        message = models.Message(hit.role, hit.content, hit.id, parse_time(hit.timestamp))
        groups.setdefault(hit.conversation_id, []).append(message)
    return [Match(conversation_id, tuple(found)) for conversation_id, found in groups.items()]


def described(hits: Sequence[api.StoredMessage]) -> dict[str, Conversation]:
    """The conversations that these messages tell of themselves; without messages."""
    found: dict[str, Conversation] = {}
    for hit in hits:
        told = hit.metadata.additional_properties.get("conversation")
        if hit.conversation_id not in found and _describes(told):
            found[hit.conversation_id] = models.Conversation(
                id=hit.conversation_id,
                label=told["label"],
                folder=told["folder"],
                status=told["status"],
                importance_score=told["importance_score"],
                created_at=parse_time(told["created_at"]),
                updated_at=parse_time(told["updated_at"]),
            )
    return found


def _describes(told: Any) -> TypeGuard[dict[str, Any]]:
    """Whether it is all that is known of a conversation: metadata is free-form."""
    texts = ("label", "folder", "status", "created_at", "updated_at")
    return (
        isinstance(told, dict)
        and all(type(told.get(name)) is str for name in texts)
        and type(told.get("importance_score")) is int
    )


def best_conversations(
    best: Sequence[Match], known: Mapping[str, Conversation]
) -> list[Conversation]:
    """The matches as callers hold them; one whose conversation was deleted meanwhile is none."""
    return [evolve(known[match.id], messages=match.messages) for match in best if match.id in known]
