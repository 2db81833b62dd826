"""Completion in real shells, by what `sekha-memory --show-completion` prints for each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ASK = {
    # What a shell does when the tab key is pressed, short of drawing it.
    "bash": """
        eval "$(_SEKHA_MEMORY_COMPLETE=source_bash sekha-memory)"
        complete -p sekha-memory
        COMP_WORDS=(sekha-memory $1); COMP_CWORD=1; COMP_LINE="sekha-memory $1"; COMP_POINT=99
        _sekha_memory_completion sekha-memory
        printf '%s\\n' "${COMPREPLY[@]}"
        """,
    "zsh": """
        autoload -Uz compinit && compinit -u -D
        # Completion runs in the line editor only: what it is given is looked at instead.
        _arguments() { print -r -- "$@"; }
        eval "$(_SEKHA_MEMORY_COMPLETE=source_zsh sekha-memory)"
        words=(sekha-memory $1); CURRENT=2
        _sekha_memory_completion
        """,
    "fish": """
        _SEKHA_MEMORY_COMPLETE=source_fish sekha-memory | source
        complete --do-complete "sekha-memory $argv[1]"
        """,
}


@pytest.fixture
def on_path(tmp_path: Path) -> dict[str, str]:
    """An environment in which `sekha-memory` is a command."""
    command = tmp_path / "bin" / "sekha-memory"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sekha.cli "$@"\n')
    command.chmod(0o755)
    (tmp_path / "home").mkdir(exist_ok=True)
    return {**os.environ, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("shell", ASK)
def test_commands_and_options_are_completed(shell: str, on_path: dict[str, str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    # Each takes a process of its own to answer, and that its time.
    for typed, expected in {"rec": "recall", "--ver": "--version"}.items():
        if typed == "--ver" and shell != "bash":
            continue
        options = ["--no-rcs"] if shell == "zsh" else []
        first = "--" if shell == "fish" else shell
        done = subprocess.run(
            [shell, *options, "-c", ASK[shell], first, typed],
            env=on_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert expected in done.stdout, (done.stdout, done.stderr)
        assert "doctor" not in done.stdout


def test_it_can_be_installed(on_path: dict[str, str]) -> None:
    said = subprocess.run(
        ["sekha-memory", "--help"], env=on_path, capture_output=True, text=True, check=True
    ).stdout
    assert "--install-completion" in said and "--show-completion" in said
