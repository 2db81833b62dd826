"""Each example runs as its own first lines say, on the embedded controller and on a served one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from sekha import ClientConfig, SyncSekhaClient
from sekha.local import Controller
from sekha.local.server import running_server

EXAMPLES = ROOT / "examples"
KEY = "sekha-fake-key-of-the-served-controller-01"

# What each prints when it does its work.
PRINTS = {
    "basic_usage.py": [
        "Stored as ",
        "importance 8",
        "1 conversation(s)",
        "pinned: True",
        "Deleted.",
    ],
    "context_assembly.py": ["Stored 3 conversations", "Budget 400: ", "Budget 60: ", "job id"],
    "data_import.py": ["Read 36 conversations", "Imported 36, failed 0, skipped 0"],
    "intelligent_pruning.py": [
        "2 of them could be archived",
        "archived: The lunch place",
        "active: The wifi code",
        "active: The migration plan",
    ],
}


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with running_server(Controller(), api_key=KEY) as url:
        yield url


def run(name: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    return done.stdout


def test_every_example_is_tested() -> None:
    elsewhere = {"connect.py", "tour.py", "distributed_import.py", "tracing.py"}
    assert {path.name for path in EXAMPLES.glob("*.py")} == {*PRINTS, *elsewhere}


@pytest.mark.parametrize("name", PRINTS)
def test_an_example_on_the_embedded_controller(name: str) -> None:
    printed = run(name)
    for words in PRINTS[name]:
        assert words in printed


@pytest.mark.parametrize("name", PRINTS)
def test_an_example_on_a_served_controller_leaves_it_empty(name: str, base_url: str) -> None:
    printed = run(name, SEKHA_BASE_URL=base_url, SEKHA_API_KEY=KEY)
    for words in PRINTS[name]:
        assert words in printed
    with SyncSekhaClient(ClientConfig(api_key=KEY, base_url=base_url)) as client:
        assert client.count() == 0


def test_an_import_of_a_file_stays(base_url: str, tmp_path: Path) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_text(
        '{"conversations": [{"from": "human", "value": "How?"}, {"from": "gpt", "value": "So."}]}\n'
        '{"conversations": []}\n',
        "utf-8",
    )
    printed = run("data_import.py", str(file), SEKHA_BASE_URL=base_url, SEKHA_API_KEY=KEY)
    assert "Imported 1, failed 0, skipped 1" in printed
    with SyncSekhaClient(ClientConfig(api_key=KEY, base_url=base_url)) as client:
        (stored,) = client.list_conversations(folder="/imports/talks")
        messages = client.get_conversation(stored.id).messages or ()
        assert [(each.role, each.content) for each in messages] == [
            ("user", "How?"),
            ("assistant", "So."),
        ]
        client.delete(stored.id)


def test_the_tour_does_the_main_job() -> None:
    *_, last = run("tour.py").strip().splitlines()
    assert last.startswith("stored 36, found by meaning 9, found by word ")
    assert last.endswith(", exported 36")
