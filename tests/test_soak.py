"""The soak, the killed imports and the long life of benchmarks/, in their short forms."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import killed_imports
import long_life
import soak


@pytest.mark.slow
@pytest.mark.parametrize("client", ["async", "sync"])
def test_nothing_is_lost_and_nothing_stored_twice(client: str) -> None:
    tally, lines = soak.soak(client, 7, 500)
    print("\n".join(lines))
    assert tally.wrong == []
    assert sum(tally.calls.values()) == 500
    # It was a soak: most calls came through, and not all.
    assert len(tally.acknowledged) > 200
    assert tally.failures


@pytest.mark.slow
def test_a_killed_import_loses_nothing_that_was_acknowledged() -> None:
    tally = killed_imports.run(times=3, count=200)
    assert tally.wrong == []
    assert tally.kills == 3 and tally.imports >= 1 and tally.acknowledged > 10


@pytest.mark.slow
def test_a_file_that_many_processes_use_for_long_keeps_everything(tmp_path: Path) -> None:
    weights = {"compact": 2, "rebuild": 1, "reopen": 3}
    tally, _ = long_life.run(tmp_path, operations=50, conversations=40, weights=weights)
    assert tally.wrong == []
    assert sum(tally.calls.values()) == 200
    assert tally.stored >= 40 and tally.deleted and tally.calls["compact"]
