"""The command that says why it does not work: doctor."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .._core.wording import counted
from ..errors import SekhaConfigError
from . import checks
from .base import Session, command
from .checks import Check
from .exit_codes import CommandError
from .output import STYLES, Output, clean
from .probes import probe
from .serve import PANEL
from .settings import Settings, with_timeout

app = typer.Typer()

PATIENCE = 5.0
"""Seconds for each question, unless --timeout says otherwise: a wedged controller never answers."""


@command(app, panel=PANEL, examples=["doctor", "doctor --url http://127.0.0.1:8080 --json"])
def doctor(context: typer.Context) -> None:
    """Find out why it does not work: settings, address, key, health, embeddings.

    It only reads. The rows are those of docs/controller-compatibility.md.
    """
    session = Session.of(context)
    output = session.output
    found: list[Check] = []
    for check in _checks(session):
        found.append(check)
        if not output.as_json:
            _print(output, check)
    failures = [check for check in found if check.state == "fail"]
    if output.as_json:
        output.json({"ok": not failures, "checks": found})
    else:
        _conclude(output, found)
    if failures:
        raise typer.Exit(failures[0].code)


def _checks(session: Session) -> Iterator[Check]:
    yield from checks.installation()
    yield checks.config_file()
    try:
        settings = with_timeout(session.settings(), PATIENCE)
    except (CommandError, SekhaConfigError) as error:
        yield checks.no_settings(error)
        return
    used = checks.settings_used(settings)
    yield used
    if used.state != "fail":
        yield from _of_controller(settings)


def _of_controller(settings: Settings) -> Iterator[Check]:
    with settings.client() as unhurried, unhurried.options(max_retries=0) as client:
        reached = checks.address(client, settings)
        yield reached
        if reached.state == "fail":
            yield Check("the rest", "skip", "not looked at: nothing answers")
            return
        key = checks.key(client, settings)
        yield key
        health = checks.health(client)
        yield health
        memory, number = checks.stored(client)
        yield memory
        if "fail" in (key.state, health.state, memory.state):
            yield Check("the rest", "skip", "not looked at while the above fails")
            return
        embeddings = checks.embeddings(client, number)
        yield embeddings
        yield from probe(client, by_meaning=embeddings.state == "ok", served=settings.local is None)


def _print(output: Output, check: Check) -> None:
    # A grid, so that what is wrapped stays in its column.
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=4)
    line.add_column()
    said = Text.assemble((f"{check.name}: ", "bold"), clean(check.message))
    line.add_row(Text(check.state, STYLES[check.state]), said)
    if check.remedy:
        line.add_row("", Text.assemble(("-> ", "bold"), clean(check.remedy)))
    if output.out.is_terminal:
        output.out.print(Padding(line, (0, 0)))
    else:
        remedy = f" -> {check.remedy}" if check.remedy else ""
        output.line(f"{check.state}\t{check.name}: {check.message}{remedy}")


def _conclude(output: Output, found: list[Check]) -> None:
    failed = sum(check.state == "fail" for check in found)
    warned = sum(check.state == "warn" for check in found)
    if failed:
        output.note(Text(f"\n{counted(failed, 'failure')}.", "bold red"))
    else:
        warnings = f", {counted(warned, 'warning')}" if warned else ""
        output.note(Text(f"\nNothing stands in the way{warnings}.", "bold green"))
