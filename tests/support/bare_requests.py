"""Bare sockets and plain httpx, to see what the fault server does on the wire."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest

from sekha.testing import FaultServer

CREATE = "/api/v1/conversations"
BODY = json.dumps({"messages": ["a", "b", "c"]}).encode()
REQUEST = (
    f"POST {CREATE} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"
    f"content-length: {len(BODY)}\r\n\r\n"
).encode() + BODY
FOREVER = 600.0


def connect(fault_server: FaultServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", fault_server.port), timeout=5)


def ask(fault_server: FaultServer) -> socket.socket:
    asking = connect(fault_server)
    asking.sendall(REQUEST)
    return asking


def read_to_end(answering: socket.socket) -> bytes:
    received = b""
    while data := answering.recv(1 << 16):
        received += data
    return received


def read_to_reset(answering: socket.socket) -> bytes:
    received = b""
    with pytest.raises(ConnectionResetError):
        while data := answering.recv(1 << 16):
            received += data
    return received


def read_to_silence(answering: socket.socket) -> bytes:
    """What comes, until nothing has come for a while."""
    received = answering.recv(1 << 16)
    answering.settimeout(0.1)
    with pytest.raises(TimeoutError):
        while data := answering.recv(1 << 16):
            received += data
    return received


def assert_silent(answering: socket.socket) -> None:
    answering.settimeout(0.05)
    with pytest.raises(TimeoutError):
        answering.recv(1)


def split(received: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}, body


def httpx_client(fault_server: FaultServer, timeout: float = 5.0, **settings: Any) -> httpx.Client:
    # verify=False spares each client the loading of certificates, which nobody here has.
    settings = {"trust_env": False, "verify": False, "timeout": timeout, **settings}
    return httpx.Client(base_url=fault_server.base_url, **settings)


def call(fault_server: FaultServer, method: str = "POST", path: str = CREATE) -> httpx.Response:
    with httpx_client(fault_server) as client:
        return client.request(method, path, content=BODY if method == "POST" else None)
