"""The commands that look at what is stored: list, show."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer
from rich.text import Text

from .._core import validate
from ..models import Conversation, Message
from .base import Session, command
from .find import PANEL, Folder, Label, Limit, Since, Under, Until
from .output import ConversationRow, Output, day, minute, one_line

app = typer.Typer()


@command(
    app,
    panel=PANEL,
    name="list",
    examples=["list", "list --folder /work --limit 20", "list --all --json"],
)
def list_(
    context: typer.Context,
    label: Label = None,
    folder: Folder = None,
    under: Under = None,
    since: Since = None,
    until: Until = None,
    pinned: Annotated[
        bool | None, typer.Option("--pinned/--not-pinned", help="Only pinned ones, or the others.")
    ] = None,
    archived: Annotated[
        bool | None,
        typer.Option("--archived/--not-archived", help="Only archived ones, or the others."),
    ] = None,
    limit: Limit = 50,
    everything: Annotated[bool, typer.Option("--all", "-a", help="All of them.")] = False,
) -> None:
    """List conversations, the last changed first."""
    session = Session.of(context)
    output = session.output
    validate.integer("limit", limit, 1)
    with session.client() as client:
        pages = client.iter_conversations(
            label,
            folder=folder,
            pinned=pinned,
            archived=archived,
            under=under,
            since=since,
            until=until,
        )
        try:
            found = list(islice(pages, None if everything else limit + 1))
        finally:
            pages.close()
    shown = found if everything else found[:limit]
    if output.as_json:
        output.json(shown)
    elif not shown:
        output.note("No conversations.")
    else:
        output.conversations(("CHANGED", "STATE"), map(_list_row, shown))
    if len(found) > len(shown):
        output.note(f"The first {limit}; --limit N or --all shows more.")


def _list_row(conversation: Conversation) -> ConversationRow:
    importance = conversation.importance_score
    weight = "" if importance is None else f"importance {importance}"
    state = (
        "archived" if conversation.status == "archived" else "pinned" * bool(conversation.pinned)
    )
    facts = [day(conversation.updated_at), state or weight]
    return ConversationRow(conversation.id, facts, conversation.label, conversation.folder)


@command(
    app,
    panel=PANEL,
    examples=["show 8f3e2a54-0c1d-4b7e-9a66-2f1f6f0f9b11", "show ID --json"],
)
def show(
    context: typer.Context,
    conversation_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
) -> None:
    """Show a conversation with all its messages."""
    session = Session.of(context)
    output = session.output
    with session.client() as client:
        conversation = client.get_conversation(conversation_id)
    if output.as_json:
        output.json(conversation)
        return
    output.line(one_line(conversation.label), "bold")
    for name, value in _facts(conversation).items():
        output.line(Text.assemble((f"{name:<11}", "dim"), one_line(value)))
    for message in conversation.messages or ():
        _show_message(output, message)


def _facts(conversation: Conversation) -> dict[str, str]:
    importance = conversation.importance_score
    pinned = " (pinned)" if conversation.pinned else ""
    return {
        "Id": conversation.id,
        "Folder": conversation.folder,
        "Status": conversation.status or "",
        "Importance": "" if importance is None else f"{importance} of 10{pinned}",
        "Created": minute(conversation.created_at),
        "Changed": minute(conversation.updated_at),
    }


def _show_message(output: Output, message: Message) -> None:
    output.line()
    output.line(one_line(message.role), "bold cyan")
    output.line(message.content.strip("\n"))
