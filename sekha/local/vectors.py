"""Nearest vectors: the newest are all compared, in memory; of the others those whose codes are the
nearest, with the vectors that are in the memory file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen

from . import packing
from .codes import Bytes, Codes, Query, codes_of

Keys = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Equal texts have equal vectors, but a matrix product may differ in the last bits between rows:
# what is closer than this counts as equal, and the older message goes first.
_TIE = 1e-6
# How many are left by the first signs, by all signs, and by four bits, for each that is asked for
# and at least: with these 99 of 100 of the true nearest are among them (benchmarks/scale.py).
_BY_FIRST_SIGNS, _BY_FIRST_SIGNS_EACH = 50_000, 400
_BY_SIGNS, _BY_SIGNS_EACH = 2_000, 40
_COMPARED, _COMPARED_EACH = 24, 1.25
_SAMPLES = 4096
_LARGEST_TAIL = 16_384
"""Vectors of 256 components that are held and compared whole; fewer of longer ones."""
_HIDDEN = 255


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


@frozen(eq=False)
class VectorView:
    """The vectors at one moment, a row each. It stays as it is whatever happens to the index.

    Attributes:
        conversations: their keys, ascending.
        first_messages: the key of each one's first message.
        starts: each one's first row, and behind them the number of all rows.
    """

    conversations: Keys
    first_messages: Keys
    starts: Keys
    _codes: Sequence[Codes]
    _tail: Vectors
    _hidden: Bytes | None

    def __len__(self) -> int:
        """How many rows there are, those that are hidden included."""
        return int(self.starts[-1])

    def messages_of(self, rows: Keys) -> Keys:
        """The keys of the messages in these rows."""
        owners = self._owners(rows)
        return self.first_messages[owners] + rows - self.starts[owners]

    def conversations_of(self, rows: Keys) -> Keys:
        """The keys of the conversations in these rows."""
        return self.conversations[self._owners(rows)]

    def of_conversations(self, keys: Iterable[int]) -> Mask:
        """Which rows are of these conversations."""
        chosen = np.isin(self.conversations, np.fromiter(keys, dtype=np.int64))
        return np.repeat(chosen, np.diff(self.starts))

    def of_messages(self, keys: Iterable[int]) -> Mask:
        """Which rows are of these messages."""
        found = np.fromiter(keys, dtype=np.int64)
        mask = np.zeros(len(self), dtype=np.bool_)
        if len(self.conversations):
            owners = np.searchsorted(self.first_messages, found, side="right") - 1
            rows = self.starts[owners] + found - self.first_messages[owners]
            mask[rows[(owners >= 0) & (rows < self.starts[owners + 1])]] = True
        return mask

    def all_visible(self) -> Mask:
        """Which rows are not hidden."""
        visible = np.ones(len(self), dtype=np.bool_)
        if self._hidden is not None:
            known = min(len(self), len(self._hidden))
            visible[:known] = self._hidden[:known] == 0
        return visible

    def nearest(
        self,
        connection: sqlite3.Connection,
        vector: Vectors,
        count: int,
        allowed: Mask | None = None,
    ) -> tuple[Keys, Vectors]:
        """The rows nearest to a unit vector, nearest first, and their cosines, -1 to 1.

        Args:
            connection: reads the state of the file that this view is of.
            count: rows at most.
            allowed: which rows may be given; all, if `None`.
        """
        if self._hidden is not None:
            visible = self.all_visible()
            allowed = visible if allowed is None else allowed & visible
        coded = self._coded
        tail = (
            np.arange(coded, len(self))
            if allowed is None
            else (coded + np.flatnonzero(allowed[coded:]))
        )
        some = self._candidates(vector, count, None if allowed is None else allowed[:coded])
        rows = np.concatenate([some, tail])
        similarities = self.similarities(connection, vector, rows)
        count = min(count, len(rows))
        if count == 0:
            return rows[:0], similarities[:0]
        if count < len(rows):
            threshold = np.partition(similarities, len(rows) - count)[len(rows) - count]
            kept = np.flatnonzero(similarities >= threshold - _TIE)
            rows, similarities = rows[kept], similarities[kept]
        # Rows are in the order in which their messages were stored.
        order = np.lexsort((rows, -np.round(similarities / _TIE)))[:count]
        return rows[order], similarities[order]

    def similarities(self, connection: sqlite3.Connection, vector: Vectors, rows: Keys) -> Vectors:
        """The cosines of these rows, which are ascending, with a unit vector."""
        end = int(np.searchsorted(rows, self._coded))
        tail = self._tail
        if len(rows) - end < len(tail):
            tail = tail.take(rows[end:] - self._coded, axis=0)
        stored = self._stored(connection, rows[:end], len(vector))
        product: Vectors = np.concatenate([stored @ vector, tail @ vector])
        return np.clip(product, -1.0, 1.0, out=product)

    def estimates(self, vector: Vectors, rows: Keys) -> Vectors:
        """The cosines of these rows, which are ascending, to within 0.01 or so."""
        end = int(np.searchsorted(rows, self._coded))
        query = Query(vector)
        parts = [query.estimates(codes, some) for codes, some in self._parts(rows[:end])]
        return np.concatenate([*parts, self._tail.take(rows[end:] - self._coded, axis=0) @ vector])

    def vectors_of(self, connection: sqlite3.Connection, conversation: int) -> Vectors:
        """The vectors of one conversation's messages, in order."""
        dimensions = self._tail.shape[1]
        row = connection.execute(
            "SELECT vectors, encoding FROM vectors WHERE conversation = ?", (conversation,)
        ).fetchone()
        if row is None:
            return np.empty((0, dimensions), dtype=np.float32)
        packed, encoding = row
        return packing.unpack(packed, encoding, dimensions)

    def up_to(self, conversation: int) -> VectorView:
        """Without what was stored after a conversation."""
        end = int(np.searchsorted(self.conversations, conversation, side="right"))
        starts = self.starts[: end + 1]
        return VectorView(
            self.conversations[:end],
            self.first_messages[:end],
            starts,
            self._codes,
            self._tail[: max(0, int(starts[-1]) - self._all_coded)],
            self._hidden,
        )

    @property
    def _all_coded(self) -> int:
        return sum(map(len, self._codes))

    @property
    def _coded(self) -> int:
        """How many rows are told by their codes; the others are held."""
        return min(self._all_coded, len(self))

    def _owners(self, rows: Keys) -> Keys:
        return np.searchsorted(self.starts, rows, side="right") - 1

    def _candidates(self, vector: Vectors, count: int, allowed: Mask | None) -> Keys:
        """The rows with codes among which the nearest are, ascending."""
        size = self._coded
        rows = np.arange(size) if allowed is None else np.flatnonzero(allowed)
        wanted = max(_COMPARED, int(_COMPARED_EACH * count))
        if len(rows) <= 2 * wanted:
            return rows
        query = Query(vector)
        number = max(_BY_FIRST_SIGNS, _BY_FIRST_SIGNS_EACH * count)
        if len(rows) > 2 * number:
            differing = np.empty(self._all_coded, dtype=np.uint8)
            at = 0
            for codes in self._codes:
                query.differences(codes, differing[at : at + len(codes)])
                at += len(codes)
            differing = differing[:size]
            if allowed is not None:
                # More than there are signs: these come last.
                differing = np.where(allowed, differing, np.uint8(_HIDDEN))
            rows = _least(differing, number)
        number = max(_BY_SIGNS, _BY_SIGNS_EACH * count)
        if len(rows) > 2 * number:
            differences = [query.all_differences(*each) for each in self._parts(rows)]
            rows = rows[_least(np.concatenate(differences), number)]
        if len(rows) > wanted:
            estimates = [query.estimates(*each) for each in self._parts(rows)]
            # Of equals the older ones, always the same.
            order = np.argsort(-np.concatenate(estimates), kind="stable")
            rows = np.sort(rows[order[:wanted]])
        return rows

    def _parts(self, rows: Keys) -> Iterable[tuple[Codes, Keys]]:
        """Ascending rows by what holds their codes, counted from its beginning."""
        at = 0
        for codes in self._codes:
            first, last = np.searchsorted(rows, (at, at + len(codes)))
            if last > first:
                yield codes, rows[first:last] - at
            at += len(codes)

    def _stored(self, connection: sqlite3.Connection, rows: Keys, dimensions: int) -> Vectors:
        """The vectors of these rows, out of the file."""
        found = np.zeros((len(rows), dimensions), dtype=np.float32)
        owners = self._owners(rows)
        chosen, firsts = np.unique(owners, return_index=True)
        ends = [*firsts[1:].tolist(), len(rows)]
        bounds = {
            conversation: (begin, end)
            for conversation, begin, end in zip(
                self.conversations[chosen].tolist(), firsts.tolist(), ends, strict=False
            )
        }
        packed = connection.execute(
            "SELECT conversation, vectors, encoding FROM vectors "
            "WHERE conversation IN (SELECT value FROM json_each(?))",
            (json.dumps(list(bounds)),),
        )
        places = rows - self.starts[owners]
        for conversation, blob, encoding in packed:
            begin, end = bounds[conversation]
            found[begin:end] = packing.unpack(blob, encoding, dimensions, places[begin:end])
        return found


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


def _least(differing: npt.NDArray[Any], number: int) -> Keys:
    """Where the least of these are, about so many of them, ascending."""
    # Where to cut, a sample tells well enough.
    sample = differing[:: max(1, len(differing) // _SAMPLES)]
    rank = min(len(sample) - 1, number * len(sample) // len(differing))
    limit = np.partition(sample, rank)[rank]
    found = np.flatnonzero(differing <= min(limit, _HIDDEN - 1))
    if len(found) > 4 * number:
        # Very many are as far away as the last that is wanted, such as equal texts: the older.
        nearer = np.flatnonzero(differing < limit)
        as_far = np.flatnonzero(differing == limit)[: max(0, 2 * number - len(nearer))]
        found = np.sort(np.concatenate([nearer, as_far]))
    return found


def _grown(array: npt.NDArray[Any], used: int, capacity: int) -> npt.NDArray[Any]:
    larger = np.empty((capacity, *array.shape[1:]), dtype=array.dtype)
    larger[:used] = array[:used]
    return larger
