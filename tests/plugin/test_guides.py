"""The blocks of the guides on testing, tracing and logging run as they are written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from support.doc_blocks import python_blocks

GUIDES = ROOT / "docs" / "guides"


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_testing_your_app(tmp_path: Path) -> None:
    blocks = list(python_blocks(GUIDES / "testing-your-app.md"))
    for number, block in enumerate(blocks):
        (tmp_path / f"test_{number}.py").write_text(block.code)
    said = run(tmp_path, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", ".", ".")
    assert f"{sum(block.code.count('def test_') for block in blocks)} passed" in said


@pytest.mark.parametrize("name", ["tracing.md", "logging.md"])
def test_programs_of_a_guide(tmp_path: Path, name: str) -> None:
    blocks = list(python_blocks(GUIDES / name))
    assert blocks
    for block in blocks:
        said = run(tmp_path, "-c", block.code)
        assert ("count_conversations: attempt 1: status 200" in said) == (name == "logging.md")
