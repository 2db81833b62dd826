"""A forward proxy as companies have them: plain requests passed on, TLS through a tunnel."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Collection
from urllib.parse import urlsplit

from attrs import define, field

from sekha.testing.listener import LoopbackServer
from sekha.testing.wire import Connection, Head, encode
from sekha_api.types import RawResponse

HOP_BY_HOP = frozenset({"connection", "proxy-connection", "proxy-authorization", "keep-alive"})


@define(eq=False)
class Hit:
    """What the proxy saw of one request or tunnel.

    Attributes:
        target: the absolute URL, or host and port of a tunnel.
        sent: the bytes that the client sent after the head: a body, or all that went through the
            tunnel.
    """

    method: str
    target: str
    headers: dict[str, str] = field(repr=False)
    sent: bytearray = field(factory=bytearray, repr=False)


class ForwardProxy(LoopbackServer):
    """Passes requests on, to loopback only, and keeps a record of them.

    Args:
        credentials: "user:password" that a client has to give; 407 otherwise.
        broken: answer every request with 502.
        loopback: names that lead to this machine, for a proxy knows more names than its clients.

    Attributes:
        passages: all that came, in order.
    """

    def __init__(
        self,
        *,
        credentials: str | None = None,
        broken: bool = False,
        loopback: Collection[str] = (),
    ) -> None:
        super().__init__()
        self.passages: list[Hit] = []
        self._token = b64encode(credentials.encode()).decode() if credentials else None
        self._broken = broken
        self._loopback = frozenset({"127.0.0.1", "localhost", *loopback})

    async def serve(self, connection: Connection) -> None:
        while connection.open and (head := await connection.read_head()) is not None:
            passage = Hit(head.method, head.target, head.headers)
            self.passages.append(passage)
            if head.method == "CONNECT":
                await self._tunnel(connection, head, passage)
                return
            passage.sent += await connection.read_body(head)
            await self._forward(connection, head, passage)

    async def _forward(self, connection: Connection, head: Head, passage: Hit) -> None:
        if (refusal := self._refusal(head)) is not None:
            await connection.send(refusal)
            return
        url = urlsplit(head.target)
        upstream = await self._connect(url.hostname, url.port or 80)
        if upstream is None:
            await connection.send(_said(502, "no way there"))
            return
        reader, writer = upstream
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        lines = [f"{head.method} {path} HTTP/1.1"]
        kept = {n: v for n, v in head.headers.items() if n not in HOP_BY_HOP}
        lines += [f"{name}: {value}" for name, value in kept.items()]
        lines += ["connection: close", "", ""]
        try:
            writer.write("\r\n".join(lines).encode("latin-1") + passage.sent)
            # The upstream closes after its answer, and so does this connection, having said so.
            while (line := await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 1"):
                await connection.send(line + await reader.readuntil(b"\r\n\r\n"))
            await connection.send(line + b"connection: close\r\n")
            while data := await reader.read(1 << 16):
                await connection.send(data)
            connection.close()
        except (EOFError, OSError):
            connection.reset()
        finally:
            await _end(writer)

    async def _tunnel(self, connection: Connection, head: Head, passage: Hit) -> None:
        if (refusal := self._refusal(head)) is not None:
            await connection.send(refusal)
            return
        host, _, port = head.target.rpartition(":")
        upstream = await self._connect(host, int(port))
        if upstream is None:
            await connection.send(_said(502, "no way there"))
            return
        reader, writer = upstream
        await connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(connection.reader, writer, passage.sent))
                group.create_task(_pump(reader, connection.writer, None))
        finally:
            await _end(writer)

    async def _connect(
        self, host: str | None, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        if host not in self._loopback:
            return None
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return None

    def _refusal(self, head: Head) -> bytes | None:
        if self._broken:
            return _said(502, "the proxy is broken")
        if self._token and head.headers.get("proxy-authorization") != f"Basic {self._token}":
            return _said(407, "who is there?", {"proxy-authenticate": 'Basic realm="proxy"'})
        return None


async def _pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, record: bytearray | None
) -> None:
    try:
        while data := await source.read(1 << 16):
            if record is not None:
                record += data
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        # Nobody who speaks HTTP half-closes: when one side has ended, so has the other.
        sink.close()


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 1.0)
    except (OSError, TimeoutError):
        writer.transport.abort()


def _said(status: int, text: str, headers: dict[str, str] | None = None) -> bytes:
    response = RawResponse(
        status, {"content-type": "text/plain", **(headers or {})}, f"{text}\n".encode()
    )
    return b"".join(encode(response))
