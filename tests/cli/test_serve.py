"""Serving a memory file from the command line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sekha import ClientConfig, SyncSekhaClient
from support.terminal import COMMAND, Terminal

from .conftest import Run

KEY = "not-a-real-key-only-for-these-tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(path: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    environment = {**os.environ, "SEKHA_API_KEY": KEY}
    process = subprocess.Popen(
        [*COMMAND, "serve", "--path", str(path), "--port", str(port), *arguments],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            try:
                assert httpx.get(f"{url}/health", trust_env=False).status_code == 200
                break
            except httpx.ConnectError:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
        yield url, process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_served_memory_is_the_file(memory: Path, run: Run) -> None:
    with serving(memory) as (url, process):
        config = ClientConfig(api_key=KEY, base_url=url)
        with SyncSekhaClient(config) as client:
            assert client.count() == 4
            assert client.smart_query("vegetables", 1).results[0].label == "Garden"
        wrong = httpx.get(f"{url}/api/v1/conversations", trust_env=False)
        assert wrong.status_code == 401
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"Serving {memory} at {url}" in said and said.endswith("Stopped.\n")
    assert KEY not in said and "warning" not in said


def test_it_warns_when_others_can_reach_it(memory: Path) -> None:
    with serving(memory, "--host", "0.0.0.0") as (_, process):
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert said.startswith("warning: 0.0.0.0 is open to other machines")


def test_ctrl_c_on_a_terminal(memory: Path) -> None:
    environment = {"SEKHA_API_KEY": KEY}
    arguments = ("serve", "--path", str(memory), "--port", str(free_port()))
    with Terminal(*arguments, env=environment) as terminal:
        terminal.wait_for("Ctrl-C ends it")
        time.sleep(1)
        terminal.interrupt()
        assert terminal.end() == 0
    assert "Stopped." in terminal.text and "Traceback" not in terminal.text


def test_it_takes_its_key_from_the_environment_only(run: Run, memory: Path) -> None:
    missing = run("serve", "--path", str(memory), code=2).stderr
    assert "SEKHA_API_KEY" in missing and missing.count("\n") == 1
    assert run("serve", "--path", str(memory), f"--key={KEY}", code=2).stderr.count(KEY) == 0


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKHA_API_KEY", KEY)


def test_what_cannot_be_served_is_said_at_once(
    run: Run, key: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database " * 100)
    assert "database" in run("serve", "--path", str(text), code=1).stderr
    assert "is a folder" in run("serve", "--path", str(tmp_path), code=2).stderr
    assert "--path" in run("serve", code=2).stderr
    monkeypatch.setenv("SEKHA_API_KEY", "short")
    assert "32" in run("serve", "--path", str(tmp_path / "m.db"), code=2).stderr


def test_a_port_that_is_taken(run: Run, key: None, memory: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = run("serve", "--path", str(memory), "--port", port, code=1).stderr
    assert "another --port" in said and said.count("\n") == 1


def test_browse_beside_the_controller_is_behind_its_key(memory: Path) -> None:
    with serving(memory, "--browse") as (url, process):
        with httpx.Client(base_url=url, trust_env=False, headers={"origin": url}) as browser:
            assert browser.get("/browse/").status_code == 401
            assert browser.get("/api/v1/conversations").status_code == 401
            wrong = browser.post("/browse/enter", data={"key": f"{KEY}x"})
            assert wrong.status_code == 401
            entered = browser.post("/browse/enter", data={"key": KEY})
            assert entered.status_code == 303 and entered.headers["location"] == "/browse/"
            assert "path=/browse;" in entered.headers["set-cookie"].lower()
            shown = browser.get("/browse")
            assert "Project:AI" in shown.text and 'href="/browse/c/' in shown.text
            assert browser.get("/browse/static/app.css").status_code == 200
            # Its cookie is good for the page alone.
            assert browser.get("/api/v1/conversations").status_code == 401
        with SyncSekhaClient(ClientConfig(api_key=KEY, base_url=url)) as client:
            assert client.count() == 4
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0 and f"{url}/browse" in said and KEY not in said
