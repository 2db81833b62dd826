"""Catalogue: the list rows of a whole memory, held in this process.

Filters, counts and pages of a list come from here, so that each takes milliseconds however large the
memory is and whatever its controller can filter by. The rows are those that `iter_conversations`
gives; messages are never held.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from datetime import datetime
from typing import Any, TypeVar

from attrs import evolve

from .._async.client import SekhaClient
from .._core.dates import date_of
from ..errors import SekhaError
from ..models import Conversation

INDEXED = ("label", "folder", "source", "status", "importance_score")
"""What conversations are looked up by."""

log = logging.getLogger("sekha")

T = TypeVar("T")
Key = tuple[float, str]

FRESH_SECONDS = 3.0
LOOKED_AT = 100
"""How many of the last changed conversations are compared each time."""
BATCH = 1000
KNOWN_LABELS = 300
"""Labels that a form offers; all others can be typed."""
FIRST_SECONDS = 5.0
"""How long a page waits for the first rows."""


def key_of(conversation: Conversation) -> Key:
    """Its place in the list: the newest first."""
    date = date_of(conversation)
    return (0.0 if date is None else -date.timestamp()), conversation.id


class Catalogue:
    """All conversations of a memory without their messages, the newest first.

    Attributes:
        version: another number after every change.
        total: how many conversations there are; None until that was told.
        complete: whether all of them were read.
        error: why reading failed the last time.
    """

    def __init__(self, client: SekhaClient) -> None:
        self._client = client
        self._rows: dict[str, Conversation] = {}
        self._order: list[Key] = []
        self._index: dict[str, dict[object, set[str]]] = {name: {} for name in INDEXED}
        self._counts: dict[object, tuple[int, object]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._some = asyncio.Event()
        self._looked = 0.0
        self.version = 0
        self.total: int | None = None
        self.complete = False
        self.error: SekhaError | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Conversation]:
        return (self._rows[each] for _, each in self._order)

    def get(self, conversation_id: str) -> Conversation | None:
        """The row of this id, if it is known."""
        return self._rows.get(conversation_id)

    async def ready(self, *, look: bool = True) -> None:
        """Wait for rows to show.

        Args:
            look: have what others changed meanwhile looked up.
        """
        if self._reading is None and not self.complete:
            self._start()
        if not self._some.is_set():
            try:
                async with asyncio.timeout(FIRST_SECONDS):
                    await self._some.wait()
            except TimeoutError:
                pass
        elif look and self.complete and time.monotonic() - self._looked > FRESH_SECONDS:
            await self.look()

    async def whole(self) -> None:
        """Wait until all rows were read, or reading failed."""
        if self._reading is not None:
            await asyncio.gather(asyncio.shield(self._reading), return_exceptions=True)

    async def look(self) -> None:
        """Take over what was changed last; where that cannot be all, read everything anew."""
        self._looked = time.monotonic()
        try:
            newest = await self._client.list_conversations(limit=LOOKED_AT)
            self.total = await self._client.count()
        except SekhaError as error:
            self.error = error
            return
        self.error = None
        changed = [each for each in newest if self._rows.get(each.id) != each]
        self._put(changed)
        if len(self._rows) != self.total or len(changed) == LOOKED_AT:
            self.read_anew()

    def read_anew(self) -> None:
        """Read everything again, in the background; until then what is known stays."""
        if self._reading is None:
            self._start()

    async def reread(self, count: int) -> None:
        """Take over what became of rows that were just changed: whatever changes a conversation makes it
        one of the last changed (compatibility row 36)."""
        self._put(await self._client.list_conversations(limit=count + LOOKED_AT))

    def remove(self, ids: Iterable[str]) -> None:
        """Forget conversations that were deleted."""
        for each in ids:
            row = self._rows.pop(each, None)
            if row is not None:
                self._take_out(row)
                self.total = None if self.total is None else self.total - 1
        self.version += 1

    def having(self, attribute: str, wanted: Callable[[Any], bool]) -> set[str]:
        """The ids of those of which one of INDEXED is wanted."""
        found = [ids for value, ids in self._index[attribute].items() if wanted(value)]
        return found[0] if len(found) == 1 else set().union(*found)

    def between(self, since: datetime | None, until: datetime | None) -> set[str]:
        """The ids of those that are dated in a time range."""
        first = 0 if until is None else bisect_right(self._order, (-until.timestamp(), "\uffff"))
        last = len(self._order)
        if since is not None:
            last = bisect_right(self._order, (-since.timestamp(), "\uffff"))
        # What has no date is at the end, and in no range.
        return {key[1] for key in self._order[first:last] if key[0]}

    def page(
        self, wanted: Set[str] | None, after: Key | None, size: int
    ) -> tuple[list[Conversation], Key | None]:
        """Some of the conversations that are wanted, and after which one to go on, if any is left.

        Args:
            wanted: their ids; None for all.
        """
        start = 0 if after is None else bisect_right(self._order, after)
        found: list[Key] = []
        for place in range(start, len(self._order)):
            key = self._order[place]
            if wanted is None or key[1] in wanted:
                if len(found) == size:
                    return [self._rows[each[1]] for each in found], found[-1]
                found.append(key)
        return [self._rows[each[1]] for each in found], None

    def around(
        self, conversation_id: str, each_way: int
    ) -> tuple[list[Conversation], list[Conversation]]:
        """The conversations just before and just after one in time, the nearest first."""
        row = self._rows.get(conversation_id)
        if row is None:
            return [], []
        place = bisect_right(self._order, key_of(row))
        older = self._order[place : place + each_way]
        newer = self._order[max(0, place - 1 - each_way) : place - 1][::-1]
        return [self._rows[key[1]] for key in older], [self._rows[key[1]] for key in newer]

    def counts(self, attribute: str) -> Counter[str]:
        """How many conversations have each label, folder or source."""
        return Counter(
            {str(value or ""): len(ids) for value, ids in self._index[attribute].items() if ids}
        )

    def common_labels(self) -> list[tuple[str, int]]:
        """The most common labels, and how many conversations have each."""
        return self.once("labels", lambda: self.counts("label").most_common(KNOWN_LABELS))

    def once(self, name: object, reckon: Callable[[], T]) -> T:
        """What was reckoned from the rows, anew after each change only."""
        known = self._counts.get(name)
        if known is not None and known[0] == self.version:
            return known[1]  # type: ignore[return-value]
        if len(self._counts) > 200:
            self._counts.clear()
        value = reckon()
        self._counts[name] = self.version, value
        return value

    async def aclose(self) -> None:
        """End the reading that is under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _start(self) -> None:
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        anew = self.complete
        seen: set[str] = set()
        try:
            self.total = await self._client.count()
            batch: list[Conversation] = []
            async for row in self._client.iter_conversations():
                batch.append(row)
                seen.add(row.id)
                if len(batch) == BATCH:
                    self._put(batch)
                    batch = []
                    # The page is answered meanwhile.
                    await asyncio.sleep(0)
            self._put(batch)
            if anew:
                self.remove([each for each in self._rows if each not in seen])
            self.total = len(self._rows)
            self.complete, self.error = True, None
        except SekhaError as error:
            log.warning("browse: the list cannot be read: %s", error)
            self.error = error
        finally:
            self._looked = time.monotonic()
            self._reading = None
            self._some.set()

    def _put(self, rows: Iterable[Conversation]) -> None:
        added = False
        for row in rows:
            former = self._rows.get(row.id)
            if former == row:
                continue
            if former is not None:
                self._take_out(former)
            # Most rows share these texts with many others.
            kept = evolve(
                row,
                folder=sys.intern(row.folder),
                label=sys.intern(row.label),
                source=None if row.source is None else sys.intern(row.source),
                status=None if row.status is None else sys.intern(row.status),
            )
            self._rows[kept.id] = kept
            self._order.append(key_of(kept))
            for name, index in self._index.items():
                index.setdefault(getattr(kept, name), set()).add(kept.id)
            added = True
        if added:
            self._order.sort()
            self.version += 1
        if self._rows:
            self._some.set()

    def _take_out(self, row: Conversation) -> None:
        key = key_of(row)
        place = bisect_left(self._order, key)
        if place < len(self._order) and self._order[place] == key:
            del self._order[place]
        else:
            # Rows of the same call may stand behind, not yet in their order.
            self._order.remove(key)
        for name, index in self._index.items():
            index[getattr(row, name)].discard(row.id)
