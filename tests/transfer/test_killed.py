"""Imports and exports that are stopped (SIGKILL, Ctrl-C) at random points."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sekha import ClientConfig, SyncSekhaClient
from sekha.local import Controller
from sekha.local.server import running_server
from support.sources import conversations, of_records, of_source

from .run_import import KEY

COUNT = 300
STOPS = (signal.SIGKILL, signal.SIGINT, signal.SIGKILL)
LARGE = 3_000
TESTS = Path(__file__).resolve().parent.parent
COLOURS = pytest.mark.parametrize("colour", ["async", "sync"])


def start(colour: str, target: str, journal: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "transfer.run_import",
        colour,
        target,
        str(journal),
        str(COUNT),
    ]
    return subprocess.Popen(
        command, cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def stop_when(
    process: subprocess.Popen[str], done: int, delay: float, stop: signal.Signals
) -> None:
    """Stop it a moment after it told of so many records."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip().isdigit() and int(line) >= done:
            time.sleep(delay)
            break
    process.send_signal(stop)
    process.communicate(timeout=60)
    assert process.returncode != 0, "it was over before it was stopped"


def import_with_stops(colour: str, target: str, journal: Path) -> str:
    """Stop it a few times at random points; the output of the run that was left in peace."""
    chances = random.Random(f"{colour} {target[:4]}")
    for number, stop in enumerate(STOPS):
        done = (number * COUNT + chances.randrange(COUNT)) // (len(STOPS) + 1)
        process = start(colour, target, journal)
        stop_when(process, done, chances.uniform(0, 0.05), stop)
    process = start(colour, target, journal)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return output.splitlines()[-1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with running_server(Controller(tmp_path / "served.db"), api_key=KEY) as url:
        yield url


def check(client: SyncSekhaClient, report: str) -> None:
    assert of_records(list(client.iter_export())) == of_source(conversations(COUNT))
    assert f"read={COUNT}," in report
    assert "failed=0, pending=0" in report


@pytest.mark.slow
@COLOURS
def test_an_import_into_a_server_that_lives_on(colour: str, server: str, tmp_path: Path) -> None:
    report = import_with_stops(colour, server, tmp_path / "journal")
    with SyncSekhaClient(ClientConfig(api_key=KEY, base_url=server)) as client:
        check(client, report)


@pytest.mark.slow
@COLOURS
def test_an_import_into_an_embedded_controller_that_dies_too(colour: str, tmp_path: Path) -> None:
    memory = tmp_path / "memory.db"
    report = import_with_stops(colour, str(memory), tmp_path / "journal")
    with SyncSekhaClient.local(memory) as client:
        check(client, report)


@pytest.mark.parametrize("there_before", [True, False])
def test_an_export_is_there_whole_or_not_at_all(there_before: bool, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    if there_before:
        path.write_text("what was there before")
    for share in (0.01, 0.5, 0.9):
        process = subprocess.Popen(
            [sys.executable, "-m", "transfer.run_large", "sync", "json", str(LARGE), str(path)],
            cwd=TESTS,
            stdout=subprocess.DEVNULL,
        )
        wait_for_part(tmp_path, share * LARGE * 10_000)
        process.kill()
        process.wait()
        assert path.exists() == there_before
        if there_before:
            assert path.read_text() == "what was there before"
        assert len(parts(tmp_path)) == 1, "the next one clears away what the one before left"
    with SyncSekhaClient.local() as client:
        client.export_to(path)
    assert not parts(tmp_path) and path.stat().st_size < 1000


def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "transfer.run_large", "sync", "json", str(LARGE), str(path)],
        cwd=TESTS,
        stdout=subprocess.DEVNULL,
    )
    wait_for_part(tmp_path, 0.01 * LARGE * 10_000)
    process.send_signal(signal.SIGSTOP)
    try:
        there = parts(tmp_path)
        with SyncSekhaClient.local() as client:
            client.export_to(path)
        assert parts(tmp_path) == there != []
    finally:
        process.kill()
        process.wait()


def parts(folder: Path) -> list[Path]:
    """The unfinished exports."""
    return sorted(folder.glob(".export.json.*.part"))


def size_of(path: Path) -> int:
    """A file's bytes; none if it has just been renamed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def wait_for_part(folder: Path, size: float) -> None:
    """Until the unfinished export has so many bytes."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if any(size_of(each) >= size for each in parts(folder)):
            return
        time.sleep(0.001)
    raise TimeoutError("no export was begun")
