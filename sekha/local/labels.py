"""Suggesting labels: those of similar conversations, and the conversation's own key terms."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from .extractive import key_terms
from .semantic import Semantic
from .statements import find
from .store import Store, conversations_by_key, labels_in_use, messages_of

_NEIGHBOURS = 50
_MOST_EXISTING = 3
_MOST_NEW = 2
# A word is a guess at best, also where every message has it.
_KEY_TERM_CONFIDENCE = 0.5
# Below this cosine a neighbour is one by chance.
_RELATED = 0.35


@frozen
class Suggestion:
    """A label, how sure it is (0 to 1), whether it is in use, and why it is suggested."""

    label: str
    confidence: float
    is_existing: bool
    reason: str


def suggest(store: Store, semantic: Semantic, conversation_id: str) -> list[Suggestion]:
    """Labels for a conversation: of similar ones first, then of its words, the surest first of each
    kind.

    None for a conversation without words.

    Raises:
        ConversationNotFound: no conversation has this id.
    """
    semantic.ensure_current()
    with store.reading() as connection:
        conversation = find(connection, conversation_id)
        messages = messages_of(connection, conversation)
        view = semantic.view(connection)
        own = view.vectors_of(connection, conversation.pk)
        closest: dict[int, float] = {}
        if len(own) and np.linalg.norm(own.mean(axis=0)) > 0:
            centre = own.mean(axis=0)
            centre /= np.linalg.norm(centre)
            others = ~view.of_conversations([conversation.pk])
            rows, similarities = view.nearest(connection, centre, _NEIGHBOURS, others)
            keys = view.conversations_of(rows).tolist()
            for key, similarity in zip(keys, similarities.tolist(), strict=True):
                closest[key] = max(similarity, closest.get(key, -1.0))
        neighbours = conversations_by_key(connection, closest)
        terms = key_terms(messages, _MOST_NEW + _MOST_EXISTING + 1)
        in_use = labels_in_use(connection, [term for term, _ in terms])
    by_label: dict[str, list[float]] = {}
    for key, similarity in closest.items():
        if similarity >= _RELATED:
            by_label.setdefault(neighbours[key].label, []).append(similarity)
    alike = [
        Suggestion(label, _confidence(found), True, _reason(len(found)))
        for label, found in by_label.items()
    ]
    alike.sort(key=lambda suggestion: (-suggestion.confidence, suggestion.label))
    known = {label.casefold() for label in by_label} | {conversation.label.casefold()}
    own_words = [
        Suggestion(
            term,
            round(_KEY_TERM_CONFIDENCE * share, 4),
            term in in_use,
            "Extractive: a key term of the conversation's own text",
        )
        for term, share in terms
        if term.casefold() not in known
    ]
    return alike[:_MOST_EXISTING] + own_words[:_MOST_NEW]


def _confidence(similarities: list[float]) -> float:
    # The nearest decides; further ones with the same label take away a part of what doubt is left.
    doubt = 1.0 - max(similarities)
    return round(min(1.0, max(0.0, 1.0 - doubt * 0.9 ** (len(similarities) - 1))), 4)


def _reason(count: int) -> str:
    if count == 1:
        return "Extractive: a conversation with this label is about similar things"
    return f"Extractive: {count} conversations with this label are about similar things"
