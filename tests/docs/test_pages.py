"""Every Python and shell block of every page runs as it is written, and prints what the page says.

The Python blocks of a page share one namespace, from top to bottom; its shell blocks are one script.
The key and the URL of the pages' controller become those of one that is served here.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import doctest
import inspect
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from sekha import SekhaClient
from sekha.local import Controller
from sekha.local.server import running_server
from support.doc_blocks import Block, blocks, python_blocks

sys.path.insert(0, str(ROOT / "examples" / "notebooks"))
from demo_export import write_demo_export

DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]
PAGE_URL = "http://localhost:8080"
PAGE_KEY = "sk-sekha-put-the-key-of-your-controller-here"
KEY = "sekha-fake-key-of-the-served-controller-01"
LANGUAGES = {"python", "bash", "text", "json", "toml", "yaml"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def with_blocks(*languages: str) -> list[Path]:
    return [page for page in PAGES if any(blocks(page, *languages))]


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [*os.environ]:
        if name.startswith("SEKHA_"):
            monkeypatch.delenv(name)
    write_demo_export(tmp_path / "chatgpt-export.zip", 12)


async def run(page: Path, block: Block, namespace: dict[str, Any], base_url: str) -> str:
    """What a block prints."""
    code = block.code.replace(PAGE_URL, base_url).replace(PAGE_KEY, KEY)
    # Line numbers of the page, for the traceback.
    tree = compile(
        "\n" * (block.line - 1) + code, str(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if "asyncio.run(" in code:  # a whole program, with a loop of its own
            await asyncio.to_thread(exec, tree, namespace)
        else:
            result = eval(tree, namespace)
            if inspect.isawaitable(result):
                await result
    return printed.getvalue()


@pytest.mark.parametrize("page", with_blocks("python"), ids=name_of)
async def test_python_blocks(page: Path) -> None:
    if page.name == "README.md":
        pytest.skip("its blocks stand alone: test_readme.py")
    namespace: dict[str, Any] = {"__name__": "page"}
    checker, flags = doctest.OutputChecker(), doctest.ELLIPSIS
    with running_server(Controller(), api_key=KEY) as base_url:
        for block in python_blocks(page):
            printed = await run(page, block, namespace, base_url)
            assert checker.check_output(block.prints or "", printed, flags), (
                f"{name_of(page)}:{block.line} prints\n{printed}\nand not\n{block.prints}"
            )
        for value in namespace.values():
            if isinstance(value, SekhaClient):
                await value.aclose()


@pytest.mark.parametrize("page", with_blocks("bash"), ids=name_of)
def test_shell_blocks(page: Path, commands: Path, tmp_path: Path) -> None:
    ports = iter(range(20000 + os.getpid() % 20000, 65000))
    script = "\n".join(each.code for each in blocks(page, "bash"))
    for port in dict.fromkeys(re.findall(r"\b8\d{3}\b", script)):
        script = script.replace(port, str(next(ports)))
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    servers = tmp_path / "servers"
    for number in servers.read_text().split() if servers.exists() else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(number), 15)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_other_blocks(page: Path) -> None:
    for block in blocks(page, "json"):
        try:
            json.loads(block.code)
        except json.JSONDecodeError:
            for line in block.code.splitlines():  # JSONL
                json.loads(line)
    for block in blocks(page, "toml"):
        tomllib.loads(block.code)
    fences = re.findall(r"^ *```([^\n]*)\n.*?^ *```$", page.read_text("utf-8"), re.M | re.S)
    assert {each.split()[0] if each else "" for each in fences} <= LANGUAGES


def test_the_pages_name_every_public_method() -> None:
    text = (DOCS / "python-sdk.md").read_text("utf-8")
    methods = {
        name
        for name, value in inspect.getmembers(SekhaClient)
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    }
    assert {name for name in methods - {"aclose", "config"} if f"`{name}" not in text} == set()
