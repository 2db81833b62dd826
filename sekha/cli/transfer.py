"""The commands that bring conversations in and take them out: import, export, restore."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._core.wording import counted
from ..errors import SekhaError
from ..models import ExportManifest, ImportReport
from .base import Session, command
from .exit_codes import CommandError, ExitCode
from .output import COUNT, SHARE, Output, clean, clean_json
from .progress import export_progress, import_progress, restore_progress
from .reporting import print_import, print_restore
from .settings import Settings
from .watch import changes, follow

if TYPE_CHECKING:
    from ..importers import Reading

app = typer.Typer()
PANEL = "Bring in, take out"

LOOKED_AT = 20
"""Records that tell whether an export has times."""
JOURNAL_SUFFIX = ".sekha-journal"
GOES_ON = "Give the same command again: it goes on where this one stopped."
SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}

Journal = Annotated[
    Path | None,
    typer.Option(
        "--journal", metavar="FILE", help="Where to note what is stored; else beside PATH."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Count what is new and changed; store nothing.")
]
FolderOfAll = Annotated[str | None, typer.Option("--folder", "-f", help="This folder for all.")]


class ExportFormat(StrEnum):
    """How an export is written."""

    json = "json"
    jsonl = "jsonl"
    markdown = "markdown"
    parquet = "parquet"


class Branches(StrEnum):
    """Which branches of a conversation are brought in."""

    shown = "shown"
    all = "all"


class ToolOutput(StrEnum):
    """How much of what tools gave back is brought in."""

    keep = "keep"
    short = "short"
    drop = "drop"


@command(
    app,
    panel=PANEL,
    name="import",
    examples=[
        "import chatgpt-export.zip --dry-run",
        "import chatgpt-export.zip",
        "import conversations.json --folder /old --skip-duplicates",
    ],
)
def import_(
    context: typer.Context,
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A file, a folder or an archive, as downloaded.")
    ],
    format: Annotated[
        str | None,
        typer.Option("--format", help="If it is not recognised: a name that `formats` lists."),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", "-l", help="This label for all; else their titles.")
    ] = None,
    folder: FolderOfAll = None,
    times_in_text: Annotated[
        bool, typer.Option("--times-in-text", help="Keep each message's time above its text.")
    ] = False,
    branches: Annotated[
        Branches, typer.Option("--branches", help="The branch shown last, or the others too.")
    ] = Branches.shown,
    tool_output: Annotated[
        ToolOutput,
        typer.Option("--tool-output", help="What tools gave back: all, its beginning, nothing."),
    ] = ToolOutput.short,
    skip_duplicates: Annotated[
        bool, typer.Option("--skip-duplicates", help="Store equal conversations once.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Store what an earlier import stored once more.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Then follow the folder and bring in what changes.")
    ] = False,
    dry_run: DryRun = False,
    journal: Journal = None,
) -> None:
    """Bring in chats from elsewhere: ChatGPT, Claude, Gemini and many more (see `formats`).

    What it is, is recognised by its content. A run that was stopped goes on where it was when the
    same command is given again: a journal beside the export knows what is stored. What is left
    out is counted; if anything said could not be read, it ends with exit code 6.

    A conversation is stored once, whatever the file is called and however often it comes: one that
    has grown takes the place of its old self.
    """
    session = Session.of(context)
    output, settings = session.output, session.settings()

    from ..importers import read  # a hundred modules, for which other commands need not wait

    def opened(path: Path, *, times_in_text: bool) -> Reading:
        return read(
            path,
            format=format,
            label=label,
            folder=folder,
            times_in_text=times_in_text,
            branches=branches.value,
            tool_output=tool_output.value,
        )

    if watch and (dry_run or not path.is_dir()):
        raise CommandError("--watch: a folder is needed, and no --dry-run", ExitCode.USAGE)
    reading = opened(path, times_in_text=times_in_text)
    if not times_in_text and not dry_run:
        times_in_text = _asks_for_times_in_text(output, settings, reading)
        reading = opened(path, times_in_text=times_in_text)
    kept = _journal(journal, path, settings, dry_run=dry_run)
    _say_journal(output, kept, dry_run)

    def work() -> ImportReport:
        new = dry_run and settings.local is not None and not settings.local.exists()
        with (
            settings.client(makes_file=True, dry_run=dry_run) as client,
            output.progress(*SHARE) as progress,
        ):
            task = progress.add_task("Reading", total=reading.total_bytes)
            return client.import_conversations(
                reading,
                journal=None if new else kept,
                skip_duplicates=skip_duplicates,
                once=not again,
                dry_run=dry_run,
                on_progress=import_progress(progress, task, reading),
            )

    def tell(report: ImportReport) -> None:
        if output.as_json:
            output.json({"reading": reading.report, "import": report, "journal": str(kept)})
        else:
            print_import(output, path, reading, report)

    if not watch:
        _carry_out(output, work, tell, lambda: reading.report.lost)
        return
    changed = changes(path)
    with suppress(typer.Exit):  # what could not be brought in is said
        _carry_out(output, work, tell, lambda: reading.report.lost)
    output.note(f"Following {path}; Ctrl-C ends it.")
    with settings.client(makes_file=True) as client:
        follow(
            changed,
            output,
            lambda file: opened(file, times_in_text=times_in_text),
            client.import_conversations,
        )


def _asks_for_times_in_text(output: Output, settings: Settings, reading: Reading) -> bool:
    """Whether times are to be written into the text, as this controller has no other place for them.

    Raises:
        KeyboardInterrupt: nothing is to be brought in.
    """
    if not any(record.has_times for record in islice(reading, LOOKED_AT)):
        return False
    with settings.client(makes_file=True) as client:
        if client.keeps_times():
            return False
    output.warn(
        "this controller does not keep when things were said: everything will be dated today. "
        "--times-in-text writes each message's time above its text"
    )
    if not output.can_ask:
        return False
    answer = output.ask("Write the times into the text, go on without them, or quit?", "tgq")
    if answer == "q":
        raise KeyboardInterrupt
    return answer == "t"


@command(
    app,
    panel=PANEL,
    examples=[
        "export backup.json",
        'export work.md --folder /work --since "2 weeks ago"',
        "export - --format jsonl | gzip > backup.jsonl.gz",
    ],
)
def export(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help='The file to write; "-" is stdout.')],
    format: Annotated[
        ExportFormat | None, typer.Option("--format", help="Else as the file's name ends; json.")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", "-l", help="Only of this label.")] = None,
    folder: Annotated[
        str | None, typer.Option("--folder", "-f", help="Only of this folder.")
    ] = None,
    under: Annotated[
        str | None, typer.Option("--under", help="Only of this folder and all below it.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help='Changed since: a date, or "2 weeks ago".')
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Changed until then.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Take everything out, or a part, into a file that `restore` puts back anywhere.

    json and jsonl hold all that the controller tells; markdown is for reading, and parquet is a
    table for pandas, Polars or DuckDB, one row a message.
    """
    session = Session.of(context)
    output = session.output
    to_stdout = str(path) == "-"
    if to_stdout and output.as_json:
        raise CommandError("--json: stdout is for the export itself", ExitCode.USAGE)
    if not to_stdout and path.exists() and not force:
        raise CommandError(f"{path} exists: add --force to replace it", ExitCode.USAGE)
    kind = format.value if format else SUFFIXES.get(path.suffix.lower(), "json")
    if to_stdout and kind == "parquet":
        raise CommandError("parquet is no text: name a file", ExitCode.USAGE)

    def write(target: Path) -> ExportManifest:
        with session.client() as client, output.progress(*COUNT) as progress:
            task = progress.add_task("Exporting", total=None)
            return client.export_to(
                target,
                format=kind,
                label=label,
                folder=folder,
                under=under,
                since=since,
                until=until,
                on_progress=export_progress(progress, task),
            )

    if to_stdout:
        # Through a file: what fails half-way must not leave half an export in a pipe.
        with tempfile.TemporaryDirectory() as scratch:
            manifest = write(Path(scratch) / "export")
            with (Path(scratch) / "export").open(encoding="utf-8") as written:
                harmless = clean if kind == "markdown" else clean_json
                for line in written:
                    sys.stdout.write(harmless(line) if output.out.is_terminal else line)
        output.note(_exported(manifest, "stdout"))
    else:
        manifest = write(path)
        output.done(_exported(manifest, str(path)), manifest)


