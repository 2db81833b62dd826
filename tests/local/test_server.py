"""The controller on a port."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from sekha.local import Controller
from sekha.local.server import application, running_server, serve
from support.local_api import Api

KEY = "not-a-real-key-only-for-these-tests"
AUTHORIZED = {"authorization": f"Bearer {KEY}"}
CONVERSATION = {
    "label": "Grüße",
    "folder": "/f",
    "messages": [{"role": "user", "content": "héllo 日本語"}],
}


@pytest.fixture
def url() -> Iterator[str]:
    with running_server(Controller(), api_key=KEY) as base_url:
        yield base_url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers=AUTHORIZED, trust_env=False) as client:
        yield client


def test_the_same_controller_is_behind_it(client: httpx.Client) -> None:
    created = client.post("/api/v1/conversations", json=CONVERSATION)
    assert created.status_code == 201
    assert created.headers["content-type"] == "application/json"
    assert "date" in created.headers and "server" not in created.headers
    conversation_id = created.json()["id"]
    listed = client.get("/api/v1/conversations", params={"label": "Grüße"}).json()
    assert [row["conversation_id"] for row in listed["results"]] == [conversation_id]
    export = client.post("/mcp/tools/memory_export", json={"conversation_id": conversation_id})
    assert export.json()["data"]["messages"][0]["content"] == "héllo 日本語"
    assert client.get("/api/v1/conversations/a%2Fb").status_code == 400
    assert client.get("/nope").status_code == 404
    wrong = client.patch(f"/api/v1/conversations/{conversation_id}")
    assert (wrong.status_code, wrong.content) == (405, b"")
    deleted = client.delete(f"/api/v1/conversations/{conversation_id}")
    assert (deleted.status_code, deleted.content) == (200, b"")


def test_the_key_is_asked_for(url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as client:
        assert client.get("/health").status_code == 200
        assert client.get("/metrics").status_code == 200
        for path in ("/api/v1/query", "/mcp/tools/memory_stats", "/nope", "/health/"):
            missing = client.post(path, json={})
            assert missing.status_code == 401
            assert missing.json() == {"error": "Missing authorization header"}
            for wrong in ("x" * 35, KEY[:-1], KEY + "x", "ключ".encode().decode("latin-1")):
                headers = {b"authorization": f"Bearer {wrong}".encode("latin-1")}
                refused = client.post(path, json={}, headers=headers)
                assert refused.status_code == 401
                assert refused.json() == {"error": "Invalid API key"}
        basic = {"authorization": "Basic eDp5"}
        tool = client.post("/mcp/tools/memory_stats", json={}, headers=basic)
        assert tool.status_code == 400
        assert tool.json() == {"error": "Invalid authorization format"}
        assert client.get("/api/v1/conversations", headers=basic).status_code == 401
        capitals = {"authorization": f"bearer {KEY}"}
        assert client.get("/api/v1/conversations", headers=capitals).status_code == 200


def test_a_short_key_is_no_key() -> None:
    with pytest.raises(ValueError, match="32"):
        application(Controller(), "x" * 31)
    with pytest.raises(ValueError, match="32"):
        serve(None, api_key="short")


def test_content_types_are_checked(client: httpx.Client) -> None:
    answer = client.post("/api/v1/query", content=b'{"query": "x"}')
    assert answer.status_code == 415
    assert answer.headers["content-type"].startswith("text/plain")


def test_bodies_have_a_bound() -> None:
    with (
        running_server(Controller(), api_key=KEY, max_body=1000) as url,
        httpx.Client(base_url=url, headers=AUTHORIZED, trust_env=False) as client,
    ):
        fitting = {"query": "x" * 900}
        assert client.post("/api/v1/query", json=fitting).status_code == 200
        larger = {"query": "x" * 1100}
        announced = client.post("/api/v1/query", json=larger)
        assert announced.status_code == 413
        assert announced.headers["content-type"].startswith("text/plain")
        headers = {"content-type": "application/json"}
        chunks = (b"x" * 400 for _ in range(5))
        assert client.post("/api/v1/query", content=chunks, headers=headers).status_code == 413
        assert client.post("/api/v1/query", json=fitting).status_code == 200


def test_who_has_no_key_is_refused_before_the_body(url: str) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.putrequest("POST", "/api/v1/query")
    connection.putheader("content-length", "1000000")
    connection.endheaders()
    assert connection.getresponse().status == 401
    connection.close()


def test_slow_clients_keep_nobody_waiting(client: httpx.Client, url: str) -> None:
    address = urlsplit(url)
    head = f"POST /api/v1/query HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
    slow = []
    for number in range(200):
        connection = socket.create_connection((str(address.hostname), address.port or 0))
        # Half of them stop within the head, half within the body.
        end = "" if number % 2 else "content-type: application/json\r\ncontent-length: 99\r\n\r\n{"
        connection.sendall((head + end).encode())
        slow.append(connection)
    started = time.monotonic()
    for _ in range(20):
        assert client.post("/api/v1/query", json={"query": "x"}).status_code == 200
    assert time.monotonic() - started < 5
    for connection in slow:
        connection.close()
    assert client.get("/health").status_code == 200


def test_many_clients_at_once(url: str) -> None:
    def work(number: int) -> str:
        with httpx.Client(base_url=url, headers=AUTHORIZED, trust_env=False) as client:
            body = {**CONVERSATION, "label": str(number)}
            conversation_id: str = client.post("/api/v1/conversations", json=body).json()["id"]
            query = {"query": "hello", "filters": {"label": str(number)}}
            (found,) = client.post("/api/v1/query", json=query).json()["results"]
            assert found["conversation_id"] == conversation_id
            return conversation_id

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(work, range(64)))) == 64


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(memory_file: Path, how: signal.Signals) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = (
        "import sys; from sekha.local.server import serve;"
        "serve(sys.argv[1], port=int(sys.argv[2]), api_key=sys.argv[3])"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(memory_file), str(port), KEY])
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers=AUTHORIZED, trust_env=False
    ) as client:
        deadline = time.monotonic() + 20
        while True:
            try:
                assert client.get("/health").status_code == 200
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.05)
        conversation_id = client.post("/api/v1/conversations", json=CONVERSATION).json()["id"]
        os.kill(process.pid, how)
        assert process.wait(20) in (0, -how)
    # Closed in peace: SQLite took its log back into the file.
    assert [path.name for path in memory_file.parent.glob("memory.db*")] == ["memory.db"]
    controller = Controller(memory_file)
    assert Api(controller).exported(conversation_id) == [("user", "héllo 日本語")]
    controller.close()


def test_the_controller_is_closed_with_the_server() -> None:
    controller = Controller()
    with running_server(controller, api_key=KEY):
        assert Api(controller).get("/health").status_code == 200
    assert Api(controller).get("/health").status_code == 503


def test_an_answer_in_process_and_one_over_http_are_the_same(client: httpx.Client) -> None:
    controller = Controller()
    local = Api(controller)
    requests = [
        ("POST", "/api/v1/query", {"query": "x", "limit": 0}),
        ("POST", "/api/v1/query", {"limit": 1}),
        ("GET", "/api/v1/conversations/invalid-id", None),
        ("POST", "/api/v1/summarize", {"conversation_id": "x", "level": "daily"}),
        ("POST", "/mcp/tools/memory_stats", {}),
    ]
    for method, path, body in requests:
        here = local.call(method, path, body)
        there = client.request(method, path, json=body)
        assert (there.status_code, there.content) == (here.status_code, here.content)
        assert there.headers["content-type"] == here.headers["content-type"]
    assert json.loads(client.get("/api/v1/conversations").content)["results"] == []
    controller.close()


def test_a_body_with_a_length_and_in_chunks_is_refused(url: str) -> None:
    """Who stands between may believe the other one, and take a part of it for another request."""
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as connection:
        connection.settimeout(30)
        connection.sendall(
            f"POST /api/v1/query HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
            "content-type: application/json\r\ncontent-length: 5\r\n"
            "transfer-encoding: chunked\r\n\r\n0\r\n\r\n"
            "GET /health HTTP/1.1\r\nhost: x\r\n\r\n".encode()
        )
        answer = b""
        while part := connection.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1 and b"connection: close" in answer.lower()


def whole_answer(connection: socket.socket) -> bytes:
    """An answer with a Content-Length, which can come in pieces."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head + body


@pytest.mark.parametrize("drip", [b"GET /health HTTP/1.1\r\nx-a: ", b"\r\n", b"\r\n\r\n\r\nG"])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_head_that_does_not_end_is_not_waited_for(
    url: str, monkeypatch: pytest.MonkeyPatch, drip: bytes, before: int
) -> None:
    monkeypatch.setattr("sekha.local.server._HEAD_SECONDS", 0.5)
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as connection:
        connection.settimeout(30)
        for _ in range(before):
            connection.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
            assert whole_answer(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(drip)
        deadline = time.monotonic() + 25
        try:
            while time.monotonic() < deadline:
                connection.settimeout(0.1)
                try:
                    if not connection.recv(1):
                        break
                except TimeoutError:
                    connection.sendall(b"x" if drip[-1:] != b"\n" else b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert time.monotonic() < deadline
