"""January's export, then June's, each killed half-way and gone on with under another name and in another
form, without a journal: nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.import_files import gpt_conversation, gpt_message
from support.recorded_controller import RecordedController, Stack, serve

from .run_once import client_of

TESTS = Path(__file__).resolve().parent.parent
COUNT = 60


def chat(number: int, messages: int) -> dict[str, Any]:
    said = [
        gpt_message(
            ("user", "assistant")[place % 2], f"text {number} {place}", create_time=1e9 + place
        )
        for place in range(messages)
    ]
    name = f"chat {number}"
    return gpt_conversation(*said, title=name, id=name, conversation_id=name)


JANUARY = [chat(number, 2) for number in range(COUNT)]
JUNE = [chat(number, 4 if number % 3 == 0 else 2) for number in range(10, COUNT + 10)]


def written(path: Path, chats: list[dict[str, Any]]) -> str:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("conversations.json", json.dumps(chats))
    else:
        path.write_text(json.dumps(chats))
    return str(path)


@contextmanager
def target_of(kind: str, folder: Path) -> Iterator[str]:
    if kind == "embedded":
        yield str(folder / "memory.db")
        return
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        yield server.base_url
    controller.close()


def bring(target: str, export: str, index: str, *, kill_at: int | None = None) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "transfer.run_once", target, export, index],
        cwd=TESTS,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if kill_at is not None and line.strip().isdigit() and int(line) >= kill_at:
            process.kill()
            break
    process.communicate(timeout=120)
    assert (process.returncode == 0) == (kill_at is None)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["embedded", "recorded"])
def test_killed_and_gone_on_with_in_another_form(kind: str, tmp_path: Path) -> None:
    index = str(tmp_path / "index.db")
    with target_of(kind, tmp_path) as target:
        bring(target, written(tmp_path / "january.json", JANUARY), index, kill_at=15)
        bring(target, written(tmp_path / "january.zip", JANUARY), index, kill_at=45)
        bring(target, written(tmp_path / "other name.json", JANUARY), index)
        bring(target, written(tmp_path / "june.json", JUNE), index, kill_at=18)
        bring(target, written(tmp_path / "june.zip", JUNE), index, kill_at=40)
        bring(target, written(tmp_path / "june2.json", JUNE), index)
        bring(target, str(tmp_path / "january.json"), index)
        with client_of(target) as client:
            records = [each for each in client.iter_export() if each["status"] == "active"]
    texts = Counter(tuple(m["content"] for m in each["messages"]) for each in records)
    assert set(texts.values()) == {1}, "nothing twice"
    expected = dict.fromkeys(range(COUNT), 2)
    expected |= {number: 4 if number % 3 == 0 else 2 for number in range(10, COUNT + 10)}
    assert Counter(len(each["messages"]) for each in records) == Counter(expected.values())
    assert len(records) == COUNT + 10
