"""Frameworks' own test suites, run on our adapters. They are downloaded with the framework's source
distribution, in the version that is installed, and kept in a cache beside this checkout."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conftest import ROOT

CACHE = ROOT / ".cache" / "sdists"


NOT_INSTALLED = {"langgraph-checkpoint-sqlite": "3.1.2"}
"""Suites of packages that are not needed for anything else, and their versions."""


def sdist(distribution: str) -> Path:
    """The unpacked source distribution, of the version that is installed."""
    wanted = NOT_INSTALLED.get(distribution) or version(distribution)
    stem = f"{distribution.replace('-', '_')}-{wanted}"
    target = CACHE / stem
    if not target.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        options = ["--disable-pip-version-check", "--no-binary", distribution, "--dest", str(CACHE)]
        subprocess.run([*command, *options, f"{distribution}=={wanted}"], check=True)
        with tarfile.open(CACHE / f"{stem}.tar.gz") as archive:
            archive.extractall(CACHE, filter="data")
    return target


def load(distribution: str, path: str, name: str) -> ModuleType:
    """A test module of a source distribution; what it imports of the others is found too."""
    top = sdist(distribution)
    if str(top) not in sys.path:
        sys.path.insert(0, str(top))
    file = top / path
    module = ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module
    exec(compile(file.read_text("utf-8"), str(file), "exec"), module.__dict__)
    return module


def take_over(
    module: ModuleType, namespace: dict[str, Any], *, skipped: Mapping[str, str] | None = None
) -> None:
    """Put the module's tests and fixtures into ours, so that pytest collects them here.

    Args:
        skipped: the tests that cannot be ours, by name (`Class.test` or `test`), and why. One that
            the suite does not have is an error.
    """
    left = dict(skipped or {})
    for name, value in list(vars(module).items()):
        if (
            inspect.isclass(value)
            and name.startswith("Test")
            and value.__module__ == module.__name__
        ):
            for member in [each for each in vars(value) if each.startswith("test")]:
                reason = left.pop(f"{name}.{member}", None)
                if reason is not None:
                    setattr(value, member, pytest.mark.skip(reason=reason)(getattr(value, member)))
            namespace[name] = value
        elif name.startswith("test") and callable(value):
            reason = left.pop(name, None)
            namespace[name] = value if reason is None else pytest.mark.skip(reason=reason)(value)
        elif type(value).__name__ == "FixtureFunctionDefinition":
            namespace.setdefault(name, value)
    assert not left, f"the suite has no such tests: {sorted(left)}"
