"""Messages that hold the words searched for, ranked and gathered by conversation (row 17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from sekha_api import models as api

from .. import models
from .terms import scores
from .times import parse_time

if TYPE_CHECKING:
    from ..models import Conversation, Message


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
    groups: dict[str, list[Message]] = {}
    for _, hit in ranked:
        message = models.Message(hit.role, hit.content, hit.id, parse_time(hit.timestamp))
        groups.setdefault(hit.conversation_id, []).append(message)
    return [Match(conversation_id, tuple(found)) for conversation_id, found in groups.items()]


def best_conversations(
    best: Sequence[Match], known: Mapping[str, Conversation]
) -> list[Conversation]:
    """The matches as callers hold them; one whose conversation was deleted meanwhile is none."""
    return [evolve(known[match.id], messages=match.messages) for match in best if match.id in known]
