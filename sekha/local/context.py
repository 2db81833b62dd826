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
_SMALL = 8
"""Tokens of a small message: of those that come first, as many are looked at as would fill the
budget if they all were so small."""
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
    pinned or have a preferred label, the nearest of them if they are very many. The latter come
    first; among each kind the nearest do. One too large for what is left of the budget is passed
    over for the next that fits.

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
        excluded = view.of_conversations(
            _conversations(
                connection, "folder IN (SELECT value FROM json_each(?))", excluded_folders
            )
        )
        favoured = view.of_conversations(
            _conversations(
                connection,
                f"status = '{ACTIVE}' AND (importance_score >= {PINNED} "
                "OR label IN (SELECT value FROM json_each(?)))",
                preferred_labels,
            )
        )
        nearest = view.nearest(connection, vector, _NEAREST, ~excluded)
        most = max(_NEAREST, room // _SMALL)
        first = view.nearest(connection, vector, most, favoured & ~excluded)
        similarities = {
            row: similarity
            for rows, found in (nearest, first)
            for row, similarity in zip(rows.tolist(), found.tolist(), strict=True)
        }
        chosen_rows = np.fromiter(similarities, dtype=np.int64)
        keys = view.messages_of(chosen_rows).tolist()
        sizes = _sizes(connection, keys)
        candidates = [
            _Candidate(key, bool(favoured[row]), similarity, tokens(sizes[key]))
            for key, (row, similarity) in zip(keys, similarities.items(), strict=True)
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


def _conversations(
    connection: sqlite3.Connection, condition: str, values: Sequence[str]
) -> set[int]:
    rows = connection.execute(
        f"SELECT pk FROM conversations WHERE {condition}", (json.dumps(list(values)),)
    )
    return {key for (key,) in rows}


def _sizes(connection: sqlite3.Connection, keys: list[int]) -> dict[int, int]:
    rows = connection.execute(
        "SELECT pk, length(CAST(content AS BLOB)) FROM messages "
        "WHERE pk IN (SELECT value FROM json_each(?))",
        (json.dumps(keys),),
    )
    return dict(rows.fetchall())
