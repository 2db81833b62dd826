"""The commands that change: store, label, move, pin, archive, delete."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from .._core.wording import counted
from .._sync.client import SyncSekhaClient
from ..errors import SekhaConnectionError, SekhaError
from ..models import MessageDto, NewConversation
from .base import Session, command
from .exit_codes import CommandError, ExitCode, exit_code, in_words
from .output import Output, one_line

app = typer.Typer()
PANEL = "Change"

Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID...", help='As `list` shows them; "-" reads them from stdin.'),
]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]


@command(
    app,
    panel=PANEL,
    examples=[
        'store "Water the tomatoes in the morning." --label Garden',
        "store --label Notes --file notes.md",
        "store --label Commits --folder /work < message.txt",
    ],
)
def store(
    context: typer.Context,
    label: Annotated[str, typer.Option("--label", "-l", help="The conversation's label.")],
    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]...", help="What to store; nothing or - reads stdin."),
    ] = None,
    folder: Annotated[str, typer.Option("--folder", "-f", help="Its folder.")] = "/",
    role: Annotated[str, typer.Option("--role", help="Who says it.")] = "user",
    message: Annotated[
        list[str] | None,
        typer.Option(
            "--message", "-m", metavar="ROLE:TEXT", help="A message and who says it; repeatable."
        ),
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="A text file as a message; repeatable.")
    ] = None,
    importance: Annotated[
        int | None, typer.Option("--importance", "-i", min=1, max=10, help="10 pins.")
    ] = None,
) -> None:
    """Store a conversation: from the arguments, from files or from stdin."""
    session = Session.of(context)
    messages = [_message(each) for each in message or []]
    messages += [MessageDto(role, _read(path)) for path in file or []]
    if text and text != ["-"]:
        messages.append(MessageDto(role, " ".join(text)))
    elif text or not messages:
        messages.append(MessageDto(role, _stdin()))
    new = NewConversation(
        label=label, messages=messages, folder=folder, importance_score=importance
    )
    with session.client(makes_file=True) as client:
        stored = client.create_conversation(new)
    session.output.done(f"Stored {stored.id}: {counted(len(messages), 'message')}", stored)


def _message(given: str) -> MessageDto:
    role, colon, text = given.partition(":")
    if not colon or not role.strip():
        raise CommandError(f"--message: ROLE:TEXT is needed, not {given!r}", ExitCode.USAGE)
    return MessageDto(role.strip(), text.strip())


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is no UTF-8 text (at byte {error.start})") from None


def _stdin() -> str:
    if sys.stdin.isatty():
        raise CommandError(
            "nothing to store: give TEXT, --message or --file, or pipe a text in", ExitCode.USAGE
        )
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError as error:
        raise CommandError(f"stdin is no UTF-8 text (at byte {error.start})") from None
    if not text.strip():
        raise CommandError("nothing to store: stdin is empty", ExitCode.USAGE)
    return text.rstrip("\n")


@command(
    app,
    panel=PANEL,
    examples=["label ID Recipes", "label ID Recipes --folder /home", "label ID"],
)
def label(
    context: typer.Context,
    conversation_id: Id,
    new: Annotated[
        str | None, typer.Argument(metavar="[LABEL]", help="Without one, labels are suggested.")
    ] = None,
    folder: Annotated[
        str | None, typer.Option("--folder", "-f", help="Another folder too.")
    ] = None,
) -> None:
    """Give a conversation another label, or have labels suggested."""
    session = Session.of(context)
    output = session.output
    if new is None and folder is not None:
        raise CommandError("give a LABEL too; `move` changes the folder alone", ExitCode.USAGE)
    with session.client() as client:
        if new is not None:
            client.update_label(conversation_id, new, folder)
            value = {"id": conversation_id, "label": new, "folder": folder}
            output.done(f"Labelled {conversation_id}: {one_line(new)}", value)
            return
        suggestions = client.suggest_labels(conversation_id)
    if output.as_json:
        output.json(suggestions)
        return
    rows = (
        [f"{each.confidence:.0%}", "in use" if each.is_existing else "new", each.label, each.reason]
        for each in suggestions
    )
    output.table(("SURE", "", "LABEL", "WHY"), rows, flexible=2)


@command(
    app,
    panel=PANEL,
    examples=["move ID /work/archive", "move ID ID ID /home"],
)
def move(
    context: typer.Context,
    ids: Ids,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Where to.")],
) -> None:
    """Put conversations into another folder; their labels stay."""
    _each(context, ids, "Moved", lambda client, each: client.move(each, folder))


@command(app, panel=PANEL, examples=["pin ID"])
def pin(context: typer.Context, ids: Ids) -> None:
    """Pin conversations: they are never suggested for pruning.

    Their importance becomes 10. There is no way to unpin.
    """
    _each(context, ids, "Pinned", lambda client, each: client.pin(each))


@command(app, panel=PANEL, examples=["archive ID", "archive - < ids.txt"])
def archive(context: typer.Context, ids: Ids) -> None:
    """Archive conversations. They stay readable and searchable."""
    _each(context, ids, "Archived", lambda client, each: client.archive(each))


@command(app, panel=PANEL, examples=["delete ID", "delete ID ID --yes"])
def delete(
    context: typer.Context,
    ids: Ids,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete conversations and their messages, for good."""
    output = Session.of(context).output
    if not yes and (not output.can_ask or "-" in ids):
        raise CommandError("there is nobody to ask: add --yes to delete", ExitCode.USAGE)

    def remove(client: SyncSekhaClient, conversation_id: str) -> None:
        if not yes:
            found = client.get_conversation(conversation_id)
            what = f"{one_line(found.label)} ({counted(len(found.messages or ()), 'message')})"
            if not output.confirm(f"Delete {what}?"):
                raise _Left
        client.delete(conversation_id)

    _each(context, ids, "Deleted", remove)


