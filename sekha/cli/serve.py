"""The commands about the program itself: serve, compact, config."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekha_api.types import Request

from .._async.client import SekhaClient
from .._core.request.answers import said
from .._transport.hosts import is_loopback
from ..config import ClientConfig
from ..errors import SekhaConfigError
from .base import Session, command
from .exit_codes import CommandError, ExitCode
from .output import Output
from .settings import LOCAL_VARIABLE, asked_embedder, config_path

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from ..local import Controller

app = typer.Typer()
PANEL = "Set up"


@command(
    app,
    panel=PANEL,
    examples=["serve --path memory.db", "serve --path ~/memory.db --port 8081"],
)
def serve(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Option("--path", metavar="FILE", help="The memory file, made where missing."),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port.")] = 8080,
    host: Annotated[
        str, typer.Option("--host", help="The address; anything but loopback is open to others.")
    ] = "127.0.0.1",
    embedder: Annotated[
        str | None,
        typer.Option(
            "--embedder",
            metavar="KIND:MODEL[@URL]",
            help="What makes the vectors: openai, ollama, sentence-transformers or fastembed. "
            "Env: SEKHA_EMBEDDER.",
        ),
    ] = None,
    browse: Annotated[
        bool,
        typer.Option("--browse", help="Show the memory too, under /browse, to who has the key."),
    ] = False,
) -> None:
    """Serve a memory file over HTTP, like a controller, until Ctrl-C.

    Clients need the key that SEKHA_API_KEY or the config file has here.
    """
    session = Session.of(context)
    output = session.output
    file = path or Path(session.choices.local or os.environ.get(LOCAL_VARIABLE) or "")
    if file == Path(""):
        raise CommandError("which memory file? Give --path FILE", ExitCode.USAGE)
    key = serving_key()
    from ..local.server import serve as serve_file

    own = asked_embedder(embedder)
    _require_memory(file.expanduser())
    require_free(host, port)
    if not is_loopback(host):
        output.warn(
            f"{host} is open to other machines: only the key protects this memory, and plain HTTP "
            "hides neither"
        )
    beside = _page(file, host, key) if browse else None
    shown = f"[{host}]" if ":" in host else host
    output.note(f"Serving {file} at http://{shown}:{port}; Ctrl-C ends it.")
    if browse:
        output.note(f"To look at it: http://{shown}:{port}/browse, with the same key.")
    try:
        serve_file(file.expanduser(), host, port, api_key=key, embedder=own, beside=beside)
    except SystemExit:
        raise CommandError(f"{host}:{port} cannot be served") from None
    except KeyboardInterrupt:
        pass  # that is how it is ended
    output.note("Stopped.")


def _page(file: Path, host: str, key: str) -> Callable[[ASGIApp, Controller], ASGIApp]:
    """What puts the page beside the controller, over the same open memory."""
    from ..browse.beside import beside

    def put(app: ASGIApp, controller: Controller) -> ASGIApp:
        client = SekhaClient._over(controller, file.expanduser())
        return beside(app, client, key=key, host=host, target=str(file), read_only=False)

    return put


def serving_key() -> str:
    try:
        return ClientConfig.load(base_url="http://127.0.0.1").api_key
    except SekhaConfigError as error:
        remedy = 'choose one: export SEKHA_API_KEY="$(openssl rand -hex 32)"'
        raise CommandError(f"{error.message}; or {remedy}", ExitCode.USAGE) from None


def _require_memory(file: Path, what: str = "served") -> None:
    """Fail before anything is begun, rather than at each request."""
    from ..local import Controller

    if file.is_dir():
        raise CommandError(f"{file} is a folder: give a memory file", ExitCode.USAGE)
    controller = Controller(file)
    try:
        request = Request(method="GET", path="/api/v1/conversations", params={"page_size": "1"})
        answer = controller.handle(request)
    finally:
        controller.close()
    if not answer.is_success:
        raise CommandError(f"{file} cannot be {what}: {said(answer)}")


def require_free(host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandError(
            f"cannot listen at {host} port {port}: {reason}; choose another --port"
        ) from None


@command(
    app,
    panel=PANEL,
    examples=["compact --path memory.db", "compact --path memory.db --backup copy.db"],
)
def compact(
    context: typer.Context,
    path: Annotated[
        Path | None, typer.Option("--path", metavar="FILE", help="The memory file.")
    ] = None,
    backup: Annotated[
        Path | None,
        typer.Option("--backup", metavar="FILE", help="Copy the memory there before."),
    ] = None,
) -> None:
    """Check a memory file, and give back the room of what was deleted; others may use it meanwhile."""
    session = Session.of(context)
    file = path or Path(session.choices.local or os.environ.get(LOCAL_VARIABLE) or "")
    if file == Path(""):
        raise CommandError("which memory file? Give --path FILE", ExitCode.USAGE)
    file = file.expanduser()
    if not file.is_file():
        raise CommandError(f"{file} is no file", ExitCode.USAGE)
    _require_memory(file, "compacted")
    from ..local.errors import StoreError, storage_failure
    from ..local.maintenance import back_up
    from ..local.maintenance import compact as compact_file

    try:
        if backup is not None:
            back_up(file, backup.expanduser())
        told = compact_file(file)
    except (StoreError, sqlite3.Error, OSError) as error:
        reason = storage_failure(error) or str(error)
        raise CommandError(f"{file} cannot be compacted: {reason}") from None
    saved = told.before - told.after
    session.output.done(
        f"{file} is whole: {told.after:,} bytes with its side files, {saved:,} fewer than before.",
        {"path": str(file), "before": told.before, "after": told.after},
    )


@command(app, panel=PANEL, examples=["config", "config --path", "config --json"])
def config(
    context: typer.Context,
    path: Annotated[
        bool, typer.Option("--path", help="Only where the config file is or would be.")
    ] = False,
) -> None:
    """Show the settings and where each comes from; the key itself is never shown."""
    session = Session.of(context)
    output = session.output
    file = config_path()
    if path:
        output.done(str(file), {"path": str(file), "exists": file.exists()})
        return
    settings = session.settings().listed()
    if output.as_json:
        shown = {each.name: {"value": each.value, "source": each.source} for each in settings}
        output.json(
            {"settings": shown, "config_file": {"path": str(file), "exists": file.exists()}}
        )
        return
    rows = ([each.name, _shown(each.value), each.source] for each in settings)
    output.table(("SETTING", "VALUE", "FROM"), rows)
    _say_which_file(output, file)


def _say_which_file(output: Output, file: Path) -> None:
    state = "is there" if file.exists() else "does not exist"
    output.note(f"The config file {file} {state}.")


def _shown(value: str | float | bool | None) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g} s" if isinstance(value, int | float) else value
