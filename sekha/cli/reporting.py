"""What became of every record of an import, in words and in numbers that add up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .._core.wording import counted
from ..models import ImportReport
from .output import one_line

if TYPE_CHECKING:
    from ..importers import Reading, Report

SHOWN = 10
"""How many failures are named; --json has all that are known."""


class Lines(Protocol):
    """Where an account is written to, such as `Output`."""

    def line(self, text: str = "", style: str = "") -> None: ...

    def warn(self, text: str) -> None: ...


def kept_by() -> dict[str, str]:
    """What is left out on purpose, and the option that brings it in."""
    from ..importers import drafts
    from ..importers.formats import claude_code, codex

    return {
        drafts.OTHER_BRANCH: "--branches all",
        claude_code.SUBAGENT: "--branches all",
        codex.SUMMARY: "--tool-output keep",
        drafts.HIDDEN: "--tool-output keep",
        drafts.OUTPUT_SHORTENED: "--tool-output keep",
        drafts.OUTPUT_DROPPED: "--tool-output keep",
    }


def print_import(output: Lines, path: Path, reading: Reading, report: ImportReport) -> None:
    """The account of `import`: the reader's and the store's together."""
    read = reading.report
    formats = ", ".join(reading.formats)
    output.line(f"{path}: {formats}" + ", dry run" * report.dry_run, "bold")
    _numbers(output, read.read, report, unreadable=read.skipped)
    for reason, count in sorted(read.reasons.items(), key=lambda item: -item[1]):
        output.line(f"  {count:,} skipped: {reason}")
    if read.unshown:
        many = counted(read.unshown, "message")
        output.line(f"  {many} left out: without text that can be shown")
    _unread(output, read)
    _failures(output, report)
    options = kept_by()
    for note, count in read.notes.most_common():
        kept = f" ({options[note]} keeps it)" if note in options else ""
        output.line(f"  {count:,} x {note}{kept}")
    if read.ignored_files:
        output.line(f"  {counted(read.ignored_files, 'other file')} without conversations:")
        for file in read.ignored[:SHOWN]:
            output.line(f"    {one_line(file.where)}: {one_line(file.reason)}")
        if read.ignored_files > SHOWN:
            output.line(f"    and {read.ignored_files - SHOWN:,} more; --json names up to 100")
    _rest(output, report)


def print_restore(output: Lines, path: Path, report: ImportReport) -> None:
    """The account of `restore`."""
    output.line(str(path), "bold")
    _numbers(output, report.read, report)
    _failures(output, report)
    by_count: dict[int, list[str]] = {}
    for what, count in report.not_restored.items():
        by_count.setdefault(count, []).append(what)
    for count, names in by_count.items():
        many = counted(count, "conversation")
        output.line(f"  Set anew by the controller, in {many}: {', '.join(names)}")
    _rest(output, report)


def _numbers(output: Lines, read: int, report: ImportReport, unreadable: int = 0) -> None:
    rows = {
        "stored": report.stored,
        "already stored by an earlier run": report.already,
        "unchanged since they were stored": report.unchanged,
        "older than what is stored": report.outdated,
        "duplicates left out": report.duplicates,
        "skipped": report.skipped + unreadable,
        "failed": report.failed,
    }
    if report.compared:
        rows["would be stored"] = report.pending - report.replaced
        rows["would take the place of an earlier version"] = report.replaced
    else:
        rows["would be stored" if report.dry_run else "not tried"] = report.pending
    width = len(f"{max(read, *rows.values()):,}")
    output.line(f"  {read:>{width},} read")
    for name, number in rows.items():
        if number or name == "stored":
            output.line(f"  {number:>{width},} {name}")


def _unread(output: Lines, read: Report) -> None:
    """Which records hold something that could not be read."""
    lost = [each for each in read.details if not each.harmless]
    for each in lost[:SHOWN]:
        detail = f" ({one_line(each.detail)})" if each.detail else ""
        output.line(f"    {one_line(each.where)}: {each.reason}{detail}")
    if len(read.details) > SHOWN:
        output.line(
            f"    and {len(read.details) - SHOWN:,} more like these; --json names up to 200"
        )


def _failures(output: Lines, report: ImportReport) -> None:
    for each in report.failures[:SHOWN]:
        output.line(f"  {each.where}: {each.reason}")
    more = report.skipped + report.failed - min(len(report.failures), SHOWN)
    if more > 0 and report.failures:
        output.line(f"  and {more:,} more like these; --json names up to 100")


def _rest(output: Lines, report: ImportReport) -> None:
    if report.dry_run and not report.compared:
        output.line("  What is stored already could not be looked up.")
    if report.replaced and not report.dry_run:
        many = counted(report.replaced, "conversation")
        output.line(f"  {many} took the place of an earlier version.")
    if report.recovered:
        output.line(f"  {report.recovered:,} in doubt turned out to be stored.")
    if report.archived:
        output.line(f"  {report.archived:,} archived again.")
    if report.unmatched:
        output.line(f"  {report.unmatched:,} entries of the journal are not in this source.")
    if report.partial_ids:
        output.warn(
            f"incomplete rows are left on the controller: {', '.join(report.partial_ids[:SHOWN])}"
        )