def _exported(manifest: ExportManifest, where: str) -> str:
    return (
        f"Exported {counted(manifest.conversations, 'conversation')} with "
        f"{counted(manifest.messages, 'message')} to {where}"
    )


@command(
    app,
    panel=PANEL,
    examples=["restore backup.json", "restore backup.jsonl --local other.db"],
)
def restore(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="What `export` wrote.")],
    in_order: Annotated[
        bool,
        typer.Option("--in-order", help="Exactly in the order of the last change; takes longer."),
    ] = False,
    journal: Journal = None,
) -> None:
    """Put an export back, into this controller or any other.

    A run that was stopped goes on where it was when the same command is given again.
    """
    session = Session.of(context)
    output, settings = session.output, session.settings()
    kept = _journal(journal, path, settings)
    _say_journal(output, kept)

    def work() -> ImportReport:
        with settings.client(makes_file=True) as client, output.progress(*COUNT) as progress:
            task = progress.add_task("Restoring", total=None)
            return client.restore(
                path,
                journal=kept,
                in_order=in_order,
                on_progress=restore_progress(progress, task),
            )

    def tell(report: ImportReport) -> None:
        if output.as_json:
            output.json({"import": report, "journal": str(kept)})
        else:
            print_restore(output, path, report)

    _carry_out(output, work, tell)


def _carry_out(
    output: Output,
    work: Callable[[], ImportReport],
    tell: Callable[[ImportReport], None],
    unread: Callable[[], int] = lambda: 0,
) -> None:
    """Do it, and give the account of it however it ends.

    Args:
        unread: how much the source holds that could not be read.
    """
    try:
        report = work()
    except SekhaError as error:
        if error.report is not None:
            tell(error.report)
            output.note(GOES_ON)
        raise
    except KeyboardInterrupt:
        output.note(GOES_ON)
        raise
    tell(report)
    left = report.failed or report.skipped or unread()
    if left or (report.pending and not report.dry_run):
        raise typer.Exit(ExitCode.PARTLY)


def _journal(chosen: Path | None, path: Path, settings: Settings, *, dry_run: bool = False) -> Path:
    """Where to note what is stored: beside the source, and one for each memory.

    Raises:
        CommandError: it tells of a memory file that is no longer there.
    """
    where = settings.local.resolve() if settings.local else settings.url
    mark = blake2b(str(where).encode(), digest_size=4).hexdigest()
    source = path.resolve()
    journal = chosen or source.with_name(f"{source.name}.{mark}{JOURNAL_SUFFIX}")
    gone = settings.local is not None and not settings.local.exists()
    if gone and journal.exists() and not dry_run:
        raise CommandError(
            f"the journal {journal} tells of an earlier run into {settings.local}, which is no "
            "longer there: remove the journal to begin anew"
        )
    return journal


def _say_journal(output: Output, journal: Path, dry_run: bool = False) -> None:
    if not dry_run:
        goes_on = "Going on from" if journal.exists() else "Journal:"
        output.note(f"{goes_on} {journal}")
