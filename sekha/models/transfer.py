"""What imports and exports report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from attrs import Factory, frozen


@frozen
class ImportFailure:
    """A record of a bulk import that was not stored.

    Attributes:
        where: which one, for people to read: its place in the source, or its number.
        reason: why.
        conversation_ids: rows on the controller that the attempt left, in whole or in part.
    """

    where: str
    reason: str
    conversation_ids: tuple[str, ...] = ()


@frozen(kw_only=True)
class ImportReport:
    """What became of every record: `read` is the sum of stored, already, unchanged, outdated,
    duplicates, skipped, failed and pending.

    Attributes:
        read: records taken from the source.
        stored: records stored by this run, those among them that were `recovered` included.
        already: records that the journal knew as stored, from an earlier run.
        unchanged: records that are stored already as they are, by whatever import they came.
        outdated: records of which a newer version is stored.
        replaced: records among the stored that took the place of an earlier version: deleted, or
            archived and marked where the controller cannot do both in one step. In a dry run, those
            among the pending that would.
        duplicates: records equal to an earlier one, left out because that was asked for.
        skipped: records that cannot be stored as they are; nothing was sent.
        failed: records that could not be stored.
        pending: records that were read and not tried: all new ones in a dry run, the last few when
            an error ended the run.
        recovered: records in doubt (an earlier run was stopped, or an answer got lost) that turned
            out to be stored.
        archived: records stored and archived, as they were where they came from.
        failures: the first 100 that were skipped or failed.
        partial_ids: rows that hold a part of a record, at most 1,000 of them. Nothing is deleted;
            the record itself was stored again, or is among the failed.
        not_restored: what the controller cannot take over (by `restore`), and of how many records.
        unmatched: entries of the journal left in doubt, because the source did not have them.
        dry_run: whether nothing was stored.
        compared: whether a dry run could look at what is stored already.
    """

    read: int = 0
    stored: int = 0
    already: int = 0
    duplicates: int = 0
    skipped: int = 0
    failed: int = 0
    pending: int = 0
    unchanged: int = 0
    outdated: int = 0
    replaced: int = 0
    recovered: int = 0
    archived: int = 0
    failures: tuple[ImportFailure, ...] = ()
    partial_ids: tuple[str, ...] = ()
    not_restored: Mapping[str, int] = Factory(dict)
    unmatched: int = 0
    dry_run: bool = False
    compared: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything that was read is stored, or left out because that was asked for."""
        return not (self.skipped or self.failed or self.pending)


@frozen(kw_only=True)
class ImportProgress:
    """How far a bulk import is; the numbers are those of ImportReport.

    Attributes:
        total: how many records there will be, if that is known.
        waiting: seconds that the rate limit may hold the import up from now; None if it does not.
    """

    read: int
    stored: int
    already: int
    duplicates: int
    skipped: int
    failed: int
    unchanged: int = 0
    outdated: int = 0
    total: int | None = None
    waiting: float | None = None

    @property
    def done(self) -> int:
        """Records that are settled in one way or another."""
        known = self.already + self.unchanged + self.outdated + self.duplicates
        return self.stored + known + self.skipped + self.failed


@frozen(kw_only=True)
class ExportProgress:
    """How far an export to a file is.

    Attributes:
        conversations: how many are written.
        messages: how many are written with them.
        total: how many conversations there will be, if that is known.
        waiting: seconds that the rate limit may hold the export up from now; None if it does not.
    """

    conversations: int
    messages: int
    total: int | None = None
    waiting: float | None = None


@frozen(kw_only=True)
class ExportManifest:
    """What an export to a file holds; it is also written beside it (docs/export-format.md).

    Attributes:
        path: the export.
        format: "json", "jsonl", "markdown" or "parquet".
        conversations: how many it holds; of these `archived` and `pinned`.
        messages: how many they have together.
        size: of the file, in bytes.
        sha256: of the file, in hexadecimal digits.
        label, folder: what was asked for; None is all.
        since, until: likewise, of the last change.
        under: likewise, a folder and all below it.
    """

    path: Path
    format: str
    conversations: int
    messages: int
    archived: int
    pinned: int
    size: int
    sha256: str
    label: str | None
    folder: str | None
    since: datetime | None
    until: datetime | None
    started_at: datetime
    finished_at: datetime
    under: str | None = None
