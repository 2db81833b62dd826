"""Clients that hang up on a served controller: what they asked for is not done behind their back,
and who looks afterwards sees the truth."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from sekha.local import Controller
from sekha.local.cancellation import current
from sekha.local.server import running_server
from sekha_api.types import RawResponse, Request

KEY = "not-a-real-key-only-for-these-tests"
AUTHORIZED = {"authorization": f"Bearer {KEY}"}
LARGE = " ".join(f"word{number}" for number in range(300_000))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with running_server(Controller(tmp_path / "memory.db"), api_key=KEY) as base_url:
        yield base_url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers=AUTHORIZED, trust_env=False, timeout=60) as client:
        yield client


def begin_create(url: str, content: str, label: str = "L") -> socket.socket:
    """A create that is sent whole; nobody reads its answer."""
    messages = [{"role": "user", "content": content}]
    body = json.dumps({"label": label, "folder": "/f", "messages": messages}).encode()
    head = (
        "POST /api/v1/conversations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {KEY}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    address = urlsplit(url)
    connection = socket.create_connection((str(address.hostname), address.port or 0))
    connection.sendall(head.encode() + body)
    return connection


def labels(client: httpx.Client) -> list[str]:
    page = client.get("/api/v1/conversations", params={"page_size": "1000"}).json()
    assert page["settled"] is True
    return [row["label"] for row in page["results"]]


def test_a_create_whose_client_is_gone_is_given_up(url: str, client: httpx.Client) -> None:
    client.get("/health")
    connection = begin_create(url, LARGE)
    time.sleep(0.3)
    connection.close()
    assert labels(client) == []
    time.sleep(2)
    assert labels(client) == []


def test_what_had_not_begun_is_dropped(url: str, client: httpx.Client) -> None:
    client.get("/health")
    connections = [begin_create(url, LARGE, label=str(number)) for number in range(6)]
    for connection in connections[1:]:
        connection.close()
    assert set(labels(client)) <= {"0"}
    assert connections[0].recv(12) == b"HTTP/1.1 201"
    connections[0].close()
    time.sleep(1)
    assert labels(client) == ["0"]


@pytest.mark.parametrize("wait", [0.0, 0.002, 0.005, 0.01, 0.02])
def test_a_list_after_a_hangup_stays_true(url: str, client: httpx.Client, wait: float) -> None:
    """Whenever the client hangs up, nothing appears that was absent before."""
    for number in range(20):
        connection = begin_create(url, "small", label=str(number))
        time.sleep(wait)
        connection.close()
        seen = labels(client)
        time.sleep(0.03)
        assert labels(client) == seen


class Slow:
    """A controller whose creates commit for as long as the test wants."""

    def __init__(self) -> None:
        self.committing = threading.Event()
        self.go_on = threading.Event()
        self.stored = False

    def handle(self, request: Request) -> RawResponse:
        if request.method == "GET":
            return RawResponse(200, {}, b"stored" if self.stored else b"absent")
        current().begin_commit()
        self.committing.set()
        self.go_on.wait(30)
        self.stored = True
        return RawResponse(201, {}, b"")

    def close(self) -> None: ...


def test_nobody_is_answered_until_a_commit_is_over() -> None:
    slow = Slow()
    with (
        running_server(slow, api_key=KEY) as url,
        httpx.Client(base_url=url, headers=AUTHORIZED, trust_env=False, timeout=60) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        connection = begin_create(url, "x")
        assert slow.committing.wait(30)
        # While its client is there, others need not wait for it.
        assert client.get("/api/v1/conversations").text == "absent"
        connection.close()
        listing = pool.submit(client.get, "/api/v1/conversations")
        time.sleep(0.3)
        assert not listing.done()
        slow.go_on.set()
        assert listing.result().text == "stored"


def test_others_are_answered_while_a_large_message_is_stored(
    url: str, client: httpx.Client
) -> None:
    client.get("/health")
    with ThreadPoolExecutor(1) as pool:
        connection = begin_create(url, LARGE)
        created = pool.submit(connection.recv, 12)
        during = 0
        while not created.done():
            assert client.get("/health").status_code == 200
            body = {"label": "small", "folder": "/f", "messages": []}
            assert client.post("/api/v1/conversations", json=body).status_code == 201
            during += 1
        assert created.result() == b"HTTP/1.1 201"
        connection.close()
    # One call of the tokenizer for all of it would let none through.
    assert during > 10


def test_more_large_requests_than_are_held_all_come_through(url: str, client: httpx.Client) -> None:
    content = " ".join(f"word{number}" for number in range(40_000))
    connections = [begin_create(url, content, label=str(number)) for number in range(9)]
    for connection in connections:
        assert connection.recv(12) == b"HTTP/1.1 201"
        connection.close()
    assert sorted(labels(client)) == [str(number) for number in range(9)]
