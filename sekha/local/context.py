"""Choosing the messages of a context: nearest first, within a budget of tokens."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from .records import ACTIVE, PINNED, Message, tokens
from .semantic import Semantic
from .store import Store, messages_by_key

_NEAREST = 200
# The rest is left for the prompt around the context (compatibility row 18).
_FILLED = 0.85


@frozen
class _Candidate:
    key: int
    favoured: bool
    similarity: float
    tokens: int


def assemble(
    store: Store,
    semantic: Semantic,
    query: str,
    preferred_labels: Sequence[str],
    budget: int,
    excluded_folders: Sequence[str],
) -> list[Message]:
    """The messages for a prompt, each once.

    Candidates are the 200 messages nearest to the query and those of active conversations that are
    pinned or have a preferred label. The latter come first; among each kind the nearest do. One too
    large for what is left of the budget is passed over for the next that fits.

    Args:
        budget: tokens of 4 bytes; 85 % of them are filled (compatibility row 18).
        excluded_folders: folders to leave out, each exactly.
    """
    room = int(budget * _FILLED)
    if room == 0:
        return []
    vector = semantic.embed([query])[0]
    semantic.ensure_current()
    with store.reading() as connection:
        view = semantic.view(connection)
        excluded = _keys(
            connection, "c.folder IN (SELECT value FROM json_each(?))", excluded_folders
        )
        favoured = _keys(
            connection,
            f"c.status = '{ACTIVE}' AND (c.importance_score >= {PINNED} "
            "OR c.label IN (SELECT value FROM json_each(?)))",
            preferred_labels,
        )
        allowed = ~np.isin(view.messages, np.fromiter(excluded, dtype=np.int64))
        nearest, _ = view.nearest(vector, _NEAREST, allowed)
        first = np.flatnonzero(
            allowed & np.isin(view.messages, np.fromiter(favoured, dtype=np.int64))
        )
        rows = np.union1d(nearest, first)
        similarities = view.similarities(vector, rows).tolist()
        sizes = _sizes(connection, view.messages[rows].tolist())
        candidates = [
            _Candidate(key, key in favoured, similarity, tokens(sizes[key]))
            for key, similarity in zip(view.messages[rows].tolist(), similarities, strict=True)
        ]
        chosen = _fill(candidates, room)
        messages = messages_by_key(connection, chosen)
    return [messages[key] for key in chosen]


def _fill(candidates: list[_Candidate], room: int) -> list[int]:
    chosen = []
    for candidate in sorted(candidates, key=lambda c: (not c.favoured, -c.similarity, c.key)):
        if room == 0:
            break
        if candidate.tokens <= room:
            chosen.append(candidate.key)
            room -= candidate.tokens
    return chosen


def _keys(connection: sqlite3.Connection, condition: str, values: Sequence[str]) -> set[int]:
    rows = connection.execute(
        "SELECT m.pk FROM messages m JOIN conversations c ON c.pk = m.conversation "
        f"WHERE {condition}",
        (json.dumps(list(values)),),
    )
    return {key for (key,) in rows}


def _sizes(connection: sqlite3.Connection, keys: list[int]) -> dict[int, int]:
    rows = connection.execute(
        "SELECT pk, length(CAST(content AS BLOB)) FROM messages "
        "WHERE pk IN (SELECT value FROM json_each(?))",
        (json.dumps(keys),),
    )
    return dict(rows.fetchall())
