"""Full-text search in the word index, ranked by BM25."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from attrs import frozen

from . import scopes
from .fulltext import is_single, match_expression
from .records import Conversation, Message, Scope
from .store import conversations_by_id, messages_by_key
from .word_ranking import WordRanking

_CHUNK = 500
_ENOUGH = 4
"""Best matches for each conversation wanted, in which there are mostly enough conversations."""
Connection = sqlite3.Connection


@frozen
class WordHits:
    """Messages that match.

    Attributes:
        lists: for each query the messages' keys, the best match first.
        messages: those messages, by key.
        conversations: the conversations they are of, by id.
    """

    lists: list[list[int]]
    messages: dict[int, Message]
    conversations: dict[str, Conversation]

    def union(self) -> list[Message]:
        """Each message once, in the order in which the lists first have it."""
        keys = dict.fromkeys(key for each in self.lists for key in each)
        return [self.messages[key] for key in keys]


def search(
    connection: Connection, ranking: WordRanking, queries: Iterable[str], limit: int, scope: Scope
) -> WordHits:
    """For each query the messages with all its words and phrases, the best match (BM25) first; none
    for a query without a word."""
    return _hits(
        connection, [_matching(connection, ranking, each, limit, scope) for each in queries]
    )


def search_conversations(
    connection: Connection, ranking: WordRanking, query: str, count: int, limit: int, scope: Scope
) -> WordHits:
    """The conversations with the best matching messages, and all of their messages that match.

    Args:
        count: conversations at most.
        limit: messages at most.
    """
    expression = match_expression(query)
    if expression is None:
        return WordHits([], {}, {})
    condition, values = _within(scope)
    if scope.is_any and is_single(expression):
        few = min(limit, _ENOUGH * count)
        best = ranking.best(connection, expression, few)
        if len(set(_owners(connection, best).values())) >= count or len(best) < few:
            return _by_conversation(connection, expression, best, count, limit, condition, values)
    cursor = connection.execute(
        f"SELECT rowid FROM message_words WHERE message_words MATCH ? {condition} "
        f"ORDER BY {_order(scope)}",
        (expression, *values),
    )
    keys: list[int] = []
    owners: dict[int, None] = {}
    # Reading on costs more than finding: once there are enough conversations, what else of them
    # matches is looked up by their range of keys.
    while len(owners) < count and (chunk := cursor.fetchmany(_CHUNK)):
        found = [key for (key,) in chunk]
        owner_of = _owners(connection, found)
        for key in found:
            if owner_of[key] in owners or len(owners) < count:
                owners[owner_of[key]] = None
                keys.append(key)
    cursor.close()
    keys += _others(connection, expression, owners, set(keys), condition, values)
    return _hits(connection, [keys[:limit]])


def _by_conversation(
    connection: Connection,
    expression: str,
    best: Sequence[int],
    count: int,
    limit: int,
    condition: str,
    values: Sequence[object],
) -> WordHits:
    """Of the best matches those of the first conversations, and what else of these matches."""
    owner_of = _owners(connection, best)
    owners = dict.fromkeys(list(dict.fromkeys(owner_of[key] for key in best))[:count])
    keys = [key for key in best if owner_of[key] in owners]
    keys += _others(connection, expression, owners, set(keys), condition, values)
    return _hits(connection, [keys[:limit]])


def _owners(connection: Connection, keys: Sequence[int]) -> dict[int, int]:
    """Each message's conversation, by keys."""
    return dict(
        connection.execute(
            f"SELECT pk, conversation FROM messages WHERE pk IN ({', '.join(map(str, keys))})"
        )
    )


def _others(
    connection: Connection,
    expression: str,
    owners: Iterable[int],
    known: set[int],
    condition: str,
    values: Sequence[object],
) -> list[int]:
    """What else of these conversations matches: each one's messages have consecutive keys."""
    found: list[int] = []
    for owner in owners:
        first, last = connection.execute(
            "SELECT min(pk), max(pk) FROM messages WHERE conversation = ?", (owner,)
        ).fetchone()
        rows = connection.execute(
            "SELECT rowid FROM message_words WHERE message_words MATCH ? "
            f"AND rowid BETWEEN ? AND ? {condition}",
            (expression, first, last, *values),
        )
        found += [key for (key,) in rows if key not in known]
    return found


def _matching(
    connection: Connection, ranking: WordRanking, query: str, limit: int, scope: Scope
) -> list[int]:
    expression = match_expression(query)
    if expression is None:
        return []
    if scope.is_any and is_single(expression):
        return ranking.best(connection, expression, limit)
    condition, values = _within(scope)
    rows = connection.execute(
        "SELECT rowid FROM message_words WHERE message_words MATCH ? "
        f"{condition} ORDER BY {_order(scope)} LIMIT ?",
        (expression, *values, limit),
    )
    return [key for (key,) in rows]


def _order(scope: Scope) -> str:
    # By `rank`, FTS5 scores all matches, those out of scope included; by its function SQLite has
    # only those scored that are left.
    return "rank" if scope.is_any else "bm25(message_words)"


def _within(scope: Scope) -> tuple[str, list[object]]:
    if scope.is_any:
        return "", []
    condition, values = scopes.where(scope)
    # "+": the words are looked up first, not each message of the scope.
    return (
        "AND +rowid IN (SELECT m.pk FROM conversations c JOIN messages m "
        f"ON m.conversation = c.pk WHERE {condition})",
        values,
    )


def _hits(connection: Connection, lists: list[list[int]]) -> WordHits:
    messages = messages_by_key(connection, {key for each in lists for key in each})
    ids = {message.conversation_id for message in messages.values()}
    return WordHits(lists, messages, conversations_by_id(connection, ids))
