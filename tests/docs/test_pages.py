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

import attrs
import pytest

from conftest import ROOT
from sekha import ClientConfig, SekhaClient, errors
from sekha.local import Controller
from sekha.local.server import running_server
from support.doc_blocks import Block, blocks, python_blocks

sys.path.insert(0, str(ROOT / "examples" / "notebooks"))
from demo_export import write_demo_export

DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]
PAGE_URL = "http://localhost:8080"
PAGE_KEY = "sk-sekha-put-the-key-of-your-controller-here"
SOURCE = "https://github.com/sekha-ai/sekha-python-sdk"
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
    environment = {**os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
    if not re.search("SEKHA_LOCAL|SEKHA_BASE_URL|--local", script):
        environment["SEKHA_LOCAL"] = "memory.db"  # the page leaves it to the reader
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
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


def public_methods() -> set[str]:
    return {
        name
        for name, value in inspect.getmembers(SekhaClient)
        if not name.startswith("_") and (inspect.isroutine(value) or isinstance(value, property))
    }


def test_the_pages_name_every_public_method() -> None:
    methods = public_methods()
    text = (DOCS / "python-sdk.md").read_text("utf-8")
    unsaid = {"aclose", "config", "local"}
    assert {name for name in methods - unsaid if f"`{name}" not in text} == set()
    listed = re.findall(
        r"^        - (\w+)$", (DOCS / "reference/clients.md").read_text("utf-8"), re.M
    )
    assert set(listed) == methods


def test_every_error_has_its_cause_and_its_remedy() -> None:
    parts = re.split(r"^##+ ", (DOCS / "errors.md").read_text("utf-8"), flags=re.M)
    said = {part.split("\n", 1)[0]: part for part in parts}
    kinds = {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert set(kinds) == {name for name in said if name.startswith("Sekha")}
    for name, kind in kinds.items():
        if issubclass(kind, errors.SekhaError) and kind is not errors.SekhaError:
            assert "**Cause.**" in said[name] and "**Remedy.**" in said[name], name


def test_every_setting_and_variable_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text("utf-8")
    for each in attrs.fields(ClientConfig):
        default = "required" if each.default is attrs.NOTHING else f"{each.default}"
        assert re.search(rf"^\| `{each.name}` \| `?{re.escape(default)}`? \|", text, re.M), (
            each.name
        )
    source = "".join(path.read_text("utf-8") for path in (ROOT / "sekha").rglob("*.py"))
    variables = set(re.findall(r"\bSEKHA_[A-Z_]+\b", source))
    assert {name for name in variables if f"`{name}`" not in text} == set()


def test_every_row_is_there() -> None:
    text = (DOCS / "controller-compatibility.md").read_text("utf-8")
    rows = [int(number) for number in re.findall(r"^## Row (\d+)$", text, re.M)]
    assert rows == list(range(1, len(rows) + 1))
    for number in rows:
        assert f"[{number}](#row-{number})" in text
    source = "".join(path.read_text("utf-8") for path in (ROOT / "sekha").rglob("*.py"))
    named = re.findall(r"\brows? (\d+)\b", source)
    assert {int(number) for number in named if int(number) > len(rows)} == set()


def test_every_link_leads_somewhere() -> None:
    """What `make docs` checks on the built site, for the sources: so that GitHub shows no dead link."""
    wrong = []
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if match := re.match(rf"{SOURCE}/(?:blob|tree)/main/([^#]*)", target):
                if not (ROOT / match[1]).exists():
                    wrong.append((name_of(page), target))
            elif not re.match(r"https?:", target):
                path, _, place = target.partition("#")
                file = (page.parent / path).resolve() if path else page
                if not file.exists() or (place and place not in places(file)):
                    wrong.append((name_of(page), target))
    assert wrong == []


def places(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}
