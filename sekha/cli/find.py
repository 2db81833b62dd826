"""The commands that look for something: recall, query, search, context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from .._core.search import terms
from .._core.wording import counted
from ..models import (
    Conversation,
    QueryResponse,
    RecallResponse,
    RecallResult,
    SearchResult,
)
from .base import Session, command
from .output import Output, clean, clip, day, one_line

app = typer.Typer()
PANEL = "Look"

SNIPPET = 220
SHOWN_MATCHES = 3
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")]
Label = Annotated[str | None, typer.Option("--label", "-l", help="Only of exactly this label.")]
Folder = Annotated[str | None, typer.Option("--folder", "-f", help="Only of exactly this folder.")]
Under = Annotated[str | None, typer.Option("--under", help="Only of this folder and all below it.")]
Since = Annotated[str | None, typer.Option("--since", help='Said since: a date, or "2 weeks ago".')]
Until = Annotated[str | None, typer.Option("--until", help="Said until then.")]
Full = Annotated[bool, typer.Option("--full", help="Whole messages, not their beginning.")]


@command(
    app,
    panel=PANEL,
    examples=[
        'recall "which hotel did we take in Porto?"',
        'recall "what did Ana decide" --under /work --since "2 weeks ago"',
    ],
)
def recall(
    context: typer.Context,
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="A question, or a few words.")],
    label: Label = None,
    folder: Folder = None,
    under: Under = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 10,
    full: Full = False,
) -> None:
    """Find the messages that answer, by words and meaning together.

    The one to begin with. `query` goes by meaning alone, `search` by words alone.
    """
    session = Session.of(context)
    output = session.output
    with session.client() as client:
        found = client.recall(
            " ".join(text), limit, label, folder, under=under, since=since, until=until
        )
    _show_results(
        output, found, [(each, each.score, each.matched) for each in found], "Nothing found.", full
    )


@command(
    app,
    panel=PANEL,
    examples=['query "how much text fits into the prompt"', "query dinner ideas --limit 3 --json"],
)
def query(
    context: typer.Context,
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="What to look for.")],
    label: Label = None,
    folder: Folder = None,
    under: Under = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 10,
    full: Full = False,
) -> None:
    """Find messages by meaning alone, the closest first.

    Whether they hold the words or not; `recall` takes both into account, and finds more.
    """
    session = Session.of(context)
    output = session.output
    with session.client() as client:
        found = client.smart_query(
            " ".join(text),
            limit,
            label=label,
            folder=folder,
            under=under,
            since=since,
            until=until,
        )
    _show_results(
        output,
        found,
        [(each, each.similarity, ()) for each in found],
        "Nothing is stored yet, or nothing there.",
        full,
    )


def _show_results(
    output: Output,
    found: RecallResponse | QueryResponse,
    results: Sequence[tuple[RecallResult | SearchResult, float, Sequence[str]]],
    nothing: str,
    full: bool,
) -> None:
    """Print messages that were found.

    Args:
        results: each with the number it is ordered by, and the words to highlight in it.
        nothing: what to say if there are none.
    """
    if output.as_json:
        output.json(found)
    elif not results:
        output.note(nothing)
    elif output.for_people:
        for result, score, words in results:
            _print_result(output, result, score, full, words)
    else:
        output.table((), (_result_row(result, score) for result, score, _ in results))


def _print_result(
    output: Output,
    result: SearchResult | RecallResult,
    score: float,
    full: bool,
    words: Sequence[str] = (),
) -> None:
    before = Text(f"{score:5.2f}  ", "bold green")
    output.heading(result.label, result.folder, day(result.timestamp), before=before)
    output.line(Text(f"       {result.conversation_id}", "dim"))
    _print_message(output, result.role or "?", result.content, full=full, words=words)
    output.line()


def _result_row(result: SearchResult | RecallResult, score: float) -> list[str]:
    return [
        f"{score:.4f}",
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
    folder: Folder = None,
    under: Under = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 10,
    full: Full = False,
) -> None:
    """Find conversations by words alone, the best match first.

    Only those that hold all the words; `recall` looks for what answers a question.
    """
    session = Session.of(context)
    output = session.output
    wanted = " ".join(text)
    with session.client() as client:
        found = client.search(
            wanted, label, limit, folder=folder, under=under, since=since, until=until
        )
    if output.as_json:
        output.json(found)
    elif not found:
        output.note("Nothing found. `sekha-memory recall` looks by words and meaning.")
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
    label: Label = None,
    folder: Folder = None,
    under: Under = None,
    since: Since = None,
    until: Until = None,
    budget: Annotated[int, typer.Option("--budget", "-b", min=1, help="Tokens at most.")] = 8000,
) -> None:
    """Build the context to put before the next prompt, from what `recall` finds."""
    session = Session.of(context)
    output = session.output
    with session.client() as client:
        built = client.assemble_context(
            " ".join(text),
            prefer or [],
            budget,
            excluded_folders=exclude or [],
            label=label,
            folder=folder,
            under=under,
            since=since,
            until=until,
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
