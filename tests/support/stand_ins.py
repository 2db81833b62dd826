"""Stand-ins for the programs that pages tell readers to run, which check what they are given.

python stand_ins.py NAME ARGUMENTS...
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("pip", "claude", "make", "jupyter", "python")


def pip(arguments: list[str]) -> None:
    """Installs nothing. The extras that are asked for have to exist."""
    assert arguments[0] == "install", arguments
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for each in arguments[1:]:
        if match := re.fullmatch(rf"(?:{project['name']}|\.)\[([\w,-]+)\]", each):
            missing = set(match[1].split(",")) - set(project["optional-dependencies"])
            assert not missing, f"no extra is called {missing}"


def claude(arguments: list[str]) -> None:
    """Adds no server. The command that it would start has to be one."""
    assert arguments[:2] == ["mcp", "add"] and arguments[3] == "--", arguments
    subprocess.run([*arguments[4:], "--help"], check=True, stdout=subprocess.DEVNULL)


def make(arguments: list[str]) -> None:
    """Makes nothing. There have to be such targets."""
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    missing = {each for each in arguments if "=" not in each} - set(targets)
    assert not missing, f"no target is called {missing}"


def jupyter(arguments: list[str]) -> None:
    """Opens nothing. The notebook has to be there."""
    assert arguments[0] == "lab" and all((ROOT / each).exists() for each in arguments[1:])


def python(arguments: list[str]) -> None:
    """Runs a program of this repository no further than to its help, which has to name the options."""
    program, *given = arguments
    if program.startswith("-"):  # no program of ours
        sys.exit(subprocess.run([sys.executable, *arguments]).returncode)
    command = [sys.executable, str(ROOT / program), "--help"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert not [each for each in given if each.startswith("--") and each not in shown], given


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2:])
