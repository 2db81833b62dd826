"""How a list is read that the controller may not filter, and that moves while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import NamedTuple

from attrs import frozen

from sekha_api import models as api
from sekha_api.types import UNSET, Unset

from .wire.times import instant, parse_time

PAGE_SIZE = 200
SCAN_PAGE_SIZE = 1000
PINNED = 10
CIRCLES = 4
"""How often all pages are read in vain: each pass that finds changes is as long as their number, and
under honest writing the next one is shorter."""


class Row(NamedTuple):
    """A listed conversation (compatibility row 7), its times as the controller wrote them. What has a
    default is not told by every controller."""

    id: str
    label: str
    folder: str
    status: str | None
    importance_score: int | None
    changed: str
    stored: str | None = None
    source: str | None = None
    source_id: str | None = None
    created: str | None = None
    message_count: int | None = None

    @property
    def pinned(self) -> bool | None:
        """Whether it is pinned (compatibility row 30)."""
        return None if self.importance_score is None else self.importance_score >= PINNED


@frozen
class Filter:
    """Which conversations, or messages of them, are wanted; None is any.

    Attributes:
        label, folder: exactly these.
        since, until: of the last change; `until` itself is no more among them.
        under: a folder and all below it.
        said_since, said_until: of the messages, likewise.
    """

    label: str | None = None
    folder: str | None = None
    pinned: bool | None = None
    archived: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    under: str | None = None
    said_since: datetime | None = None
    said_until: datetime | None = None

    def matches(self, row: Row) -> bool:
        return (
            self.has_place(row.label, row.folder)
            and self.has_time(row_time(row))
            and (self.pinned is None or row.pinned == self.pinned)
            and (self.archived is None or (row.status == "archived") == self.archived)
            and not self.is_before(row)
            and not self._is_after(row)
        )

    def has_place(self, label: str, folder: str) -> bool:
        """Whether a conversation that is kept there is wanted."""
        return (
            self.label in (None, label)
            and self.folder in (None, folder)
            and (self.under is None or is_under(folder, self.under))
        )

    def has_time(self, said: datetime | None) -> bool:
        """Whether what was said then is wanted; a time that is not known is."""
        return said is None or (
            (self.said_since is None or said >= self.said_since)
            and (self.said_until is None or said < self.said_until)
        )

    @property
    def is_anywhere(self) -> bool:
        """Whether it does not matter where a conversation is kept."""
        return self.label is None and self.folder is None and self.under is None

    @property
    def is_any_time(self) -> bool:
        """Whether it does not matter when something was said."""
        return self.said_since is None and self.said_until is None

    def is_before(self, row: Row) -> bool:
        """Whether it, and with it all that a list has after it, changed too long ago."""
        if self.since is None:
            return False
        changed = parse_time(row.changed)
        return changed is not None and changed < self.since

    def _is_after(self, row: Row) -> bool:
        if self.until is None:
            return False
        changed = parse_time(row.changed)
        return changed is not None and changed >= self.until

    @property
    def is_any(self) -> bool:
        return self == Filter()


def is_under(folder: str, above: str) -> bool:
    """Whether a folder is another one or lies below it."""
    above = above.rstrip("/")
    return folder.rstrip("/") == above or folder.startswith(above + "/")


def row_time(row: Row) -> datetime | None:
    """When the messages of a listed conversation count as said, where only the list tells."""
    return parse_time(row.changed)


def scope(filter: Filter) -> api.Scope:
    """Where and when, as the contract has it."""
    return api.Scope(
        label=UNSET if filter.label is None else filter.label,
        folder=UNSET if filter.folder is None else filter.folder,
        under=UNSET if filter.under is None else filter.under,
        since=wire_time(filter.said_since),
        until=wire_time(filter.said_until),
    )


def wire_time(moment: datetime | None) -> str | Unset:
    """A time as the contract has it: naive UTC."""
    return UNSET if moment is None else moment.replace(tzinfo=None).isoformat()


class Reading:
    """Reads a list, page by page, newest change first, while others write.

    Rows jump to page 1 when they change and move up when one above them is deleted. So what was
    handed out is known by its id; when `total` fell, the pages before are read again; and the list
    is gone through once more from the top, down to the first row that has not changed since the
    pass before began, until such a pass is a single page, which was read at one moment, or finds
    nothing newer than the one before did.

    Attributes:
        page: the page to read next, from 1.
        complete: whether nothing is left to read.
        endless: whether it goes round in circles: others' writing brings new rows or an end.
    """

    def __init__(self, filter: Filter, page_size: int = PAGE_SIZE) -> None:
        self.page_size = page_size
        self.page = 1
        self.complete = False
        self.endless = False
        self._barren = 0
        self._farthest = 1
        self._filter = filter
        self._seen: set[str] = set()
        self._pages_read = 0
        self._total: int | None = None
        self._newest: tuple[str, str] | None = None
        self._newest_before: tuple[str, str] | None = None

    def take(self, rows: Sequence[Row], total: int) -> list[Row]:
        """The rows of `page` that are wanted and new.

        Args:
            rows: the page.
            total: how many rows there are in all, as the controller says.
        """
        if self._pages_read == 0 and rows:
            self._newest = instant(rows[0].changed)
        self._pages_read += 1
        fallen = 0 if self._total is None else max(0, self._total - total)
        self._total = total
        back = min(self.page - 1, ceil(fallen / self.page_size))
        ended = len(rows) < self.page_size or self.page * self.page_size >= total
        ended = ended or self._filter.is_before(rows[-1])
        if back:
            self.page -= back
        elif not ended and not self._reaches_known(rows):
            self.page += 1
        elif self._pages_read == 1 or self._newest == self._newest_before:
            self.complete = True
        else:
            self._begin_another_pass()
        new = self._new(rows)
        self._farthest = max(self._farthest, self.page)
        self._barren = 0 if new else self._barren + 1
        self.endless = self._barren > CIRCLES * (self._farthest + CIRCLES)
        return new

    def _begin_another_pass(self) -> None:
        self._newest_before = self._newest
        self.page = 1
        self._pages_read = 0
        self._total = None

    def _reaches_known(self, rows: Sequence[Row]) -> bool:
        if self._newest_before is None:
            return False
        # Creations are timed to the nanosecond and changes to the millisecond: what changed in the
        # newest row's millisecond can lie below that row.
        seconds, fraction = self._newest_before
        known = seconds, fraction[:3]
        return any(instant(row.changed) <= known for row in rows)

    def _new(self, rows: Sequence[Row]) -> list[Row]:
        seen = self._seen
        if not self._filter.is_any:
            rows = [row for row in rows if self._filter.matches(row)]
        new = {row.id: row for row in rows if row.id not in seen}
        seen.update(new)
        return list(new.values())
