"""The wheel built from this tree, installed in a folder with the core dependencies and no more."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from conftest import ROOT

CORE = ("httpx", "httpcore", "attrs", "python-dateutil")

Run = Callable[..., str]


def with_dependencies(names: tuple[str, ...]) -> dict[str, Distribution]:
    """These distributions and all that they need, extras aside."""
    found: dict[str, Distribution] = {}
    left = list(names)
    while left:
        name = left.pop().lower().replace("_", "-")
        if name in found:
            continue
        found[name] = distribution(name)
        for text in found[name].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                left.append(requirement.name)
    return found


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel; built without a network, for the build's own requirements are installed here."""
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(target)]
    subprocess.run([*command, *options, str(ROOT)], check=True, capture_output=True, text=True)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages: the wheel, and links to the core dependencies."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-index", "--no-deps", "--target", str(target)]
    subprocess.run([*command, *options, str(wheel)], check=True, capture_output=True, text=True)
    for each in with_dependencies(CORE).values():
        for name in {file.parts[0] for file in each.files or ()} - {"..", "__pycache__"}:
            (target / name).symlink_to(Path(str(each.locate_file(name))).resolve())
    return target


@pytest.fixture
def run(site: Path, tmp_path: Path) -> Run:
    """Runs a program that sees the standard library and that folder; gives what it prints."""

    def run(code: str, *arguments: str) -> str:
        begin = f"import sys; sys.path.append({str(site)!r})\n"
        # -S leaves all other packages out, -I the environment and the current folder; -B writes no
        # bytecode, whoever comes here first.
        done = subprocess.run(
            [
                sys.executable,
                "-I",
                "-S",
                "-B",
                "-W",
                "error",
                "-c",
                begin + textwrap.dedent(code),
                *arguments,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
