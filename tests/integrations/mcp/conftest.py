"""Ways to reach the server: in this process, as a command, over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from mcp.client.stdio import StdioServerParameters

from ..conftest import Controller

KEY = "a-key-of-the-tests-and-of-nobody-else-01"
COMMAND = [sys.executable, "-m", "sekha.cli"]


def environment(controller: Controller) -> dict[str, str]:
    """What the command needs in its environment to reach a controller."""
    given = {**os.environ, "SEKHA_API_KEY": KEY}
    if controller.config is None:
        given["SEKHA_LOCAL"] = str(controller.path)
    else:
        given["SEKHA_BASE_URL"] = controller.config.base_url
        given["SEKHA_API_KEY"] = controller.config.api_key
    return given


def stdio(controller: Controller, *options: str) -> StdioServerParameters:
    """How a host starts the command."""
    arguments = [*COMMAND[1:], "mcp", *options]
    return StdioServerParameters(command=COMMAND[0], args=arguments, env=environment(controller))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(controller: Controller, *options: str) -> Iterator[tuple[str, str]]:
    """The command over HTTP: its URL, and its key."""
    port, given = free_port(), environment(controller)
    command = [*COMMAND, "mcp", "--transport", "http", "--port", str(port), *options]
    process = subprocess.Popen(command, env=given, stderr=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}/mcp"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(url, trust_env=False)
                break
            except httpx.ConnectError:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
        yield url, given["SEKHA_API_KEY"]
    finally:
        process.terminate()
        process.communicate(timeout=30)
