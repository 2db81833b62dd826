"""Nearest vectors in memory: exact, by one matrix product.

Another index (quantized, or an approximate one) would take this module's place: what the rest of
the controller knows of it is :class:`VectorIndex`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Equal texts have equal vectors, but a matrix product may differ in the last bits between rows:
# what is closer than this counts as equal, and the older message goes first.
_TIE = 1e-6


@dataclass(frozen=True)
class VectorView:
    """The vectors at one moment. It stays as it is whatever happens to the index it came from.

    :ivar messages: Each row's message, ascending.
    :ivar conversations: Each row's conversation.
    """

    messages: Keys
    conversations: Keys
    _vectors: Vectors

    def __len__(self) -> int:
        return len(self.messages)

    def similarities(self, vector: Vectors) -> Vectors:
        """The cosine of every row with a unit vector, -1 to 1."""
        product: Vectors = self._vectors @ vector
        return np.clip(product, -1.0, 1.0, out=product)

    def nearest(
        self, vector: Vectors, count: int, allowed: Mask | None = None
    ) -> tuple[Keys, Vectors]:
        """The rows nearest to a unit vector, nearest first, and their cosines.

        :param count: Rows at most.
        :param allowed: Which rows may be given; all, if ``None``.
        """
        similarities = self.similarities(vector)
        rows = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        count = min(count, len(rows))
        if count == 0:
            return rows[:0], similarities[:0]
        candidates = similarities[rows]
        if count < len(rows):
            threshold = np.partition(candidates, len(rows) - count)[len(rows) - count]
            rows = rows[candidates >= threshold - _TIE]
            candidates = similarities[rows]
        order = np.lexsort((self.messages[rows], -np.round(candidates / _TIE)))[:count]
        return rows[order], candidates[order]

    def up_to(self, conversation: int) -> VectorView:
        """Without what was stored after a conversation."""
        end = int(np.searchsorted(self.conversations, conversation, side="right"))
        return VectorView(self.messages[:end], self.conversations[:end], self._vectors[:end])

    def vectors_of(self, conversation: int) -> Vectors:
        """The vectors of one conversation's messages, in order."""
        first = np.searchsorted(self.conversations, conversation, side="left")
        last = np.searchsorted(self.conversations, conversation, side="right")
        return self._vectors[first:last]


class VectorIndex:
    """A growing matrix of unit vectors, in the order in which their conversations were stored.

    Not locked: one thread at a time may change it. Views given out before are not disturbed.

    :param dimensions: The length of a vector.
    """

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._size = 0
        self._messages: Keys = np.empty(0, dtype=np.int64)
        self._conversations: Keys = np.empty(0, dtype=np.int64)
        self._vectors: Vectors = np.empty((0, dimensions), dtype=np.float32)

    def view(self) -> VectorView:
        """What is held now."""
        return VectorView(
            self._messages[: self._size],
            self._conversations[: self._size],
            self._vectors[: self._size],
        )

    def extend(
        self, conversations: Keys, first_messages: Keys, counts: Keys, vectors: Vectors
    ) -> None:
        """Append the vectors of conversations newer than all that are held.

        :param conversations: Their keys, ascending.
        :param first_messages: The key of each one's first message; the others follow it without a
            gap.
        :param counts: How many messages each has; they sum up to the rows of ``vectors``.
        """
        start, end = self._size, self._size + len(vectors)
        if end > len(self._messages):
            capacity = max(end, len(self._messages) * 3 // 2, 1024)
            self._messages = _grown(self._messages, start, capacity)
            self._conversations = _grown(self._conversations, start, capacity)
            self._vectors = _grown(self._vectors, start, capacity)
        # Views end where the size was when they were made: the rows behind that are in none.
        starts = np.cumsum(counts) - counts
        self._messages[start:end] = np.repeat(first_messages - starts, counts) + np.arange(
            len(vectors)
        )
        self._conversations[start:end] = np.repeat(conversations, counts)
        self._vectors[start:end] = vectors
        self._size = end

    def remove(self, conversations: Iterable[int]) -> None:
        """Forget conversations. Into new arrays, for the sake of the views that are out."""
        kept = ~np.isin(
            self._conversations[: self._size], np.fromiter(conversations, dtype=np.int64)
        )
        self._messages = self._messages[: self._size][kept]
        self._conversations = self._conversations[: self._size][kept]
        self._vectors = self._vectors[: self._size][kept]
        self._size = len(self._messages)


def _grown(array: npt.NDArray[Any], used: int, capacity: int) -> npt.NDArray[Any]:
    larger = np.empty((capacity, *array.shape[1:]), dtype=array.dtype)
    larger[:used] = array[:used]
    return larger
