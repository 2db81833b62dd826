"""The command that shows a memory in a browser: browse."""

from __future__ import annotations

import asyncio
import webbrowser
from typing import Annotated

import typer

from .._transport.hosts import is_loopback
from .base import Session, command
from .exit_codes import CommandError, ExitCode
from .mcp import async_client
from .serve import PANEL

app = typer.Typer()


@command(
    app,
    panel=PANEL,
    examples=["browse --local ~/memory.db", "browse --read-only --no-open"],
)
def browse(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="The port; else 8091.")
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="The address; anything but loopback is open to others.")
    ] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Look only: nothing can be changed.")
    ] = False,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Only say the address; open no browser.")
    ] = False,
) -> None:
    """Look at the memory in a browser: search, read, tidy, import and export, until Ctrl-C.

    The address that is opened lets one browser in, once; nobody else is. It works over a memory
    file, which is made where it does not exist, and over any controller.
    """
    session = Session.of(context)
    output, settings = session.output, session.settings()
    from ..browse.running import listener, serve_page

    try:
        sock = listener(host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandError(
            f"cannot listen at {host} port {port}: {reason}; choose another --port",
            ExitCode.FAILURE,
        ) from None
    if not is_loopback(host):
        output.warn(
            f"{host} is open to other machines, and plain HTTP hides neither the memory nor the link"
        )

    def started(address: str) -> None:
        output.note(f"{settings.target}: open {address}\nThe link is good once. Ctrl-C ends it.")
        if not no_open:
            webbrowser.open(address)

    async def run() -> None:
        async with async_client(settings) as client:
            await serve_page(
                client,
                sock,
                host=host,
                target=str(settings.local or settings.url),
                read_only=read_only,
                on_start=started,
            )

    try:
        with sock:
            asyncio.run(run())
    except KeyboardInterrupt:
        pass  # that is how it is ended
    output.note("Stopped.")