class _Left(Exception):
    """Whoever was asked said no."""


def _each(
    context: typer.Context,
    ids: Sequence[str],
    done: str,
    change: Callable[[SyncSekhaClient, str], None],
) -> None:
    """Do the same to each, say what became of each, and go on where one fails.

    Raises:
        typer.Exit: some or all failed.
        SekhaConnectionError: the controller is gone; what was done before was said.
    """
    session = Session.of(context)
    output = session.output
    changed: list[str] = []
    left: list[str] = []
    failed: dict[str, SekhaError] = {}
    waiting = _given(ids)
    with session.client() as client:
        while waiting:
            each = waiting.pop(0)
            try:
                change(client, each)
            except _Left:
                left.append(each)
            except SekhaConnectionError as error:
                # The others would only fail too, each after all its retries.
                failed[each] = error
                break
            except SekhaError as error:
                failed[each] = error
            else:
                changed.append(each)
                if not output.as_json:
                    output.line(f"{done} {each}")
    _account(output, done, changed, left, failed)
    if waiting:
        output.warn(f"{counted(len(waiting), 'more conversation')} left as they were")
    if failed:
        codes = {exit_code(error) for error in failed.values()}
        partly = changed or len(codes) > 1
        raise typer.Exit(ExitCode.PARTLY if partly else codes.pop())


def _account(
    output: Output,
    done: str,
    changed: list[str],
    left: list[str],
    failed: dict[str, SekhaError],
) -> None:
    errors = {each: in_words(error) for each, error in failed.items()}
    if output.as_json:
        output.json({done.lower(): changed, "left": left, "failed": errors})
    for each, words in errors.items():
        output.error(words if each in words else f"{each}: {words}")


def _given(ids: Sequence[str]) -> list[str]:
    """The ids, each once; "-" stands for those on stdin."""
    found: dict[str, None] = {}
    for each in ids:
        if each == "-":
            found.update(dict.fromkeys(sys.stdin.read().split()))
        else:
            found[each] = None
    if not found:
        raise CommandError("no ids on stdin", ExitCode.USAGE)
    return list(found)
