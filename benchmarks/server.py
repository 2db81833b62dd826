"""A controller that answers at once: fixed answers over a bare asyncio protocol, in its own process.

It parses no more of a request than it must, so that it is not what is measured.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

CONVERSATION = "2437e3db-d1cf-4955-a27c-99dd306204dc"
LABELS = 40
TIME = "2026-11-22T15:33:21.121661057"
NEWEST = datetime(2026, 11, 22, 15, 33, 21)


def row(number: int) -> dict[str, object]:
    """A row of a list, as the controller writes it."""
    return {
        "conversation_id": f"{number:08x}-d1cf-4955-a27c-99dd306204dc",
        "message_id": "00000000-0000-0000-0000-000000000000",
        "score": 1.0,
        "content": f"Project {number % LABELS}",
        "metadata": {"folder": "/work/notes", "status": "active", "importance_score": 5},
        "label": f"Project {number % LABELS}",
        "folder": "/work/notes",
        "timestamp": f"{NEWEST - timedelta(seconds=number):%Y-%m-%dT%H:%M:%S}.121661057",
    }


def page(number: int, size: int, total: int) -> dict[str, object]:
    first = (number - 1) * size
    rows = [row(index) for index in range(first, min(first + size, total))]
    return {"results": rows, "total": total, "page": number, "page_size": size}


def export() -> dict[str, object]:
    """A conversation with 6 messages."""
    text = "We settled on short-lived access tokens and rotate the refresh token on every use. " * 3
    return {
        "success": True,
        "data": {
            "conversation": {
                "id": CONVERSATION,
                "label": "Project 7",
                "folder": "/work/notes",
                "status": "active",
                "importance_score": 5,
                "word_count": 6 * len(text),
                "session_count": 1,
                "created_at": TIME.replace("T", " "),
                "updated_at": TIME.replace("T", " "),
            },
            "messages": [
                {
                    "id": f"{number:08x}-0000-4955-a27c-99dd306204dc",
                    "role": "user" if number % 2 == 0 else "assistant",
                    "content": text,
                    "timestamp": TIME,
                    "metadata": {},
                }
                for number in range(6)
            ],
            "format": "json",
            "include_metadata": True,
        },
        "error": None,
    }


def http(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"date: Sun, 22 Nov 2026 15:33:21 GMT\r\n\r\n" + body


def encode(value: object) -> bytes:
    return http(json.dumps(value, separators=(",", ":")).encode())


COUNT = encode({"count": 9, "label": None, "folder": None})
EXPORT = encode(export())
_STORED = CONVERSATION.encode()
_ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Controller(asyncio.Protocol):
    """Answers by the first line of each request."""

    total = 10_000
    pages: dict[bytes, bytes] = {}

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length = 0
            at = head.find(b"content-length:")
            if at >= 0:
                length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self.buffer) < end + 4 + length:
                return
            target = self.buffer.split(b" ", 2)[1]
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.transport.write(self.answer(target, body))

    def answer(self, target: bytes, body: bytes) -> bytes:
        path, _, query = target.partition(b"?")
        if path.endswith(b"/count"):
            return COUNT
        if path.endswith(b"/memory_export"):
            asked = _ID.search(body)
            return EXPORT.replace(_STORED, asked[0]) if asked else EXPORT
        if path.endswith(b"/conversations"):
            if query not in self.pages:
                values = dict(pair.split("=") for pair in query.decode().split("&") if pair)
                number, size = int(values.get("page", 1)), int(values.get("page_size", 50))
                # Its filters find nothing, as the public controller's.
                total = 0 if "label" in values else self.total
                self.pages[query] = encode(page(number, size, total))
            return self.pages[query]
        return COUNT


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Controller, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@contextmanager
def running(total: int = 10_000) -> Iterator[str]:
    """The server in a process of its own; gives its URL."""
    command = [sys.executable, __file__, str(total)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    Controller.total = int(sys.argv[1])
    asyncio.run(serve())
