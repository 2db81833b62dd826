"""Network backend of httpcore on asyncio: nothing that a cancelled task leaves behind stays open.

A connection is made without a task of its own, so that whoever is interrupted closes it on the way
out; and it is closed at once, without anything to wait for.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Iterator
from ssl import SSLContext
from typing import Any, cast

from httpcore import (
    SOCKET_OPTION,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)

from .httpx_private import import_asyncio_locks
from .sockets import has_input, wake

import_asyncio_locks()

NEXT_ADDRESS = 2.0
"""Seconds after which a name's next address is tried, if it has one."""
BUFFERED = 1 << 18
"""Bytes that are received before anybody reads them: then the other end has to wait."""
TLS_CLOSING = 0.5


class AsyncNetwork(AsyncNetworkBackend):
    """Makes the connections of one pool of httpcore."""

    def __init__(self) -> None:
        self._protocols: list[_Protocol] = []
        self._closed = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                protocol = await self._connect(host, port)
        except TimeoutError as error:
            raise ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise ConnectError(str(error)) from error
        self._protocols = [each for each in self._protocols if not each.ended] + [protocol]
        if self._closed:
            protocol.abort()
            raise ConnectError("the client was closed")
        return _Stream(protocol)

    async def _connect(self, host: str, port: int) -> _Protocol:
        loop = asyncio.get_running_loop()
        addresses = await _addresses(loop, host, port)
        for family, address in addresses[:-1]:
            try:
                async with asyncio.timeout(NEXT_ADDRESS):
                    return await _connect_to(loop, family, address)
            except OSError:  # a TimeoutError is one
                continue
        return await _connect_to(loop, *addresses[-1])

    def abort(self) -> None:
        """Close all connections at once, and make no more."""
        self._closed = True
        for protocol in self._protocols:
            protocol.abort()

    def file_descriptors(self) -> Iterator[int]:
        """Those of all connections that are open."""
        for protocol in self._protocols:
            if (connected := protocol.extra("socket")) is not None:
                yield connected.fileno()


async def _addresses(
    loop: asyncio.AbstractEventLoop, host: str, port: int
) -> list[tuple[int, tuple[Any, ...]]]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if not found:
            raise OSError(f"{host} has no address") from None
        return list(dict.fromkeys((family, address) for family, *_, address in found))
    return [(socket.AF_INET, (host, port)) if version == 4 else (socket.AF_INET6, (host, port))]


async def _connect_to(
    loop: asyncio.AbstractEventLoop, family: int, address: tuple[Any, ...]
) -> _Protocol:
    connecting = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        connecting.setblocking(False)
        await loop.sock_connect(connecting, address)
        _, protocol = await loop.create_connection(_Protocol, sock=connecting)
    except BaseException:
        connecting.close()
        raise
    return protocol


class _Protocol(asyncio.Protocol):
    """One connection: what has come and was not read yet, and who waits.

    Attributes:
        ended: whether nothing more can come.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.received = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self._reading_paused = False
        self._writing_paused = False
        self._reader: asyncio.Future[bool] | None = None
        self._writer: asyncio.Future[bool] | None = None
        self._raw: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._raw = self._raw or self.transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > BUFFERED and not self._reading_paused and self.transport:
            self._reading_paused = True
            self.transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> bool:
        self.ended = True
        _wake(self._reader)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.error = exc
        self._writing_paused = False
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        _wake(self._writer)

    async def read(self, most: int, timeout: float | None) -> bytes:
        while not self.received:
            if self.ended:
                if self.error is not None:
                    raise ReadError(str(self.error)) from self.error
                return b""
            self._reader = asyncio.get_running_loop().create_future()
            if not await _within(self._reader, timeout):
                raise ReadTimeout
        data = bytes(self.received[:most])
        del self.received[:most]
        if self._reading_paused and len(self.received) <= BUFFERED and self.transport:
            self._reading_paused = False
            self.transport.resume_reading()
        return data

    async def write(self, data: bytes, timeout: float | None) -> None:
        self._check_writable()
        self.transport.write(data)  # type: ignore[union-attr]
        while self._writing_paused:
            self._writer = asyncio.get_running_loop().create_future()
            if not await _within(self._writer, timeout):
                raise WriteTimeout
            self._check_writable()

    def _check_writable(self) -> None:
        if self.error is not None:
            raise WriteError(str(self.error)) from self.error
        if self.ended or self.transport is None or self.transport.is_closing():
            raise WriteError("the connection is closed")

    async def start_tls(self, context: SSLContext, hostname: str | None) -> None:
        if self.received:
            # Sent before the handshake: it would be read as if it had come encrypted.
            raise ConnectError("something came before the TLS handshake")
        loop = asyncio.get_running_loop()
        transport = await loop.start_tls(
            self.transport,  # type: ignore[arg-type]
            self,
            context,
            server_hostname=hostname,
            ssl_shutdown_timeout=TLS_CLOSING,
        )
        if transport is None or self.ended:
            raise ConnectError("the connection ended in the TLS handshake")
        self.transport = transport

    def abort(self) -> None:
        """Close it now: nothing that is still to be sent matters any more."""
        self.ended = True
        if self._raw is not None and not self._raw.is_closing():
            # The loop closes it a step later. The other end is to know at once, whoever runs next.
            wake(self._raw.get_extra_info("socket"))
            self._raw.abort()
        _wake(self._reader)
        _wake(self._writer)

    def extra(self, name: str) -> Any:
        return None if self.transport is None else self.transport.get_extra_info(name)


class _Stream(AsyncNetworkStream):
    """A connection as httpcore wants it."""

    def __init__(self, protocol: _Protocol) -> None:
        self._protocol = protocol

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._protocol.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            await self._protocol.write(buffer, timeout)

    async def aclose(self) -> None:
        self._protocol.abort()

    async def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                await self._protocol.start_tls(ssl_context, server_hostname)
        except TimeoutError as error:
            self._protocol.abort()
            raise ConnectTimeout(str(error)) from error
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            self._protocol.abort()
            raise ConnectError(str(error)) from error
        except BaseException:
            self._protocol.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            # Asked of idle connections: nothing can come there but an end, or what nobody wants.
            # An event loop that was held up has not read it yet.
            return (
                bool(self._protocol.received)
                or self._protocol.ended
                or has_input(self._protocol.extra("socket"))
            )
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self._protocol.extra(names.get(info, info))


def _wake(waiter: asyncio.Future[bool] | None, in_time: bool = True) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(in_time)


async def _within(waiter: asyncio.Future[bool], seconds: float | None) -> bool:
    """Whether it was woken in time."""
    if seconds is None:
        return await waiter
    timer = waiter.get_loop().call_later(seconds, _wake, waiter, False)
    try:
        return await waiter
    finally:
        timer.cancel()
