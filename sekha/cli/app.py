"""All commands under one name."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from . import (
    browse,
    diagnosis,
    edit,
    find,
    formats,
    index,
    mcp,
    pruning,
    read,
    serve,
    setup,
    stats,
    transfer,
)
from .base import PROGRAM, Program, as_written, with_common_options
from .exit_codes import MEANINGS

EPILOG = "\n\n".join(
    [
        as_written(
            "[bold]Start without a server:[/bold]",
            f"$ {PROGRAM} init --local ~/memory.db",
            f'$ {PROGRAM} store "Hello, memory." --label Notes',
            f"$ {PROGRAM} query greeting",
        ),
        as_written("[bold]Something does not work:[/bold]", f"$ {PROGRAM} doctor"),
        as_written(
            "[bold]Exit codes:[/bold]",
            *(f"{code.value:>3}  {meaning}" for code, meaning in MEANINGS.items()),
        ),
    ]
)

app = typer.Typer(
    cls=Program,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        print(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
@with_common_options
def main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Your conversations with AI models: stored, found again, and taken out."""


for part in (
    *(find, read, stats, edit, pruning, transfer, index, formats),
    *(setup, browse, serve, mcp, diagnosis),
):
    app.add_typer(part.app)


def run() -> None:
    """Run with the process's arguments; ends the process."""
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name=PROGRAM)


def _open_what_is_closed() -> None:
    """Have the three streams: a process can be started without."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))
