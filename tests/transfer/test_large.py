"""A large export goes out and in again in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent


@pytest.mark.slow
@pytest.mark.parametrize(
    ("colour", "format", "count", "limit"),
    [("sync", "json", 8_000, 40), ("async", "jsonl", 5_000, 40)],
)
def test_memory_stays_flat(
    colour: str, format: str, count: int, limit: int, tmp_path: Path
) -> None:
    path = tmp_path / "export"
    command = [sys.executable, "-m", "transfer.run_large", colour, format, str(count), str(path)]
    figures = json.loads(subprocess.run(command, cwd=TESTS, capture_output=True, check=True).stdout)
    assert figures["size"] == path.stat().st_size > count * 10_000
    assert figures["exported"] == figures["restored"] == count
    assert figures["archived"] == count / 10
    assert figures["export"] < limit, figures
    assert figures["restore"] < limit, figures
