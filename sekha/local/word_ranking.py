"""The best matches of a word that very many messages have, ranked once.

FTS5 computes a score (BM25) for every match before it knows the best: at 200,000 matches that takes
a third of a second. Of one word the order of matches does not change as a memory grows, but for the
mean length of all messages, which hardly does. So the best of it are kept in memory, and only what
was stored since is ranked and put among them.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence

from attrs import frozen

from .statements import last_key

Connection = sqlite3.Connection

_KEPT = 1200
"""Matches of a word; at most half of them are ever asked for."""
_WORDS = 500
_SLOW = 0.005
"""Seconds from which on the ranking of a word is worth keeping."""
_GROWN = 1.1
"""Times as many messages from which on a word is ranked anew."""

_RANKED = (
    "SELECT rowid, rank FROM message_words WHERE message_words MATCH ? AND rowid > ? "
    "ORDER BY rank LIMIT ?"
)


@frozen
class _Ranking:
    """The best matches among the messages up to one, and their scores, the best (least) first."""

    upto: int
    matches: Sequence[tuple[int, float]]


class WordRanking:
    """Ranks the matches of single words; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Ranking] = OrderedDict()

    def best(self, connection: Connection, expression: str, limit: int) -> list[int]:
        """The keys of the messages that match best, as FTS5 ranks them.

        Args:
            expression: of one word or phrase.
        """
        visible = last_key(connection, "messages")
        with self._lock:
            kept = self._kept.get(expression)
            if kept is not None:
                self._kept.move_to_end(expression)
        if kept is not None and kept.upto <= visible < _GROWN * kept.upto:
            found = _brought_up_to_date(connection, expression, kept, limit, visible)
            if len(found) == limit:
                return found
        most = max(limit, _KEPT)
        began = time.perf_counter()
        matches = connection.execute(_RANKED, (expression, 0, most)).fetchall()
        if time.perf_counter() - began > _SLOW and len(matches) == _KEPT:
            with self._lock:
                self._kept[expression] = _Ranking(visible, matches)
                while len(self._kept) > _WORDS:
                    self._kept.popitem(last=False)
        return [key for key, _ in matches[:limit]]


def _brought_up_to_date(
    connection: Connection, expression: str, kept: _Ranking, limit: int, visible: int
) -> list[int]:
    """The best of a ranking and of what was stored since; fewer than `limit` if that cannot be
    told."""
    if 2 * limit > _KEPT:
        return []
    some = kept.matches[: 2 * limit]
    keys = ", ".join(str(key) for key, _ in some)
    left = {key for (key,) in connection.execute(f"SELECT pk FROM messages WHERE pk IN ({keys})")}
    matches = [(key, score) for key, score in some if key in left]
    if len(matches) < limit:
        return []
    new = []
    if visible > kept.upto:
        new = connection.execute(_RANKED, (expression, kept.upto, limit)).fetchall()
    if new:
        # How rare the word is has changed meanwhile, by the same for all its matches.
        key, before = matches[0]
        (now,) = connection.execute(
            "SELECT bm25(message_words) FROM message_words WHERE message_words MATCH ? "
            "AND rowid = ?",
            (expression, key),
        ).fetchone()
        matches = [(key, score * (now / before)) for key, score in matches]
        matches = sorted([*matches, *new], key=lambda match: (match[1], match[0]))
    return [key for key, _ in matches[:limit]]
