"""The commands that look: query, search, context, list, show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated

import typer
from rich.text import Text

from .._core.search import terms
from ..models import Conversation, Message, SearchResult
from .base import Session, command
from .output import ConversationRow, Output, clean, clip, counted, day, minute, one_line

app = typer.Typer()
PANEL = "Look"

SNIPPET = 220
SHOWN_MATCHES = 3
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")]
Label = Annotated[str | None, typer.Option("--label", "-l", help="Only of exactly this label.")]
Folder = Annotated[str | None, typer.Option("--folder", "-f", help="Only of exactly this folder.")]
Full = Annotated[bool, typer.Option("--full", help="Whole messages, not their beginning.")]


@command(
    app,
    panel=PANEL,
    examples=['query "how much text fits into the prompt"', "query dinner ideas --limit 3 --json"],
)
def query(
    context: typer.Context,
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="What to look for.")],
    limit: Limit = 10,
    full: Full = False,
) -> None:
    """Find messages by meaning, the closest first."""
    session = Session.of(context)
    output = session.output
    with session.client() as client:
        found = client.smart_query(" ".join(text), limit)
    if output.as_json:
        output.json(found)
    elif not found.results:
        output.note("Nothing is stored yet.")
    elif output.for_people:
        for result in found:
            _print_result(output, result, full)
    else:
        output.table((), (_result_row(result) for result in found))


def _print_result(output: Output, result: SearchResult, full: bool) -> None:
    closeness = Text(f"{result.similarity:5.2f}  ", "bold green")
    output.heading(result.label, result.folder, day(result.timestamp), before=closeness)
    output.line(Text(f"       {result.conversation_id}", "dim"))
    _print_message(output, result.role or "?", result.content, full=full)
    output.line()


def _result_row(result: SearchResult) -> list[str]:
    return [
        f"{result.similarity:.4f}",
        result.conversation_id,
        result.label,
        result.folder,
        result.role or "",
        result.content,
    ]


@command(
    app,
    panel=PANEL,
    examples=["search gluten-free cake", "search '\"exact phrase\" word' --label Recipes"],
)
def search(
    context: typer.Context,
    text: Annotated[
        list[str], typer.Argument(metavar="WORDS", help='Words, all of which occur, or a "phrase".')
    ],
    label: Label = None,
    limit: Limit = 10,
    full: Full = False,
) -> None:
    """Find conversations by their words, the best match first."""
    session = Session.of(context)
    output = session.output
    wanted = " ".join(text)
    with session.client() as client:
        found = client.search(wanted, label, limit)
    if output.as_json:
        output.json(found)
    elif not found:
        output.note("Nothing found. `sekha-memory query` looks by meaning instead of words.")
    elif output.for_people:
        for conversation in found:
            _print_matches(output, conversation, terms.parse(wanted), full)
    else:
        rows = (
            [each.id, each.label, each.folder, message.role, message.content]
            for each in found
            for message in each.messages or ()
        )
        output.table((), rows)


def _print_matches(
    output: Output, conversation: Conversation, words: Sequence[str], full: bool
) -> None:
    messages = conversation.messages or ()
    output.heading(conversation.label, conversation.folder, day(conversation.updated_at))
    output.line(Text(conversation.id, "dim"))
    for message in messages if full else messages[:SHOWN_MATCHES]:
        text = message.content if full else _around(message.content, words)
        _print_message(output, message.role, text, full=full, words=words)
    if not full and len(messages) > SHOWN_MATCHES:
        output.line(f"  and {counted(len(messages) - SHOWN_MATCHES, 'more message')}", "dim")
    output.line()


def _around(text: str, words: Sequence[str]) -> str:
    """The part of a text where the first of the words is."""
    line = one_line(text)
    lowered = line.lower()
    places = [place for word in words if (place := lowered.find(word.lower())) >= 0]
    start = max(0, min(places, default=0) - SNIPPET // 3)
    return line if start == 0 else f"…{line[start:]}"


def _print_message(
    output: Output, role: str, content: str, *, full: bool, words: Sequence[str] = ()
) -> None:
    said = clean(content.strip()) if full else clip(content, SNIPPET)
    text = Text(said)
    text.highlight_words(list(words), "bold yellow", case_sensitive=False)
    output.line(Text.assemble((f"  {one_line(role)}: ", "cyan"), text))


@command(
    app,
    panel=PANEL,
    examples=[
        'context "continue with the new feature" --prefer "Project:AI"',
        'context "plan the week" --budget 2000 > context.txt',
    ],
)
def context(
    context: typer.Context,
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="What will be asked.")],
    prefer: Annotated[
        list[str] | None, typer.Option("--prefer", "-p", help="A label that counts more.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", "-x", help="A folder to leave out.")
    ] = None,
    budget: Annotated[int, typer.Option("--budget", "-b", min=1, help="Tokens at most.")] = 8000,
) -> None:
    """Build the context to put before the next prompt."""
    session = Session.of(context)
    output = session.output
    with session.client() as client:
        built = client.assemble_context(
            " ".join(text), prefer or [], budget, excluded_folders=exclude or []
        )
    if output.as_json:
        output.json(built)
        return
    if not built.messages:
        output.note("Nothing to put into a context.")
        return
    output.raw(built.formatted_context)
    output.note(
        f"{counted(len(built.messages), 'message')} of "
        f"{counted(len(built.conversations), 'conversation')}, about "
        f"{built.estimated_tokens:,} of {built.context_budget:,} tokens"
    )


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
    with session.client() as client:
        pages = client.iter_conversations(label, folder=folder, pinned=pinned, archived=archived)
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
