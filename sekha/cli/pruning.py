"""The command that tidies up: prune."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from attrs import Factory, define
from rich.text import Text

from .._core.wording import counted
from .._sync.client import SyncSekhaClient
from ..errors import SekhaNotFoundError
from ..models import PruningSuggestion
from .base import Session, command
from .edit import PANEL
from .exit_codes import ExitCode
from .output import COUNT, ConversationRow, Output, clip, day, one_line

app = typer.Typer()

AT_ONCE = 100
"""How many conversations one request archives: so many that it is quick, so few that a bar moves."""

PREVIEW = 300


@define
class Outcome:
    """What became of what was suggested."""

    archived: list[str] = Factory(list)
    pinned: list[str] = Factory(list)
    kept: list[str] = Factory(list)
    gone: list[str] = Factory(list)

    def in_words(self) -> str:
        words = (
            f"Archived {len(self.archived):,}, pinned {len(self.pinned):,}, kept {len(self.kept):,}"
        )
        return words + f"; {len(self.gone):,} no longer there" * bool(self.gone)


@command(
    app,
    panel=PANEL,
    examples=["prune --days 90", "prune --days 365 --importance 3 --yes", "prune --dry-run --json"],
)
def prune(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", "-d", min=0, help="Unchanged for so long.")] = 30,
    importance: Annotated[
        float, typer.Option("--importance", "-i", help="No more important than this.")
    ] = 5.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what could go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Archive all without asking.")] = False,
    previews: Annotated[
        bool,
        typer.Option("--previews", help="With the controller's summaries: a model call for each."),
    ] = False,
) -> None:
    """Archive what has long been unchanged, after you have seen it.

    First a dry run: what could go, and why. On a terminal you are then asked, for all or one by
    one; elsewhere nothing is changed without --yes. Nothing is deleted.
    """
    session = Session.of(context)
    output = session.output
    with session.client() as client:
        found = client.get_pruning_suggestions(days, importance, previews=previews)
        # What is asked about has to be seen.
        asks = output.can_ask and output.for_people
        if not (found and yes and not dry_run) and output.as_json:
            output.json({"dry_run": True, "suggestions": found})
            return
        if not output.as_json:
            _print_suggestions(output, found)
        if not found or dry_run:
            return
        if yes:
            outcome = _archive_all(output, client, found)
        elif asks:
            outcome = _ask(output, client, found)
        else:
            output.note("Dry run: nothing was changed. --yes archives all of these.")
            return
    output.done(outcome.in_words(), outcome)
    if outcome.gone:
        raise typer.Exit(ExitCode.PARTLY)


def _print_suggestions(output: Output, found: Sequence[PruningSuggestion]) -> None:
    if not found:
        output.note("Nothing to prune.")
        return
    rows = (
        ConversationRow(
            each.id,
            [f"{counted(each.age_days, 'day')} old", f"importance {each.importance_score}"],
            each.label,
            each.folder,
        )
        for each in found
    )
    output.conversations(("AGE", "IMPORTANCE"), rows)
    output.note(f"{counted(len(found), 'conversation')} could be archived.")


def _ask(output: Output, client: SyncSekhaClient, found: Sequence[PruningSuggestion]) -> Outcome:
    match output.ask("Archive none, all, or review one by one?", "nar"):
        case "a":
            return _archive_all(output, client, found)
        case "r":
            return _review(output, client, found)
    return Outcome(kept=[each.id for each in found])


def _archive_all(
    output: Output, client: SyncSekhaClient, found: Sequence[PruningSuggestion]
) -> Outcome:
    outcome = Outcome()
    with output.progress(*COUNT) as progress:
        task = progress.add_task("Archiving", total=len(found))
        for start in range(0, len(found), AT_ONCE):
            ids = [each.id for each in found[start : start + AT_ONCE]]
            try:
                client.execute_prune(ids)
                outcome.archived += ids
            except SekhaNotFoundError:
                # It archived those that are there; which ones those are, only asking tells.
                _sort_out(client, ids, outcome)
            progress.advance(task, len(ids))
    return outcome


def _sort_out(client: SyncSekhaClient, ids: Sequence[str], outcome: Outcome) -> None:
    for each in ids:
        try:
            client.archive(each)
            outcome.archived.append(each)
        except SekhaNotFoundError:
            outcome.gone.append(each)


def _review(output: Output, client: SyncSekhaClient, found: Sequence[PruningSuggestion]) -> Outcome:
    """One question for each; each answer is carried out at once, so that stopping loses none."""
    outcome = Outcome()
    for index, each in enumerate(found):
        try:
            _print_one(output, client, each, f"{index + 1}/{len(found)}")
            match output.ask("Keep, archive, pin, or quit?", "kapq"):
                case "a":
                    client.archive(each.id)
                    outcome.archived.append(each.id)
                case "p":
                    client.pin(each.id)
                    outcome.pinned.append(each.id)
                case "q":
                    outcome.kept += [left.id for left in found[index:]]
                    break
                case _:
                    outcome.kept.append(each.id)
        except SekhaNotFoundError:
            outcome.gone.append(each.id)
        except (KeyboardInterrupt, EOFError):
            output.note(f"\n{outcome.in_words()} so far.")
            raise
    return outcome


def _print_one(
    output: Output, client: SyncSekhaClient, each: PruningSuggestion, place: str
) -> None:
    messages = client.get_conversation(each.id).messages or ()
    output.line()
    output.heading(each.label, each.folder, before=Text(f"{place}  ", "dim"))
    output.line(f"  {each.reason} ({day(each.updated_at)})", "dim")
    if each.preview:
        output.line(f"  {clip(each.preview, PREVIEW)}")
    for message in messages[:1]:
        output.line(
            Text.assemble((f"  {one_line(message.role)}: ", "cyan"), clip(message.content, PREVIEW))
        )
    if len(messages) > 1:
        output.line(f"  and {counted(len(messages) - 1, 'more message')}", "dim")
