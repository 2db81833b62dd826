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
from .codes import Bytes, Codes, Query

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
HIDDEN = 255
"""The mark of a row that is gone."""


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
                differing = np.where(allowed, differing, np.uint8(HIDDEN))
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


def _least(differing: npt.NDArray[Any], number: int) -> Keys:
    """Where the least of these are, about so many of them, ascending."""
    # Where to cut, a sample tells well enough.
    sample = differing[:: max(1, len(differing) // _SAMPLES)]
    rank = min(len(sample) - 1, number * len(sample) // len(differing))
    limit = np.partition(sample, rank)[rank]
    found = np.flatnonzero(differing <= min(limit, HIDDEN - 1))
    if len(found) > 4 * number:
        # Very many are as far away as the last that is wanted, such as equal texts: the older.
        nearer = np.flatnonzero(differing < limit)
        as_far = np.flatnonzero(differing == limit)[: max(0, 2 * number - len(nearer))]
        found = np.sort(np.concatenate([nearer, as_far]))
    return found
