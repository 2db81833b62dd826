"""Labels that carry an order: the only text of a stored row that a list gives and nobody overwrites.

The list is ordered by the last change (compatibility row 36) and counts no messages (row 7), so each
label says where its conversation belongs and how much it holds:

    chat-1 [2026-11-24T22:14:05.123456 9f2c0a1b 3]      a batch of three items
    chat-1 [2026-11-24T22:14:05.123456 9f2c0a1b 2 r1]   what took its place when one was taken away
    notes/todo.md [v4 9f2c0a1b 812]                     the fourth version of a document
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from attrs import evolve, field, frozen

_BATCH = re.compile(
    r"(?s)(?P<title>.*) \[(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}) (?P<token>[0-9a-f]{8})"
    r" (?P<size>\d+)(?: r(?P<revision>\d+))?\]"
)
_VERSION = re.compile(
    r"(?s)(?P<title>.*) \[v(?P<number>\d+) (?P<token>[0-9a-f]{8}) (?P<size>\d+)\]"
)
TICK = timedelta(microseconds=1)


@frozen(order=True)
class BatchLabel:
    """Where a batch of items belongs in its session. Compares by that.

    Attributes:
        time: when it was added, by its writer's clock, but after all that the writer had seen.
        token: tells two writers of one moment apart.
        revision: how often it was replaced.
        size: how many items it holds.
    """

    time: datetime
    token: str
    revision: int = 0
    size: int = field(default=0, order=False)
    title: str = field(default="", order=False)

    @property
    def position(self) -> tuple[datetime, str]:
        """Its place; the same for all its revisions."""
        return self.time, self.token

    def replaced(self, size: int) -> BatchLabel:
        """The label of what takes its place."""
        return evolve(self, size=size, revision=self.revision + 1)

    def __str__(self) -> str:
        moment = self.time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
        revision = f" r{self.revision}" if self.revision else ""
        return f"{self.title} [{moment} {self.token} {self.size}{revision}]"

    @classmethod
    def parse(cls, label: str) -> BatchLabel | None:
        """What a label says; None if it is of something else."""
        match = _BATCH.fullmatch(label)
        if match is None:
            return None
        try:
            moment = datetime.fromisoformat(match["time"]).replace(tzinfo=timezone.utc)
        except ValueError:
            return None
        revision = int(match["revision"] or 0)
        return cls(moment, match["token"], revision, int(match["size"]), match["title"])


def next_time(now: datetime, *seen: datetime | None) -> datetime:
    """A time that is after all that was seen, whatever the clock says."""
    return max([now, *(each + TICK for each in seen if each is not None)])


@frozen
class VersionLabel:
    """A version of a document.

    Attributes:
        title: the document's key.
        size: of its text, in bytes.
    """

    title: str
    number: int
    token: str
    size: int

    def __str__(self) -> str:
        return f"{self.title} [v{self.number} {self.token} {self.size}]"

    @classmethod
    def parse(cls, label: str) -> VersionLabel | None:
        """What a label says; None if it is of something else."""
        match = _VERSION.fullmatch(label)
        if match is None:
            return None
        return cls(match["title"], int(match["number"]), match["token"], int(match["size"]))
