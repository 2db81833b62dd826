"""Shares of an export: which of several parallel imports of one file takes a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from attrs import Factory, asdict, evolve, frozen

from ...models.transfer import ImportReport

if TYPE_CHECKING:
    from ...models import NewConversation

MOST_NAMED = 100
"""Failures, and rows that hold a part of a record, that are named by one report."""
_SUMMED = (
    *("read", "stored", "already", "duplicates", "skipped", "failed", "pending", "unchanged"),
    *("outdated", "replaced", "recovered", "archived", "unmatched"),
)


def share_of(new: NewConversation, shares: int) -> int:
    """The share that a conversation belongs to: 0 to `shares` - 1.

    By the first that a user says in it: equal conversations are of one share, which alone can tell
    how many of them are stored, and so are the versions of one that grew. A range of records would
    part them.
    """
    said = [each.content for each in new.messages if each.role == "user"][:1]
    texts = said or [f"{each.role}\0{each.content}" for each in new.messages]
    # Halves of characters, which UTF-8 cannot hold, have a hash too.
    hashed = blake2b("\0".join(texts).encode(errors="surrogatepass"), digest_size=8)
    return int.from_bytes(hashed.digest(), "big") % shares


@frozen(kw_only=True)
class ReadCount:
    """What was read of the files, whatever became of it: `read` is `usable` and `skipped`.

    Attributes:
        read: records found in the files.
        usable: records that are conversations.
        skipped: records that are none.
        lost: records and messages that hold something which was not read.
        reasons: how many were skipped, by reason.
    """

    read: int = 0
    usable: int = 0
    skipped: int = 0
    lost: int = 0
    reasons: Mapping[str, int] = Factory(dict)

    def plus(self, other: ReadCount) -> ReadCount:
        """Both together."""
        return ReadCount(
            read=self.read + other.read,
            usable=self.usable + other.usable,
            skipped=self.skipped + other.skipped,
            lost=self.lost + other.lost,
            reasons=_added(self.reasons, other.reasons),
        )


def together(reports: Sequence[ImportReport]) -> ImportReport:
    """One account of several imports."""
    total = ImportReport()
    for report in reports:
        counts = {name: getattr(total, name) + getattr(report, name) for name in _SUMMED}
        total = evolve(
            total,
            **counts,
            failures=(*total.failures, *report.failures)[:MOST_NAMED],
            partial_ids=(*total.partial_ids, *report.partial_ids)[: 10 * MOST_NAMED],
            not_restored=_added(total.not_restored, report.not_restored),
        )
    return total


def done_marker(report: ImportReport, count: ReadCount, version: Sequence[str]) -> dict[str, Any]:
    """What is kept of a part that is done; no content.

    Args:
        version: what tells this import of the file from another.
    """
    return {"read": report.read, "skipped": report.skipped, "version": [*version]} | {
        "count": asdict(count)
    }


def done_before(
    marker: Mapping[str, Any], version: Sequence[str]
) -> tuple[ImportReport, ReadCount] | None:
    """The account of a part that an earlier run has done; None if it is of another file."""
    try:
        if marker["version"] != [*version]:
            return None
        read, skipped = int(marker["read"]), int(marker["skipped"])
        count = ReadCount(**marker["count"])
    except (KeyError, TypeError, ValueError):
        return None
    return ImportReport(read=read, skipped=skipped, already=read - skipped), count


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
