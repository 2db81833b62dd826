"""How a list is read that the controller may not filter, and that moves while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from attrs import frozen

from ..models import Conversation
from .times import instant

PAGE_SIZE = 200
SCAN_PAGE_SIZE = 1000


@frozen
class Row:
    """A listed conversation, and its last change as the controller wrote it."""

    conversation: Conversation
    changed: str


@frozen
class Filter:
    """Which conversations are wanted; None is any. Label and folder match exactly."""

    label: str | None = None
    folder: str | None = None
    pinned: bool | None = None
    archived: bool | None = None

    def matches(self, conversation: Conversation) -> bool:
        return (
            (self.label is None or conversation.label == self.label)
            and (self.folder is None or conversation.folder == self.folder)
            and (self.pinned is None or conversation.pinned == self.pinned)
            and (self.archived is None or (conversation.status == "archived") == self.archived)
        )

    @property
    def is_any(self) -> bool:
        return self == Filter()


class Reading:
    """One pass over a list, page by page, newest change first.

    Rows jump to page 1 when they change and move up when one above them is deleted. So what was
    handed out is known by its id; when `total` fell, the pages before are read again; and at the
    end the list is read again from the top down to the first row that has not changed since the
    pass began.
    """

    def __init__(self, wanted: Filter, page_size: int = PAGE_SIZE) -> None:
        self.page_size = page_size
        self.page = 1
        self.at_end = False
        self.complete = False
        self._wanted = wanted
        self._seen: set[str] = set()
        self._total: int | None = None
        self._newest: tuple[str, str] | None = None

    def take(self, rows: Sequence[Row], total: int) -> list[Conversation]:
        """The rows of `page` that are wanted and new. Then `page` is the one to read next, unless
        `at_end`.

        Args:
            rows: the page.
            total: how many rows there are in all, as the controller says.
        """
        if self._total is None and rows:
            self._newest = instant(rows[0].changed)
        fallen = max(0, self._total - total) if self._total is not None else 0
        self._total = total
        back = min(self.page - 1, ceil(fallen / self.page_size))
        ended = len(rows) < self.page_size or self.page * self.page_size >= total
        self.at_end = ended and not back
        self.page = self.page - back if back else self.page + 1
        return [row.conversation for row in rows if self._is_new(row)]

    def start_again(self) -> None:
        """From now on `page` is read from the top, until `complete`."""
        # What fits on one page was read at one moment: nothing can have moved meanwhile.
        self.complete = self.page <= 2
        self.page = 1

    def take_from_top(self, rows: Sequence[Row]) -> list[Conversation]:
        """The rows of `page` that changed since the pass began and were not handed out yet."""
        fresh = []
        self.page += 1
        self.complete = len(rows) < self.page_size
        for row in rows:
            if self._newest is not None and instant(row.changed) <= self._newest:
                self.complete = True
                break
            if self._is_new(row):
                fresh.append(row.conversation)
        return fresh

    def _is_new(self, row: Row) -> bool:
        if row.conversation.id in self._seen or not self._wanted.matches(row.conversation):
            return False
        self._seen.add(row.conversation.id)
        return True
