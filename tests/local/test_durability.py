"""What was acknowledged survives kill -9, whole; and files that several processes use at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from sekha.local import Controller
from support.local_api import Api

_WRITER = """
import json, sys
from sekha.local import Controller
from sekha_api.types import Request

controller = Controller(sys.argv[1])
number = 0
while True:
    number += 1
    name = f"{sys.argv[2]}-{number}"
    messages = [{"role": "user", "content": f"{name} message {n} of seven"} for n in range(7)]
    body = json.dumps({"label": name, "folder": "/k", "messages": messages}).encode()
    request = Request(
        "POST", "/api/v1/conversations", {}, {"content-type": "application/json"}, body
    )
    answer = controller.handle(request)
    assert answer.status_code == 201, answer.text
    print(answer.json()["id"], name, flush=True)
    if number == int(sys.argv[3]):
        controller.close()
        break
"""


def start_writer(path: Path, name: str, count: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_WRITER), str(path), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )


def check_whole(api: Api, name: str, conversation_id: str) -> None:
    expected = [("user", f"{name} message {n} of seven") for n in range(7)]
    assert api.exported(conversation_id) == expected


@pytest.mark.parametrize("delay", [0.05, 0.2, 0.35])
def test_acknowledged_writes_survive_kill_9(memory_file: Path, delay: float) -> None:
    writer = start_writer(memory_file, "w")
    assert writer.stdout is not None
    lines = [writer.stdout.readline()]
    time.sleep(delay)
    os.kill(writer.pid, signal.SIGKILL)
    lines += writer.stdout.readlines()
    writer.wait()
    writer.stdout.close()
    acknowledged = [line.split() for line in lines if line.endswith("\n")]
    assert len(acknowledged) > 1

    controller = Controller(memory_file)
    api = Api(controller)
    for conversation_id, name in acknowledged:
        check_whole(api, name, conversation_id)
    rows = api.get("/api/v1/conversations", page_size="100000").json()["results"]
    # The last one may have been stored without having been printed; but then it is whole too.
    assert len(acknowledged) <= len(rows) <= len(acknowledged) + 1
    for row in rows:
        check_whole(api, row["label"], row["conversation_id"])
    found = api.query("message of seven", limit=100_000)
    assert len(found) == 7 * len(rows) == len(api.words("seven", limit=100_000))
    controller.close()


def test_two_processes_make_and_fill_one_file(memory_file: Path) -> None:
    writers = [start_writer(memory_file, f"p{n}", 15) for n in range(2)]
    outputs = [writer.communicate(timeout=60)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    controller = Controller(memory_file)
    api = Api(controller)
    for output in outputs:
        for line in output.splitlines():
            conversation_id, name = line.split()
            check_whole(api, name, conversation_id)
    assert len(api.listed()) == 30
    controller.close()


def test_another_process_writes_are_seen_at_once(memory_file: Path) -> None:
    controller = Controller(memory_file)
    api = Api(controller)
    mine = api.create("my own message")
    assert len(api.query("message", limit=100)) == 1
    writer = start_writer(memory_file, "other", 2)
    output = writer.communicate(timeout=60)[0]
    theirs = [line.split()[0] for line in output.splitlines()]
    found = api.query("message", limit=100)
    assert {result["conversation_id"] for result in found} == {mine, *theirs}
    assert len(found) == 15
    assert len(api.words("seven", limit=100)) == 14

    deleter = Controller(memory_file)
    assert Api(deleter).call("DELETE", f"/api/v1/conversations/{theirs[0]}").status_code == 200
    deleter.close()
    assert len(api.query("message", limit=100)) == 8
    assert json.loads(api.get("/api/v1/conversations/count").text)["count"] == 2
    controller.close()
