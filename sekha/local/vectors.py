"""Nearest vectors in memory: few are all compared, by one matrix product; of many those are whose
short codes are the nearest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen

from .codes import WORDS, Codes, candidates, codes_of

Keys = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Equal texts have equal vectors, but a matrix product may differ in the last bits between rows:
# what is closer than this counts as equal, and the older message goes first.
_TIE = 1e-6
# From here on codes are quicker than comparing all.
_MANY = 20_000
# Compared exactly for each row asked for, and at least: with these 99 of 100 of the true nearest 10
# were among them (benchmarks/embedded.py).
_CANDIDATES_EACH = 60
_CANDIDATES = 1200


@frozen(eq=False)
class VectorView:
    """The vectors at one moment. It stays as it is whatever happens to the index it came from.

    Attributes:
        messages: each row's message, ascending.
        conversations: each row's conversation.
    """

    messages: Keys
    conversations: Keys
    _vectors: Vectors
    _codes: Codes

    def __len__(self) -> int:
        return len(self.messages)

    def similarities(self, vector: Vectors, rows: Keys | None = None) -> Vectors:
        """The cosine of every row, or of these, with a unit vector, -1 to 1."""
        compared = self._vectors if rows is None else self._vectors.take(rows, axis=0)
        product: Vectors = compared @ vector
        return np.clip(product, -1.0, 1.0, out=product)

    def nearest(
        self, vector: Vectors, count: int, allowed: Mask | None = None
    ) -> tuple[Keys, Vectors]:
        """The rows nearest to a unit vector, nearest first, and their cosines.

        Args:
            count: rows at most.
            allowed: which rows may be given; all, if `None`.
        """
        rows = self._candidates(vector, count, allowed)
        similarities = self.similarities(vector, rows)
        rows = np.arange(len(self)) if rows is None else rows
        count = min(count, len(rows))
        if count == 0:
            return rows[:0], similarities[:0]
        if count < len(rows):
            threshold = np.partition(similarities, len(rows) - count)[len(rows) - count]
            kept = np.flatnonzero(similarities >= threshold - _TIE)
            rows, similarities = rows[kept], similarities[kept]
        order = np.lexsort((self.messages[rows], -np.round(similarities / _TIE)))[:count]
        return rows[order], similarities[order]

    def _candidates(self, vector: Vectors, count: int, allowed: Mask | None) -> Keys | None:
        """Those among which the nearest are; `None` for all."""
        number = max(_CANDIDATES, _CANDIDATES_EACH * count)
        if allowed is None:
            if len(self) < max(_MANY, 4 * number):
                return None
            return candidates(self._codes, vector, number)
        rows = np.flatnonzero(allowed)
        if len(rows) < max(_MANY, 4 * number):
            return rows
        return candidates(self._codes, vector, number, rows)

    def up_to(self, conversation: int) -> VectorView:
        """Without what was stored after a conversation."""
        end = int(np.searchsorted(self.conversations, conversation, side="right"))
        return VectorView(
            self.messages[:end],
            self.conversations[:end],
            self._vectors[:end],
            self._codes[:, :end],
        )

    def vectors_of(self, conversation: int) -> Vectors:
        """The vectors of one conversation's messages, in order."""
        first = np.searchsorted(self.conversations, conversation, side="left")
        last = np.searchsorted(self.conversations, conversation, side="right")
        return self._vectors[first:last]


class VectorIndex:
    """A growing matrix of unit vectors, in the order in which their conversations were stored.

    Not locked: one thread at a time may change it. Views given out before are not disturbed.

    Args:
        dimensions: the length of a vector.
    """

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._size = 0
        self._messages: Keys = np.empty(0, dtype=np.int64)
        self._conversations: Keys = np.empty(0, dtype=np.int64)
        self._vectors: Vectors = np.empty((0, dimensions), dtype=np.float32)
        self._codes: Codes = np.empty((WORDS, 0), dtype=np.uint64)

    def view(self) -> VectorView:
        """What is held now."""
        return VectorView(
            self._messages[: self._size],
            self._conversations[: self._size],
            self._vectors[: self._size],
            self._codes[:, : self._size],
        )

    def extend(
        self, conversations: Keys, first_messages: Keys, counts: Keys, vectors: Vectors
    ) -> None:
        """Append the vectors of conversations newer than all that are held.

        Args:
            conversations: their keys, ascending.
            first_messages: the key of each one's first message; the others follow it without a gap.
            counts: how many messages each has; they sum up to the rows of `vectors`.
        """
        start, end = self._size, self._size + len(vectors)
        if end > len(self._messages):
            capacity = max(end, len(self._messages) * 3 // 2, 1024)
            self._messages = _grown(self._messages, start, capacity)
            self._conversations = _grown(self._conversations, start, capacity)
            self._vectors = _grown(self._vectors, start, capacity)
            self._codes = np.ascontiguousarray(_grown(self._codes.T, start, capacity).T)
        # Views end where the size was when they were made: the rows behind that are in none.
        starts = np.cumsum(counts) - counts
        self._messages[start:end] = np.repeat(first_messages - starts, counts) + np.arange(
            len(vectors)
        )
        self._conversations[start:end] = np.repeat(conversations, counts)
        self._vectors[start:end] = vectors
        self._codes[:, start:end] = codes_of(vectors)
        self._size = end

    def remove(self, conversations: Iterable[int]) -> None:
        """Forget conversations. Into new arrays, for the sake of the views that are out."""
        kept = ~np.isin(
            self._conversations[: self._size], np.fromiter(conversations, dtype=np.int64)
        )
        self._messages = self._messages[: self._size][kept]
        self._conversations = self._conversations[: self._size][kept]
        self._vectors = self._vectors[: self._size][kept]
        self._codes = self._codes[:, : self._size][:, kept]
        self._size = len(self._messages)


def _grown(array: npt.NDArray[Any], used: int, capacity: int) -> npt.NDArray[Any]:
    larger = np.empty((capacity, *array.shape[1:]), dtype=array.dtype)
    larger[:used] = array[:used]
    return larger
