"""examples/distributed_import.py, run as a user runs it: Dask's processes, a real Redis, a served
controller."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from conftest import ROOT
from sekha.testing import Delay
from support.redis_server import PASSWORD, RedisServer, free_port
from support.served import KEY, served

EXAMPLE = ROOT / "examples" / "distributed_import.py"
DATA = ROOT / "examples" / "data" / "conversations.json"


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "SEKHA_API_KEY": KEY, **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
def test_processes_import_together(tmp_path: Path) -> None:
    with served() as here, RedisServer(tmp_path) as redis:
        here.store("there before")
        here.fault_server.follow(
            lambda method, path, number: Delay(0.1, before=True) if method == "POST" else None
        )
        done = run(
            str(EXAMPLE),
            str(DATA),
            SEKHA_BASE_URL=here.fault_server.base_url,
            SEKHA_SHARED_LIMITS=redis.url,
            SEKHA_JOURNALS=str(tmp_path / "journals"),
        )
        assert done.returncode == 0, done.stderr
        records = json.loads(DATA.read_text("utf-8"))
        first = Counter(record["conversations"][0]["value"] for record in records)
        stored = here.all()
        assert Counter(said[0][1] for _, _, said in stored.elements()) == first + Counter(
            ["a question about tokens"]
        )
        assert 1 < here.fault_server.peak("creates") <= 4
        # The first count is this process's own, all else is of the workers.
        assert len(here.fault_server.seen("create_conversation", "memory_store")) == len(records)
    assert f"Imported {len(records)}, known 0, failed 0" in done.stdout
    assert KEY not in done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr


def test_it_says_what_is_missing() -> None:
    without = "import runpy, sys; sys.modules[sys.argv[1]] = None; "
    script = without + "sys.path.insert(0, sys.argv[2]); sys.argv[1:] = []; "
    script += f"runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')"
    folder = str(EXAMPLE.parent)
    url = f"redis://127.0.0.1:{free_port()}/0"
    no_dask = run("-c", script, "distributed", folder, SEKHA_SHARED_LIMITS=url)
    assert no_dask.returncode == 1 and "sekha-memory[distributed]" in no_dask.stderr
    no_extra = run("-c", script, "redis", folder, SEKHA_SHARED_LIMITS=url)
    assert no_extra.returncode == 1 and "sekha-memory[redis]" in no_extra.stderr
    no_redis = run(str(EXAMPLE), SEKHA_SHARED_LIMITS=url)
    assert no_redis.returncode == 1 and "does not answer" in no_redis.stderr
    no_setting = run(str(EXAMPLE))
    assert no_setting.returncode == 1 and "SEKHA_SHARED_LIMITS" in no_setting.stderr
    for each in (no_dask, no_extra, no_redis, no_setting):
        assert "Traceback" not in each.stderr
