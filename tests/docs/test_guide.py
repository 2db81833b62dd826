"""Every Python block of the guide runs as it is written, key and URL aside, against a controller
over HTTP, and prints what the page says."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import doctest
import inspect
import io
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from sekha import ClientConfig, SekhaClient
from sekha.local import Controller
from sekha.local.server import running_server
from support.doc_blocks import Block, python_blocks

GUIDE = ROOT / "docs" / "python-sdk.md"
PAGE_URL = "http://localhost:8080"
PAGE_KEY = "sk-sekha-put-the-key-of-your-controller-here"
KEY = "sekha-fake-key-of-the-served-controller-01"


async def run(block: Block, namespace: dict[str, Any], base_url: str) -> str:
    """What a block prints."""
    code = block.code.replace(PAGE_URL, base_url).replace(PAGE_KEY, KEY)
    # Line numbers of the page, for the traceback.
    tree = compile(
        "\n" * (block.line - 1) + code, str(GUIDE), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
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


async def test_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = list(python_blocks(GUIDE))
    assert len(blocks) >= 15
    namespace: dict[str, Any] = {"__name__": "guide"}
    checker, flags = doctest.OutputChecker(), doctest.ELLIPSIS
    with running_server(Controller(), api_key=KEY) as base_url:
        config = ClientConfig(api_key=KEY, base_url=base_url)
        async with SekhaClient(config) as client:
            for block in blocks:
                # Blocks that open a client of their own rebind the name.
                namespace["client"] = client
                printed = await run(block, namespace, base_url)
                assert block.prints is not None, f"line {block.line} does not say what it prints"
                assert checker.check_output(block.prints, printed, flags), (
                    f"{GUIDE.name} line {block.line} prints\n{printed}\nand not\n{block.prints}"
                )


def test_the_guide_names_every_public_method() -> None:
    text = GUIDE.read_text("utf-8")
    methods = {
        name
        for name, value in inspect.getmembers(SekhaClient)
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    }
    assert {name for name in methods - {"aclose", "config"} if f"`{name}" not in text} == set()
