"""A session's items on a store that cannot append: batches of them, in an order that holds."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from ... import models
from ..._concurrency import bounded_map, sleep
from ..._sync.client import SyncSekhaClient
from ...errors import SekhaDeleteError, SekhaNotFoundError
from .._core import codec
from .._core.labels import BatchLabel, next_time
from .rows import Rows

if TYPE_CHECKING:
    from ...models import Conversation

BATCH_ITEMS = 100
"""Items of one create: a real controller takes about 30 ms for each (compatibility row 5)."""
READS_AT_ONCE = 8
CACHED_BATCHES = 256
LATE = timedelta(hours=1)
"""How long after a batch one that belongs before it can be stored: clocks differ, creates wait."""
POP_ATTEMPTS = 16
STILL_AFTER = 2.0
"""Seconds without a further item after which a batch is taken for one that its writer left behind."""
LOOK_INTERVAL = 0.1
CHECKED_ROWS = 250


@frozen
class Batch:
    """A stored batch: its row in the list, what its label says, and whether what it replaces is still
    there: then its writer is at it, or has left it behind."""

    row: Conversation
    label: BatchLabel
    unsettled: bool = False


class Session:
    """The items of one session, in order, each any JSON value.

    Each call of `add` is a conversation of the session's own folder, or one for every 100 items. Its
    label carries its place, which no change of the row touches (compatibility row 36).

    - What a writer has read, or written through this object, comes before what it adds. Two writers
      who know nothing of each other come in the order of their clocks; nothing of either is lost.
    - A process that ends between two batches leaves the first ones: always a beginning of what it
      was adding, never a hole.
    - One object serves any number of tasks or threads.

    Args:
        client: any client.
        folder: the session's own folder; nothing else is to be stored in it.
        title: what people read in front of the labels.
        describe: says an item in words.
    """

    def __init__(
        self, client: SyncSekhaClient, folder: str, *, title: str, describe: codec.Describe
    ) -> None:
        self.folder = folder
        self._client = client
        self._rows = Rows(client)
        self._title = title
        self._describe = describe
        self._lock = threading.Lock()
        self._last_seen: datetime | None = None
        # A batch never changes: reading it once is enough.
        self._cache: OrderedDict[str, list[Any]] = OrderedDict()
        # Those that were left behind, and how many items they have.
        self._left_behind: dict[str, int] = {}

    @property
    def last_seen(self) -> datetime | None:
        """The time of the last batch that was read or written."""
        with self._lock:
            return self._last_seen

    def begin_after(self, time: datetime | None) -> None:
        """Have everything that is added come after a time."""
        if time is not None:
            self._note(time)

    def add(self, items: Sequence[Any]) -> None:
        """Add items at the end; 1 request for every 100 of them.

        Raises:
            SekhaValidationError: one is no JSON value; nothing was stored.
            SekhaError: some of them may be stored, always the first ones.
        """
        batches = [items[at : at + BATCH_ITEMS] for at in range(0, len(items), BATCH_ITEMS)]
        encoded = [codec.encode(batch, self._describe) for batch in batches]
        for batch, messages in zip(batches, encoded, strict=True):
            label = BatchLabel(
                self._next_time(), secrets.token_hex(4), size=len(batch), title=self._title
            )
            self._create(label, messages)

    def items(self, limit: int | None = None) -> list[Any]:
        """The last items, the oldest first.

        A long session's end costs 1 request for the list and 1 for each batch that holds one of
        these items; all of it, 1 for every 1,000 batches and 1 for each. Batches that this object
        has read before cost nothing. A controller that cannot filter its list (compatibility row 6)
        takes one more, and one for every 1,000 conversations that changed since the oldest batch.

        Args:
            limit: how many at most; None is all.
        """
        if limit is not None and limit <= 0:
            return []
        batches = self._batches(limit)
        found: list[Any] = []
        for items in bounded_map(self._read, batches, READS_AT_ONCE):
            found.extend(items)
        return found if limit is None else found[-limit:]

    def pop(self) -> Any:
        """Take the last item away and return it; None if there is none. No other call gets it.

        About 4 requests: the list, the batch, and its removal; a batch of several items is stored
        anew without the last one, in the same place.
        """
        for _ in range(POP_ATTEMPTS):
            batch = self._last_settled()
            if batch is None:
                return None
            items = self._read(batch)
            if not items:
                self._rows.remove(batch.row)  # nothing of it was ever stored
            elif self._take(batch, items[:-1]):
                return items[-1]
        return None

    def discard(self, is_gone: Callable[[Any], bool]) -> int:
        """Take the items away that a function says; how many they were. What reading all items
        costs, and about 4 requests for each batch that held one."""
        gone = 0
        for batch in self._batches(None):
            items = self._read(batch)
            left = [each for each in items if not is_gone(each)]
            if len(left) < len(items) and self._take(batch, left):
                gone += len(items) - len(left)
        return gone

    def clear(self) -> None:
        """Take all items away; 1 request for every 1,000 batches and 1 for each, 2 where the
        controller cannot delete.

        The newest go first: a process that ends meanwhile leaves a beginning of the session.
        """
        rows = [each for each in self._list()]
        rows.sort(key=lambda each: each.label.revision)
        rows.sort(key=lambda each: each.label.position, reverse=True)
        self._rows.remove_all([each.row for each in rows])

    def count(self) -> int:
        """How many items there are, from the list alone."""
        return sum(each.label.size for each in self._batches(None))

    def _create(self, label: BatchLabel, messages: list[models.MessageDto]) -> Conversation:
        new = models.NewConversation(label=str(label), folder=self.folder, messages=messages)
        return self._client.create_conversation(new)

    def _next_time(self) -> datetime:
        with self._lock:
            self._last_seen = next_time(datetime.now(timezone.utc), self._last_seen)
            return self._last_seen

    def _note(self, time: datetime) -> None:
        with self._lock:
            if self._last_seen is None or self._last_seen < time:
                self._last_seen = time

    def _list(self) -> Generator[Batch]:
        """All batches, the last changed first."""
        for row in self._client.iter_conversations(folder=self.folder):
            label = BatchLabel.parse(row.label)
            if label is not None and row.folder == self.folder:
                self._note(label.time)
                yield Batch(row, label)

    def _batches(self, limit: int | None) -> list[Batch]:
        """The batches in order; with a limit, at least those that hold the last so many items.

        The list gives the last changed first. A batch further down was stored before the last change
        of the row that was read last, and so belongs before it, but for clocks and waiting.
        """
        known: dict[tuple[datetime, str], Batch] = {}
        ahead, read = timedelta(0), 0
        batches = self._list()
        try:
            for each in batches:
                _keep(known, each)
                changed = each.row.updated_at
                if limit is None or changed is None:
                    continue
                ahead = max(ahead, each.label.time - changed)
                read += 1
                # They come by the page: there is nothing to gain in between.
                if read % CHECKED_ROWS == 0:
                    if _covers(known.values(), limit, changed + ahead + LATE):
                        break
        finally:
            batches.close()
        return _last(sorted(known.values(), key=lambda each: each.label), limit)

    def _last_settled(self) -> Batch | None:
        """The last batch that holds items, once nobody is replacing it."""
        waited = 0.0
        while True:
            batches = [each for each in self._batches(1) if each.label.size]
            if not batches:
                return None
            if not batches[-1].unsettled or waited >= STILL_AFTER:
                return batches[-1]
            sleep(LOOK_INTERVAL)
            waited += LOOK_INTERVAL

    def _read(self, batch: Batch) -> list[Any]:
        with self._lock:
            cached = self._cache.get(batch.row.id)
            if cached is not None:
                self._cache.move_to_end(batch.row.id)
        if cached is None:
            cached = self._stored(batch)
        return codec.copied(cached)

    def _stored(self, batch: Batch) -> list[Any]:
        """A batch's items, once all of them are stored: a controller stores one message after the
        other (compatibility row 5). Of one that was left behind, those that are there."""
        items: list[Any] = []
        still = 0.0
        while True:
            before = len(items)
            try:
                stored = self._client.get_conversation(batch.row.id)
            except SekhaNotFoundError:
                return []  # taken away since it was listed
            items = codec.decode(stored.messages or ())
            if len(items) >= batch.label.size:
                self._remember(batch.row.id, items)
                return items
            still = 0.0 if len(items) > before else still + LOOK_INTERVAL
            if still >= STILL_AFTER or self._left_behind.get(batch.row.id) == len(items):
                self._left_behind[batch.row.id] = len(items)
                return items
            sleep(LOOK_INTERVAL)

    def _remember(self, batch_id: str, items: list[Any]) -> None:
        with self._lock:
            self._cache[batch_id] = items
            while len(self._cache) > CACHED_BATCHES:
                self._cache.popitem(last=False)

    def _take(self, batch: Batch, left: list[Any]) -> bool:
        """Put what is left in the place of a batch; False if another call was first."""
        if not left and self._rows.deletes:
            try:
                return self._rows.delete(batch.row)
            except SekhaDeleteError:
                pass
        # Rows of one revision are claims: the one that was stored first has taken the item. A later
        # revision is built on that one.
        label = batch.label.replaced(len(left))
        claim = self._create(label, codec.encode(left, self._describe))
        rows = [each for each in self._list() if each.label.position == label.position]
        claims = [each for each in rows if each.label.revision == label.revision]
        first = min(claims, key=_claim_order, default=None)
        there = any(each.row.id == batch.row.id for each in rows)
        if first is None or first.row.id != claim.id or not there:
            self._rows.remove(claim)
            return False
        self._rows.remove_all(each.row for each in rows if each.label < label)
        if not left:
            self._rows.remove(claim)
        return True


def _claim_order(each: Batch) -> tuple[int, datetime, str]:
    changed = each.row.updated_at or datetime.max.replace(tzinfo=timezone.utc)
    return -each.label.revision, changed, each.row.id


def _keep(known: dict[tuple[datetime, str], Batch], each: Batch) -> None:
    held = known.get(each.label.position)
    if held is None:
        known[each.label.position] = each
        return
    unsettled = held.unsettled or held.label.revision != each.label.revision
    counts = min(held, each, key=_claim_order)
    known[each.label.position] = evolve(counts, unsettled=unsettled)


def _covers(batches: Iterable[Batch], limit: int, after: datetime) -> bool:
    """Whether so many items stand in batches that surely come after all that was not read."""
    return sum(each.label.size for each in batches if each.label.time > after) >= limit


def _last(ordered: list[Batch], limit: int | None) -> list[Batch]:
    """The batches that hold the last so many items."""
    if limit is None:
        return ordered
    held = 0
    for place in range(len(ordered) - 1, -1, -1):
        held += ordered[place].label.size
        if held >= limit:
            return ordered[place:]
    return ordered
