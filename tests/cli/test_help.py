"""Help and documentation say what the commands do."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from sekha.cli.app import app
from sekha.cli.exit_codes import MEANINGS

from .conftest import Run

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "command-line.md"
COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
PROMPT = "$ sekha-memory "


def examples(name: str) -> list[str]:
    epilog = COMMANDS[name].epilog.replace("\\[", "[")
    return [line.removeprefix(PROMPT) for line in epilog.splitlines() if line.startswith(PROMPT)]


def test_all_commands_are_there() -> None:
    assert set(COMMANDS) == {
        *("recall", "query", "search", "context", "list", "show", "stats"),
        *("store", "label", "move", "pin", "archive", "delete", "prune"),
        *("import", "rebuild-index", "formats", "export", "restore"),
        *("serve", "mcp", "browse", "compact", "init", "config", "doctor"),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(run: Run, name: str) -> None:
    shown = run(name, "--help").stdout
    assert examples(name) and PROMPT + examples(name)[0] in " ".join(shown.split())
    assert all(option in shown for option in ("--local", "--url", "--timeout", "--json"))
    assert "key" in shown and max(map(len, shown.splitlines())) <= 80
    assert run(name, "-h").stdout == shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_can_be_typed(name: str) -> None:
    for example in examples(name):
        words = shlex.split(re.split(r" [|<>] ", example)[0])
        assert words[0] == name and len(PROMPT + example) <= 79
        COMMANDS[name].make_context(name, words[1:])


def test_exit_codes_are_in_the_help_and_in_the_document(run: Run) -> None:
    shown, written = run("--help").stdout, DOCUMENT.read_text("utf-8")
    for code, meaning in MEANINGS.items():
        assert f"{code.value}  {meaning}" in shown
        assert f"| {code.value} | {meaning} |" in written


def test_the_document_has_every_command() -> None:
    written = DOCUMENT.read_text("utf-8")
    assert not [name for name in COMMANDS if f"`{name}`" not in written]


def test_version_and_no_arguments(run: Run) -> None:
    assert run("--version").stdout.startswith("sekha-memory ")
    assert "Usage" in run().stdout
