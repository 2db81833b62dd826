"""What must work in an installation: python -I scripts/smoke_test.py EXTRA VERSION.

Runs in an environment that has the wheel with one extra, or none ("").
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import sekha
from sekha import ClientConfig, MessageDto, NewConversation, SekhaClient, SyncSekhaClient

KEY = "a-key-for-the-smoke-test-0123456789"


@contextmanager
def controller() -> Iterator[str]:
    """The URL of something that counts like a controller."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = json.dumps({"count": 3}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def core(**settings: Any) -> None:
    """Both clients get an answer."""
    with controller() as url:
        config = ClientConfig(api_key=KEY, base_url=url, **settings)
        with SyncSekhaClient(config) as client:
            assert client.count() == 3

        async def count() -> int:
            async with SekhaClient(config) as client:
                return await client.count()

        assert asyncio.run(count()) == 3


def local() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with SyncSekhaClient.local(Path(folder) / "memory.db") as client:
            new = NewConversation("Garden", [MessageDto("user", "The tomatoes want water.")])
            client.create_conversation(new)
            assert "tomatoes" in client.recall("who wants water?").results[0].content
    from sekha.testing import Gateway, faulty_memory, short_waits

    with short_waits(), faulty_memory() as memory, memory.client() as client:
        memory.next(Gateway(503))
        assert client.count() == 0


def importers() -> None:
    from sekha.importers import read

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chats.json"
        said = {"from": "human", "value": "Hello."}
        file.write_text(json.dumps([{"conversations": [said]}]))
        assert len(list(read(file))) == 1


def command_line() -> None:
    command = str(Path(sys.executable).with_name("sekha-memory"))
    for arguments in (["--version"], ["--help"], ["import", "--help"], ["config"]):
        done = subprocess.run([command, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    importers()


def redis() -> None:
    config = ClientConfig(api_key=KEY, shared_limits="redis://127.0.0.1:9/0")
    SyncSekhaClient(config).close()


def main() -> None:
    extra, expected = sys.argv[1:]
    found = (sekha.__version__, version("sekha-memory"))
    assert found == (expected, expected), found
    assert Path(sekha.__file__).is_relative_to(sys.prefix), sekha.__file__
    core(http_backend="httpx")
    match extra:
        case "local":
            local()
        case "fast":
            core(http_backend="fast")
        case "socks":
            assert find_spec("socksio")
        case "importers":
            importers()
        case "redis":
            redis()
        case "cli":
            command_line()
        case "watch":
            command_line()
            assert find_spec("watchfiles")
        case "otel":
            core(tracing=True)
    print("works")


if __name__ == "__main__":
    main()
