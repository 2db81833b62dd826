"""The pytest plugin: what its fixtures give, and that it costs nothing where it is not used."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

from conftest import ROOT
from sekha import SekhaAuthError, SekhaClient, SekhaRateLimitError, SyncSekhaClient
from sekha._core.request import retry
from sekha.testing import Drop, FaultyMemory, ServedMemory, faulty_memory, short_waits, throttled
from support.served import talk

APPLICATION = ROOT / "examples" / "tested_application"


def run_pytest(folder: Path, *arguments: str) -> str:
    """What pytest says in another process, with no setting of this project."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull,
         "--rootdir", str(folder), *arguments, str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_sample_application_is_tested_with_nothing_but_the_plugin() -> None:
    written = (APPLICATION / "test_notebook.py").read_text("utf-8")
    said = run_pytest(APPLICATION, "-p", "no:asyncio", "-p", "no:xdist")
    assert f"{written.count('def test_')} passed" in said
    for name in ("sekha_memory", "async_sekha_memory", "sekha_server", "sekha_faults"):
        assert f"{name}:" in written


def test_the_plugin_brings_no_module_of_the_package_along() -> None:
    code = "import sys, pytest; had = set(sys.modules); import pytest_sekha; print(set(sys.modules) - had)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in re.findall(r"'(.*?)'", done.stdout)} == {
        "pytest_sekha"
    }


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_the_async_fixture_works_in_both_modes_of_pytest_asyncio(tmp_path: Path, mode: str) -> None:
    (tmp_path / "test_it.py").write_text(
        textwrap.dedent("""
        import pytest

        @pytest.mark.asyncio
        async def test_marked(async_sekha_memory):
            assert await async_sekha_memory.count() == 0
        """)
    )
    assert "1 passed" in run_pytest(tmp_path, "-o", f"asyncio_mode={mode}")


def test_the_async_memory_is_closed_after_the_test(async_sekha_memory: SekhaClient) -> None:
    async def use() -> int:
        await async_sekha_memory.create_conversation(talk("L"))
        return await async_sekha_memory.count()

    assert asyncio.run(use()) == 1


def test_the_served_memory_asks_for_its_key(sekha_server: ServedMemory) -> None:
    with sekha_server.client() as client:
        stored = client.create_conversation(talk("served"))
    assert sekha_server.memory.get_conversation(stored.id).label == "served"
    wrong = sekha_server.config().evolve(api_key="another-key-of-32-characters-0123")
    with SyncSekhaClient(wrong) as client, pytest.raises(SekhaAuthError):
        client.get_conversation(stored.id)
    with urllib.request.urlopen(f"{sekha_server.environment['SEKHA_BASE_URL']}/health") as answer:
        assert answer.status == 200
    assert sekha_server.key not in repr(sekha_server)


def test_faults_befall_the_next_requests_in_order(sekha_faults: FaultyMemory) -> None:
    sekha_faults.next(None, Drop(carried_out=False))
    sekha_faults.next(throttled())
    with sekha_faults.client() as client:
        assert [client.count(), client.count()] == [0, 0]
    statuses = [each.status for each in sekha_faults.server.seen()]
    assert statuses == [200, None, 429, 200] and sekha_faults.left == 0
    assert len(sekha_faults.server.carried_out()) == 2
    assert sekha_faults.key not in repr(sekha_faults)


def test_what_the_memory_beside_the_server_asks_is_no_request(sekha_faults: FaultyMemory) -> None:
    sekha_faults.next(throttled())
    assert sekha_faults.memory.count() == 0
    assert (sekha_faults.server.seen(), sekha_faults.left) == ([], 1)


def test_short_waits_end_with_their_block() -> None:
    usual = retry.BACKOFF_START, retry.THROTTLE_CAP
    with short_waits(), faulty_memory() as faulty:
        assert (retry.BACKOFF_START, retry.THROTTLE_CAP) < usual
        faulty.next(*[throttled()] * 40)
        with faulty.client(deadline=0.4) as client, pytest.raises(SekhaRateLimitError):
            client.count()
    assert (retry.BACKOFF_START, retry.THROTTLE_CAP) == usual
