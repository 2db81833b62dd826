"""Help and documentation say what the commands do."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
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
        *(
            "serve",
            "mcp",
            "init",
            "config",
            "doctor",
            "recall",
            "query",
            "search",
            "context",
            "list",
            "show",
            "stats",
            "mcp",
        ),
        *("store", "label", "move", "pin", "archive", "delete", "prune"),
        *("import", "rebuild-index", "formats", "export", "restore"),
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


def test_the_document_has_every_command_and_option() -> None:
    written = DOCUMENT.read_text("utf-8")
    for name, command in COMMANDS.items():
        assert f"`{name}" in written
        for parameter in command.params:
            long = [option for option in parameter.opts if option.startswith("--")]
            assert all(f"`{option}" in written for option in long), (name, long)


def test_version_and_no_arguments(run: Run) -> None:
    assert run("--version").stdout.startswith("sekha-memory ")
    assert "Usage" in run().stdout


def test_the_document_can_be_followed(tmp_path: Path) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.M | re.S)
    scripts = tmp_path / "bin"
    scripts.mkdir()
    command = scripts / "sekha-memory"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sekha.cli "$@"\n')
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    work = tmp_path / "work"
    work.mkdir()
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ended.returncode == 0, ended.stderr
    assert "error" not in ended.stderr and len(blocks) > 5
