"""The command that makes the import index anew: rebuild-index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .._core.wording import counted
from .base import Session, command

app = typer.Typer()
PANEL = "Bring in, take out"


@command(
    app,
    panel=PANEL,
    name="rebuild-index",
    examples=["rebuild-index", "rebuild-index backup.json"],
)
def rebuild_index(
    context: typer.Context,
    export: Annotated[
        Path | None,
        typer.Argument(metavar="[EXPORT]", help="A json or jsonl export of this controller."),
    ] = None,
) -> None:
    """Make the index of what was imported anew, from the controller or an export of it.

    It is needed after the index was lost, or on another machine, with a controller that does not
    keep where conversations came from. An export saves a request for every conversation.
    """
    session = Session.of(context)
    output, settings = session.output, session.settings()
    with settings.client() as client, output.progress() as progress:
        progress.add_task("Reading")
        needed = not client.keeps_times()
        known = client.rebuild_import_index(export=export) if needed else 0
    if needed:
        output.done(f"The index knows {counted(known, 'conversation')}", {"conversations": known})
    else:
        output.done(
            "No index is needed: this memory keeps where its conversations came from",
            {"conversations": None},
        )
