"""What doctor finds, on controllers that are well and on some that are not."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sekha import ClientConfig, MessageDto, NewConversation, SyncSekhaClient
from sekha.cli import checks
from sekha.cli.settings import config_path
from sekha.local import Controller
from sekha.local.server import running_server
from sekha_api.types import RawResponse, Request
from support.recorded_controller import KEY as PUBLIC_KEY
from support.recorded_controller import Pace, RecordedController, Stack
from support.recorded_controller import serve as as_public

from .conftest import Run

KEY = "not-a-real-key-only-for-these-tests"


class Patient:
    """A controller that ails: some requests are answered otherwise."""

    def __init__(
        self, path: Path, ailment: Callable[[Request], RawResponse | None] = lambda _: None
    ) -> None:
        self._controller = Controller(path)
        self._ailment = ailment
        self.methods: set[str] = set()

    def handle(self, request: Request) -> RawResponse:
        self.methods.add(f"{request.method} {request.path}")
        return self._ailment(request) or self._controller.handle(request)

    def close(self) -> None:
        self._controller.close()


@contextmanager
def ward(patient: Patient) -> Iterator[str]:
    with running_server(patient, api_key=KEY) as url:
        yield url


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKHA_API_KEY", KEY)


def doctor(run: Run, *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """The checks by their names."""
    found = json.loads(run("doctor", *arguments, "--json", code=code).stdout)
    assert found["ok"] is (code == 0)
    return {check["name"]: check for check in found["checks"]}


def rows_of(found: dict[str, dict[str, Any]], state: str) -> set[int]:
    return {row for name, each in found.items() if each["state"] == state for row in each["rows"]}


def test_a_memory_file_that_is_well(run: Run, memory: Path) -> None:
    found = doctor(run)
    assert {each["state"] for each in found.values()} <= {"ok", "note", "skip"}
    assert found["settings"]["message"].endswith("from SEKHA_LOCAL")
    assert found["embeddings"]["state"] == "ok"
    assert {6, 9, 13, 17} <= rows_of(found, "ok")
    shown = run("doctor")
    assert "ok\tembeddings: " in shown.stdout and "Nothing stands in the way" in shown.stderr


def test_all_rows_are_accounted_for_once(run: Run, memory: Path) -> None:
    with ward(Patient(memory)) as url:
        found = doctor(run, "--url", url)
    rows = [row for each in found.values() for row in each["rows"]]
    assert sorted(rows) == list(range(1, 37))


def test_it_only_reads(run: Run, memory: Path) -> None:
    patient = Patient(memory)
    with SyncSekhaClient.local(memory) as client:
        before = client.export()
    with ward(patient) as url:
        doctor(run, "--url", url)
    assert not {each.split()[0] for each in patient.methods} & {"PUT", "DELETE", "PATCH"}
    assert not any("prune" in each or "summarize" in each for each in patient.methods)
    with SyncSekhaClient.local(memory) as client:
        assert client.export() == before


def test_nobody_there(run: Run) -> None:
    found = doctor(run, "--url", "http://127.0.0.1:9", code=5)
    assert found["address"]["state"] == "fail" and "--url" in found["address"]["remedy"]
    assert "embeddings" not in found


def test_a_proxy_in_the_way_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    result = run("doctor", "--url", "http://controller.invalid:8080", code=5)
    assert "name that in NO_PROXY" in result.stdout
    # The key would be readable on the way: one line of warning, without a path of a source file.
    assert result.stderr.startswith("warning: the key is sent to the controller controller.invalid")
    assert ".py" not in result.stderr


def test_something_else_has_the_port(run: Run) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        found = doctor(run, "--url", f"http://127.0.0.1:{server.server_port}", code=5)
    finally:
        server.shutdown()
        server.server_close()
    assert "Something else" in found["address"]["remedy"]


def test_a_wrong_key(run: Run, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKHA_API_KEY", "another-key-that-is-not-the-right-one")
    with ward(Patient(memory)) as url:
        found = doctor(run, "--url", url, code=4)
    assert found["address"]["state"] == "ok" and found["key"]["state"] == "fail"
    assert "SEKHA_API_KEY" in found["key"]["remedy"]


def test_an_ill_controller(run: Run, memory: Path) -> None:
    def ailment(request: Request) -> RawResponse | None:
        return RawResponse(503, {}, b"") if request.path == "/health" else None

    with ward(Patient(memory, ailment)) as url:
        found = doctor(run, "--url", url, code=5)
    assert found["address"]["state"] == "ok" and found["health"]["rows"] == [16]
    assert "Chroma" in found["health"]["remedy"]


@contextmanager
def public(
    monkeypatch: pytest.MonkeyPatch, stack: Stack | None = None, pace: Pace | None = None
) -> Iterator[str]:
    """A controller as the public one is, with a little in it."""
    monkeypatch.setenv("SEKHA_API_KEY", PUBLIC_KEY)
    with (
        closing(RecordedController(stack=stack)) as controller,
        as_public(controller, pace) as fault_server,
    ):
        config = ClientConfig(api_key=PUBLIC_KEY, base_url=fault_server.base_url)
        with SyncSekhaClient(config) as client:
            messages = [MessageDto("user", "hello"), MessageDto("assistant", "hello you")]
            client.create_conversation(NewConversation("Greeting", messages))
        yield fault_server.base_url


def test_the_public_controller(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with public(monkeypatch) as url:
        found = doctor(run, "--url", url)
    assert rows_of(found, "note") == {2, 6, 8, 9, 13, 15, 17, 18, 29}
    assert rows_of(found, "warn") == {23} and "port" in found["row 23"]["remedy"]
    assert rows_of(found, "ok") == set()


def test_the_public_controller_wedged(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace()
    with public(monkeypatch, pace=pace) as url:
        pace.wedge()
        found = doctor(run, "--url", url, "--timeout", "1", code=5)
    assert found["health"]["state"] == "ok" and found["embeddings"]["state"] == "fail"
    assert found["embeddings"]["rows"] == [4] and "wedged" in found["embeddings"]["message"]
    # What needs no embeddings is looked at all the same.
    assert {6, 17, 29} <= rows_of(found, "note") and {15, 18} <= rows_of(found, "skip")


def test_the_public_controller_without_embeddings(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with public(monkeypatch, Stack(embeddings=False)) as url:
        found = doctor(run, "--url", url, code=5)
    assert found["health"]["state"] == "ok" and found["embeddings"]["state"] == "fail"
    assert {16, 32, 33} == set(found["embeddings"]["rows"])


def test_the_public_controller_without_anything(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with public(monkeypatch, Stack.nothing()) as url:
        found = doctor(run, "--url", url, code=5)
    assert found["health"]["state"] == "fail" and "Chroma" in found["health"]["remedy"]


def test_nothing_stored_is_said(run: Run, tmp_path: Path) -> None:
    with ward(Patient(tmp_path / "empty.db")) as url:
        found = doctor(run, "--url", url)
    assert found["embeddings"]["state"] == "skip" and found["memory"]["state"] == "ok"
    assert {6, 9, 15} <= rows_of(found, "skip")


def test_no_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEKHA_API_KEY")
    assert "SEKHA_API_KEY" in doctor(run, code=2)["settings"]["message"]
    assert "none.db" in doctor(run, "--local", "none.db", code=3)["settings"]["message"]


def test_the_config_file(run: Run, memory: Path) -> None:
    assert "does not exist" in doctor(run)["config file"]["message"]
    path = config_path()
    path.parent.mkdir(parents=True)
    path.write_text(f'mcp_api_key = "{KEY}"\n')
    path.chmod(0o644)
    found = doctor(run)["config file"]
    assert found["state"] == "warn" and found["remedy"].startswith("chmod 600")
    path.chmod(0o600)
    assert doctor(run)["config file"]["state"] == "ok"
    path.write_text("[broken")
    assert doctor(run, "--url", "http://127.0.0.1:9", code=2)["settings"]["state"] == "fail"


def test_another_distribution_in_the_way(
    run: Run, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = {"sekha": ["sekha-memory", "sekha-elsewhere"], "sekha_api": ["sekha-memory"]}
    monkeypatch.setattr(checks, "packages_distributions", lambda: installed)
    found = doctor(run, code=1)["installation"]
    assert "sekha-elsewhere" in found["message"]
    assert found["remedy"].startswith("pip uninstall sekha-elsewhere")


def test_another_version_is_imported(
    run: Run, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "version", lambda _: "0.0.1")
    assert "0.0.1" in doctor(run, code=1)["installation"]["message"]


def test_a_host_that_never_answers(run: Run) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        found = doctor(run, "--url", url, "--timeout", "0.5", code=5)
    assert "no answer within 0.5 s" in found["address"]["message"]
