"""The command that sets up: init."""

from __future__ import annotations

import getpass
import json
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from sekha_api.api.system import get_health

from .._sync.client import SyncSekhaClient
from ..config import DEFAULT_BASE_URL, ClientConfig
from ..errors import SekhaAPIError, SekhaConnectionError
from .base import Session, command
from .exit_codes import CommandError, ExitCode
from .output import Output
from .serve import PANEL
from .settings import VARIABLES, config_path

app = typer.Typer()

DEFAULT_MEMORY = "~/.sekha/memory.db"
PATIENCE = 5.0
"""Seconds in which a controller has to answer."""
ANY_KEY = "asked-for-health-which-needs-no-key-at-all"
OLD = ".old"


@command(
    app,
    panel=PANEL,
    examples=["init", "init --local ~/memory.db", "init --url http://127.0.0.1:8080"],
)
def init(
    context: typer.Context,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace the config file; the old one is kept beside it."),
    ] = False,
) -> None:
    """Write the config file, for your eyes only: which controller, or which memory file.

    Looks whether a controller answers, and offers a memory file on this machine where none does.
    The key comes from SEKHA_API_KEY, or is asked for; it is never an argument.
    """
    session = Session.of(context)
    output, choices = session.output, session.choices
    file = config_path()
    if file.exists() and not force:
        remedy = "`sekha-memory config` shows what is set; --force replaces the file"
        raise CommandError(f"{file} is there already: {remedy}", ExitCode.USAGE)
    if choices.url is not None and choices.local is not None:
        raise CommandError("--url and --local exclude each other: give one", ExitCode.USAGE)
    url = choices.url or os.environ.get(VARIABLES["base_url"]) or DEFAULT_BASE_URL
    local = choices.local
    if local is None and not _answers(url):
        local = _offered(output, url, given=choices.url is not None)
    made = _for_file(local) if local is not None else _for_controller(output, url)
    _write(file, made)
    what = f"the memory file {local}" if local is not None else f"the controller at {url}"
    value = {"path": str(file), "local": local, "base_url": None if local is not None else url}
    output.done(f"Wrote {file}: {what}. Try `sekha-memory doctor`.", value)


def _answers(url: str) -> bool:
    """Whether anything that speaks HTTP does; raises SekhaConfigError if this can be no URL."""
    config = ClientConfig(api_key=ANY_KEY, base_url=url, timeout=PATIENCE, max_retries=0)
    with SyncSekhaClient(config) as client:
        try:
            client.call(get_health)
        except SekhaConnectionError:
            return False
        except SekhaAPIError:
            pass  # ill, or something else's answer: `doctor` tells
    return True


def _offered(output: Output, url: str, *, given: bool) -> str | None:
    """A memory file in the place of a controller that does not answer; None if the URL is wanted
    all the same."""
    if not output.can_ask:
        if given:
            output.warn(f"no controller answers at {url} yet")
            return None
        raise CommandError(
            f"no controller answers at {url}: start it or give its --url, or use a memory file on "
            f"this machine, without a server: sekha-memory init --local {DEFAULT_MEMORY}",
            ExitCode.UNREACHABLE,
        )
    output.note(f"No controller answers at {url}.")
    question = f"Use a memory file on this machine instead, {DEFAULT_MEMORY}?"
    return DEFAULT_MEMORY if output.ask(question, "yn") == "y" else None


def _for_file(local: str) -> str:
    path = Path(local).expanduser().absolute()
    if path.is_dir() or not local.strip():
        raise CommandError(f"{local or '--local'}: give the path of a memory file", ExitCode.USAGE)
    # Made now, so that what is missing or in the way is said now.
    with SyncSekhaClient.local(path) as client:
        client.count()
    return f"[cli]\nlocal = {_toml(str(path))}\n"


def _for_controller(output: Output, url: str) -> str:
    key = os.environ.get(VARIABLES["api_key"], "")
    if not key:
        if not output.can_ask:
            raise CommandError(
                "the controller's key is needed: set SEKHA_API_KEY for this command",
                ExitCode.USAGE,
            )
        key = getpass.getpass("The controller's key (mcp_api_key; not shown): ")
    config = ClientConfig(api_key=key.strip(), base_url=url)
    return f"[server]\nbase_url = {_toml(config.base_url)}\napi_key = {_toml(config.api_key)}\n"


def _toml(text: str) -> str:
    # A basic string of TOML, for text without halves of characters.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(file: Path, content: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            os.replace(file, file.with_name(file.name + OLD))
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
