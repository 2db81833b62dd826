"""Keeping the index of vectors one with the memory file.

Nothing is put into the index by those who write. Whoever asks first brings it up to date from what
the file has gained since, in the same view of the file that the answer is read from: one way for
this process's writes and for another's, and none for the two to disagree. The codes of what was
there before come out of the side file, if that is of this memory.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection

import numpy as np

from . import packing
from .codes_file import CodesFile, Stamp
from .statements import last_key
from .vector_view import VectorView
from .vectors import VectorIndex

_LOAD_BATCH = 500
_PRIME = 1_000_003
"""For a sum that tells which conversations there are, beside that of their keys."""


class Indexing:
    """The index of one memory's vectors, as far as this process has read them."""

    def __init__(self, file: CodesFile) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._index: VectorIndex | None = None
        self._generation = self._loaded = self._deleted = 0
        self._is_stale = False

    def view(self, connection: sqlite3.Connection, dimensions: int) -> VectorView:
        """The vectors of the messages that a connection sees."""
        visible = last_key(connection, "conversations")
        deleted = last_key(connection, "deletions")
        generation, embedder = connection.execute(
            "SELECT generation, embedder FROM vector_state"
        ).fetchone()
        with self._lock:
            # The index may be ahead of this connection's view of the file, where another thread's
            # is newer.
            if self._index is None or generation > self._generation or self._is_stale:
                stamp = Stamp(dimensions, generation, embedder, deleted)
                self._index = self._opened(connection, stamp, visible)
                self._generation, self._deleted, self._is_stale = generation, deleted, False
                self._loaded = self._index.last
            if visible > self._loaded:
                self._load(connection, self._index)
                self._loaded = visible
            if deleted > self._deleted:
                self._index.remove(_deletions(connection, self._deleted))
                self._deleted = deleted
            view = self._index.view()
        return view.up_to(visible)

    def _opened(self, connection: sqlite3.Connection, stamp: Stamp, visible: int) -> VectorIndex:
        """What the side file holds of this memory; nothing, and a new side file, if it is another's
        or an older one's."""
        index = VectorIndex(stamp.dimensions)
        segments, begun = self._file.read(stamp)
        for segment in segments:
            if segment.conversations[-1] > visible:
                break
            index.adopt(segment)
        if segments:
            gone = set(_deletions(connection, begun))
            if _is_of(connection, index, gone):
                if gone:
                    index.remove(gone)
                return index
        self._file.begin(stamp)
        return VectorIndex(stamp.dimensions)

    def _load(self, connection: sqlite3.Connection, index: VectorIndex) -> None:
        """Read the vectors of conversations that the index does not have yet."""
        rows = connection.execute(
            "SELECT c.pk, c.id, v.first_message, v.vectors, v.encoding FROM conversations c "
            "LEFT JOIN vectors v ON v.conversation = c.pk WHERE c.pk > ? ORDER BY c.pk",
            (self._loaded,),
        )
        first = 1 + last_key(connection, "messages")
        while batch := rows.fetchmany(_LOAD_BATCH):
            keys, ids, firsts, packed, encodings = zip(*batch, strict=True)
            index.extend(
                keys,
                _filled(firsts, first),
                [tag(each) for each in ids],
                [
                    packing.unpack(blob or b"", encoding or packing.HALF, index.dimensions)
                    for blob, encoding in zip(packed, encodings, strict=True)
                ],
            )
            if index.is_tail_full:
                # Another process may have added to it meanwhile: that is read the next time.
                self._is_stale |= not self._file.append(index.close_segment())


def tag(conversation_id: str) -> int:
    """What of a conversation's id tells it from others with the same key, in copies of a memory."""
    return int(conversation_id[:8], 16)


def _filled(firsts: tuple[int | None, ...], end: int) -> list[int]:
    """The first message of each conversation; of one without any, the next one's."""
    filled = []
    for first in reversed(firsts):
        end = end if first is None else first
        filled.append(end)
    return filled[::-1]


def _deletions(connection: sqlite3.Connection, after: int) -> list[int]:
    gone = connection.execute("SELECT conversation FROM deletions WHERE seq > ?", (after,))
    return [key for (key,) in gone]


def _is_of(connection: sqlite3.Connection, index: VectorIndex, gone: Collection[int]) -> bool:
    """Whether an index holds the conversations of a memory up to its own last, all and no others.

    Copies of a memory go on with the same keys: but then they give them to conversations of other
    ids, the newest included, or have deleted others.
    """
    held = index.view().conversations
    if gone:
        held = held[~np.isin(held, np.fromiter(gone, dtype=np.int64))]
    expected = len(held), int(held.sum()), int((held * held % _PRIME).sum())
    told = connection.execute(
        "SELECT count(*), coalesce(sum(pk), 0), coalesce(sum(pk * pk % ?), 0) "
        "FROM conversations WHERE pk <= ?",
        (_PRIME, index.last),
    ).fetchone()
    newest = index.newest_of(gone)
    if newest is None or told != expected:
        return bool(told == expected)
    key, expected_tag = newest
    (found,) = connection.execute("SELECT id FROM conversations WHERE pk = ?", (key,)).fetchone()
    return tag(found) == expected_tag
