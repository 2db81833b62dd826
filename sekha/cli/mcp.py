"""The command that serves a memory to language models: mcp."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from .base import Session, command
from .exit_codes import CommandError, ExitCode
from .serve import PANEL, require_free, serving_key
from .settings import Settings, asked_embedder

if TYPE_CHECKING:
    from .._async.client import SekhaClient

app = typer.Typer()


class Transport(StrEnum):
    """How a host talks to the server."""

    STDIO = "stdio"
    HTTP = "http"


@command(
    app,
    panel=PANEL,
    examples=["mcp --local ~/memory.db", "mcp --local ~/memory.db --transport http --port 8090"],
)
def mcp(
    context: typer.Context,
    transport: Annotated[
        Transport, typer.Option("--transport", help="stdio for a host that starts this command.")
    ] = Transport.STDIO,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="With http.")] = 8090,
    host: Annotated[
        str, typer.Option("--host", help="With http: a loopback address, no other.")
    ] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Without the tools that change something.")
    ] = False,
) -> None:
    """Serve the memory to Claude, Cursor and other hosts of the Model Context Protocol.

    A memory file that does not exist is made. Over http, hosts need the key that SEKHA_API_KEY or
    the config file has here, as a bearer token.
    """
    session = Session.of(context)
    settings = session.settings()
    from ..integrations.mcp import memory_server, serve_http
    from ..integrations.mcp.http import PATH

    key = ""
    if transport is Transport.HTTP:
        key = serving_key()
        require_free(host, port)

    async def run() -> None:
        async with async_client(settings) as client:
            server = memory_server(client, read_only=read_only)
            if transport is Transport.HTTP:
                await serve_http(server, key, host=host, port=port)
            else:
                await server.run_stdio_async()

    if transport is Transport.HTTP:
        session.output.note(
            f"Serving {settings.target} at http://{host}:{port}{PATH}; Ctrl-C ends it."
        )
    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        pass  # that is how it is ended


def async_client(settings: Settings) -> SekhaClient:
    """A client for what runs in an event loop; a memory file that does not exist is made."""
    from .._async.client import SekhaClient

    if settings.local is None:
        return SekhaClient(settings.config())
    if settings.local.is_dir():
        raise CommandError(f"{settings.local} is a folder: give a memory file", ExitCode.USAGE)
    settings.local.parent.mkdir(parents=True, exist_ok=True)
    return SekhaClient.local(settings.local, embedder=asked_embedder(None), **settings.values)
