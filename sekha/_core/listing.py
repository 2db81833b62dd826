"""How a list is read that the controller may not filter, and that moves while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from attrs import frozen

from .times import instant

if TYPE_CHECKING:
    from ..models import Conversation

PAGE_SIZE = 200
SCAN_PAGE_SIZE = 1000


@frozen
class Row:
    """A listed conversation, and its last change as the controller wrote it."""

    conversation: Conversation
    changed: str


@frozen
class Filter:
    """Which conversations are wanted; None is any. Label and folder match exactly. `since` and
    `until` are of the last change, `until` itself no more among them."""

    label: str | None = None
    folder: str | None = None
    pinned: bool | None = None
    archived: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    def matches(self, conversation: Conversation) -> bool:
        return (
            (self.label is None or conversation.label == self.label)
            and (self.folder is None or conversation.folder == self.folder)
            and (self.pinned is None or conversation.pinned == self.pinned)
            and (self.archived is None or (conversation.status == "archived") == self.archived)
            and not self.is_before(conversation)
            and not self._is_after(conversation)
        )

    def is_before(self, conversation: Conversation) -> bool:
        """Whether it, and with it all that a list has after it, changed too long ago."""
        changed = conversation.updated_at
        return self.since is not None and changed is not None and changed < self.since

    def _is_after(self, conversation: Conversation) -> bool:
        changed = conversation.updated_at
        return self.until is not None and changed is not None and changed >= self.until

    @property
    def is_any(self) -> bool:
        return self == Filter()


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
    """

    def __init__(self, wanted: Filter, page_size: int = PAGE_SIZE) -> None:
        self.page_size = page_size
        self.page = 1
        self.complete = False
        self._wanted = wanted
        self._seen: set[str] = set()
        self._pages_read = 0
        self._total: int | None = None
        self._newest: tuple[str, str] | None = None
        self._newest_before: tuple[str, str] | None = None

    def take(self, rows: Sequence[Row], total: int) -> list[Conversation]:
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
        ended = ended or self._wanted.is_before(rows[-1].conversation)
        if back:
            self.page -= back
        elif not ended and not self._reaches_known(rows):
            self.page += 1
        elif self._pages_read == 1 or self._newest == self._newest_before:
            self.complete = True
        else:
            self._begin_another_pass()
        return [row.conversation for row in rows if self._is_new(row)]

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

    def _is_new(self, row: Row) -> bool:
        if row.conversation.id in self._seen or not self._wanted.matches(row.conversation):
            return False
        self._seen.add(row.conversation.id)
        return True
