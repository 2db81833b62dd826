"""HTTP/1.1 by hand: what breaks the rules on purpose needs every byte in its own hands."""

from __future__ import annotations

import asyncio
import socket
import struct
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl

from attrs import frozen

from sekha_api.types import RawResponse

MAX_HEAD = 1 << 20
_LINGER_NOT = struct.pack("ii", 1, 0)
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "date"})


class ClientGone(Exception):
    """The client left before its answer was through."""


@frozen
class Head:
    """A request line with its headers, names in lower case."""

    method: str
    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def wants_close(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"


class Connection:
    """One accepted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.open = True
        # A drained writer has then handed all of it to the kernel, not just most of it. (At 0,
        # asyncio's TLS takes an empty buffer for a full one, and never drains it.)
        writer.transport.set_write_buffer_limits(high=1, low=0)

    @property
    def left(self) -> bool:
        """Whether the client is known to have closed its side, whatever it sent before."""
        return self.reader.at_eof() or bool(getattr(self.reader, "_eof", False))

    @property
    def has_more(self) -> bool:
        """Whether more has come than was read."""
        return bool(getattr(self.reader, "_buffer", b""))

    async def read_head(self) -> Head | None:
        """The next request's head; None if the client sends no further one."""
        try:
            block = await self.reader.readuntil(b"\r\n\r\n")
        except (EOFError, OSError):
            return None
        first, *lines = block.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Head(method, target, headers)

    async def read_body(self, head: Head) -> bytes:
        """The body that belongs to a head; raises ClientGone if it does not come whole."""
        try:
            if head.headers.get("transfer-encoding", "").lower() == "chunked":
                return await self._read_chunks()
            return await self.reader.readexactly(int(head.headers.get("content-length", "0")))
        except (EOFError, OSError):
            raise ClientGone from None

    async def _read_chunks(self) -> bytes:
        content = b""
        while size := int((await self.reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            content += (await self.reader.readexactly(size + 2))[:-2]
        while (await self.reader.readuntil(b"\r\n")) != b"\r\n":
            pass
        return content

    async def send(self, data: bytes) -> None:
        """Hand bytes to the network; raises ClientGone if nobody is there any more."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except OSError:
            raise ClientGone from None

    async def gone(self) -> None:
        """Return as soon as the client has closed its side."""
        try:
            while await self.reader.read(1 << 16):
                pass
        except OSError:
            pass

    def close(self) -> None:
        """End it in good order: what is written goes out, then FIN."""
        self.open = False
        self.writer.close()

    def reset(self) -> None:
        """End it with RST."""
        self.open = False
        raw = self.writer.get_extra_info("socket")
        if raw is not None and raw.fileno() >= 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.writer.transport.abort()

    async def closed(self) -> None:
        """Close it if nobody did, and return when its socket is gone."""
        if self.open:
            self.close()
        try:
            await self.writer.wait_closed()
        except (OSError, TimeoutError):
            pass


def encode(response: RawResponse, *, chunked: bool = False) -> tuple[bytes, bytes]:
    """A response's head, which promises the whole body on a kept connection, and its body."""
    status = response.status_code
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    lines = [f"HTTP/1.1 {status} {phrase}"]
    lines += [f"{n}: {v}" for n, v in response.headers.items() if n.lower() not in _FRAMING]
    lines.append(f"date: {response.headers.get('date') or formatdate(usegmt=True)}")
    if chunked:
        lines.append("transfer-encoding: chunked")
    elif status != 204:
        lines.append(f"content-length: {len(response.content)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1"), response.content
