"""The index of vectors: of the newest conversations whole, of the others by their codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen

from .codes import Bytes, Codes, codes_of
from .vector_view import Keys, Vectors, VectorView

_LARGEST_TAIL = 16_384
"""Vectors of 256 components that are held and compared whole; fewer of longer ones."""


@frozen(eq=False)
class Segment:
    """Conversations in the order in which they were stored, and the codes of their vectors.

    Attributes:
        conversations: their keys, ascending.
        first_messages: of each; the others follow it without a gap.
        counts: of each one's messages.
        tags: of their ids.
    """

    conversations: Keys
    first_messages: Keys
    counts: npt.NDArray[np.uint32]
    tags: npt.NDArray[np.uint32]
    codes: Codes


class VectorIndex:
    """The vectors of a growing memory, in the order in which their conversations were stored.

    Not locked: one thread at a time may change it. Views given out before are not disturbed.

    Args:
        dimensions: the length of a vector.
    """

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._conversations: Keys = np.empty(0, dtype=np.int64)
        self._first_messages: Keys = np.empty(0, dtype=np.int64)
        self._starts: Keys = np.zeros(1, dtype=np.int64)
        self._tags: npt.NDArray[np.uint32] = np.empty(0, dtype=np.uint32)
        self._count = 0
        self._in_segments = 0
        self._codes: list[Codes] = []
        self._coded = 0
        self._tail: Vectors = np.empty((0, dimensions), dtype=np.float32)
        self._hidden: Bytes | None = None
        self._largest_tail = max(1, _LARGEST_TAIL * 256 // dimensions)

    @property
    def last(self) -> int:
        """The key of the newest conversation, or 0."""
        return int(self._conversations[self._count - 1]) if self._count else 0

    @property
    def is_tail_full(self) -> bool:
        """Whether it is time to have codes instead of the vectors that are held whole."""
        return self._size - self._coded >= self._largest_tail

    def view(self) -> VectorView:
        """What is held now."""
        return VectorView(
            self._conversations[: self._count],
            self._first_messages[: self._count],
            self._starts[: self._count + 1],
            tuple(self._codes),
            self._tail[: self._size - self._coded],
            self._hidden,
        )

    def adopt(self, segment: Segment) -> None:
        """Append a segment of conversations newer than all that are held, none of them whole."""
        self._append(segment.conversations, segment.first_messages, segment.counts, segment.tags)
        self._in_segments = self._count
        self._codes.append(segment.codes)
        self._coded = self._size

    def extend(
        self,
        conversations: Sequence[int],
        first_messages: Sequence[int],
        tags: Sequence[int],
        vectors: Sequence[Vectors],
    ) -> None:
        """Append conversations newer than all that are held.

        Args:
            conversations: their keys, ascending.
            first_messages: the key of each one's first message; the others follow it without a gap.
            vectors: of each.
        """
        counts = np.fromiter(map(len, vectors), dtype=np.int64)
        start = self._size - self._coded
        self._append(
            np.array(conversations), np.array(first_messages), counts, np.array(tags, np.uint32)
        )
        end = self._size - self._coded
        if end > len(self._tail):
            self._tail = _grown(self._tail, start, max(end, len(self._tail) * 3 // 2, 256))
        # Views end where the size was when they were made: the rows behind that are in none.
        np.concatenate(vectors, out=self._tail[start:end])

    def close_segment(self) -> Segment:
        """Have codes instead of the vectors that are held whole; gives these as a segment."""
        part = slice(self._in_segments, self._count)
        segment = Segment(
            self._conversations[part],
            self._first_messages[part],
            np.diff(self._starts[self._in_segments : self._count + 1]).astype(np.uint32),
            self._tags[part],
            codes_of(self._tail[: self._size - self._coded]),
        )
        self._codes.append(segment.codes)
        self._in_segments, self._coded = self._count, self._size
        self._tail = np.empty((0, self.dimensions), dtype=np.float32)
        return segment

    def remove(self, conversations: Iterable[int]) -> None:
        """Hide conversations. In a new array, for the sake of the views that are out."""
        rows = self.view().of_conversations(conversations)
        hidden = np.zeros(self._size, dtype=np.uint8)
        if self._hidden is not None:
            hidden[: len(self._hidden)] = self._hidden
        hidden[rows] = 1
        self._hidden = hidden if hidden.any() else None

    def newest_of(self, gone: Iterable[int]) -> tuple[int, int] | None:
        """Key and tag of the newest conversation that is not among these."""
        kept = np.flatnonzero(~np.isin(self._conversations[: self._count], list(gone)))
        return (
            (int(self._conversations[kept[-1]]), int(self._tags[kept[-1]])) if len(kept) else None
        )

    @property
    def _size(self) -> int:
        return int(self._starts[self._count])

    def _append(self, conversations: Keys, first_messages: Keys, counts: Any, tags: Any) -> None:
        start, end = self._count, self._count + len(conversations)
        if end > len(self._conversations):
            capacity = max(end, len(self._conversations) * 3 // 2, 64)
            self._conversations = _grown(self._conversations, start, capacity)
            self._first_messages = _grown(self._first_messages, start, capacity)
            self._tags = _grown(self._tags, start, capacity)
            self._starts = _grown(self._starts, start + 1, capacity + 1)
        self._conversations[start:end] = conversations
        self._first_messages[start:end] = first_messages
        self._tags[start:end] = tags
        self._starts[start + 1 : end + 1] = self._starts[start] + np.cumsum(counts, dtype=np.int64)
        self._count = end


def _grown(array: npt.NDArray[Any], used: int, capacity: int) -> npt.NDArray[Any]:
    larger = np.empty((capacity, *array.shape[1:]), dtype=array.dtype)
    larger[:used] = array[:used]
    return larger
