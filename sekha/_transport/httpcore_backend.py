"""How an httpx client keeps to a time limit as a whole, not only each of its reads.

An asyncio task is interrupted from outside. A thread is not: there each read and write of the
network asks how much of the thread's time is left, so that a server that sends a byte now and
then cannot hold a call for ever.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from .._concurrency import ABANDONED_POLLING, check_abandoned, is_worker, thread_time_left

if TYPE_CHECKING:
    import asyncio
    from ssl import SSLContext

    import httpcore
    import httpx

SocketOptions = Iterable["httpcore.SOCKET_OPTION"]
WRITE_SIZE = 1 << 14
UNWANTED_GRACE = 0.25
"""Seconds that a connection has to be made after nobody wants it any more."""


class AsyncNetwork(Protocol):
    """All connections of a client, those included that are just being made."""

    async def aclose(self) -> None:
        """Close them, and make no more."""
        ...

    async def drop_lost(self) -> None:
        """Close those that an interrupted request has left behind. httpcore keeps them for busy:
        after 100 of them a client would wait for a connection for ever."""
        ...


class Network(Protocol):
    """The same for threads."""

    def close(self) -> None: ...

    def drop_lost(self) -> None: ...


def async_limit_network(client: httpx.AsyncClient) -> AsyncNetwork:
    """`asyncio.timeout` interrupts the task, wherever it is. A task that is interrupted just when
    its connection is made would leave that open: each is made in a task of its own."""
    from httpcore import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

    closing: set[asyncio.Task[None]] = set()

    def close_unwanted(connecting: asyncio.Task[AsyncNetworkStream]) -> None:
        if not connecting.cancelled() and connecting.exception() is None:
            task = connecting.get_loop().create_task(connecting.result().aclose())
            closing.add(task)
            task.add_done_callback(closing.discard)

    class CarefulBackend(AsyncNetworkBackend):
        def __init__(self, backend: AsyncNetworkBackend) -> None:
            self._backend = backend
            self._streams: WeakSet[AsyncNetworkStream] = WeakSet()
            self._closed = False

        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: SocketOptions | None = None,
        ) -> AsyncNetworkStream:
            import asyncio

            connecting = asyncio.create_task(
                self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
            )
            try:
                stream = await asyncio.shield(connecting)
            except asyncio.CancelledError:
                connecting.add_done_callback(close_unwanted)
                connecting.get_loop().call_later(UNWANTED_GRACE, connecting.cancel)
                raise
            self._streams.add(stream)
            if self._closed:
                await stream.aclose()
                raise ConnectError("the client was closed")
            return stream

        async def aclose(self) -> None:
            self._closed = True
            for stream in list(self._streams):
                await stream.aclose()

        async def drop_lost(self) -> None:
            for pool in pools:
                for connection in _take_lost(pool):
                    await connection.aclose()

    backend, pools = CarefulBackend(AnyIOBackend()), _pools(client)
    for pool in pools:
        pool._network_backend = backend
    return backend


def limit_network(client: httpx.Client) -> Network:
    """Make every connection of this client ask for the time left. httpx passes the settings that
    it knows to httpcore, but no network backend: it is exchanged in the pools it made."""
    from httpcore import (
        ConnectError,
        ConnectTimeout,
        NetworkBackend,
        NetworkStream,
        ReadTimeout,
        SyncBackend,
        WriteTimeout,
    )

    def within(seconds: float | None, error: type[Exception]) -> float | None:
        left = thread_time_left()
        if left <= 0:
            raise error("the time limit passed")
        return left if seconds is None else min(seconds, left)

    class LimitedStream(NetworkStream):
        def __init__(self, stream: NetworkStream, network: LimitedBackend) -> None:
            self._stream = stream
            self._network = network

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            limit = within(timeout, ReadTimeout)
            if not is_worker():
                return self._stream.read(max_bytes, _finite(limit))
            left = inf if limit is None else limit
            while True:
                check_abandoned()
                try:
                    return self._stream.read(max_bytes, min(left, ABANDONED_POLLING))
                except ReadTimeout:
                    left -= ABANDONED_POLLING
                    if left <= 0:
                        raise

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            # In pieces: what the stream is given, it may send byte by byte, each within its time.
            for start in range(0, len(buffer), WRITE_SIZE):
                check_abandoned()
                limit = _finite(within(timeout, WriteTimeout))
                self._stream.write(buffer[start : start + WRITE_SIZE], limit)

        def close(self) -> None:
            # Closing alone would not wake another thread that reads.
            connected = self._stream.get_extra_info("socket")
            try:
                socket.socket.shutdown(connected, socket.SHUT_RDWR)
            except OSError:
                pass
            self._stream.close()

        def start_tls(
            self,
            ssl_context: SSLContext,
            server_hostname: str | None = None,
            timeout: float | None = None,
        ) -> NetworkStream:
            limit = _finite(within(timeout, ConnectTimeout))
            return self._network.keep(self._stream.start_tls(ssl_context, server_hostname, limit))

        def get_extra_info(self, info: str) -> Any:
            return self._stream.get_extra_info(info)

    class LimitedBackend(NetworkBackend):
        def __init__(self) -> None:
            self._backend = SyncBackend()
            self._lock = threading.Lock()
            self._streams: WeakSet[LimitedStream] = WeakSet()
            self._closed = False

        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: SocketOptions | None = None,
        ) -> NetworkStream:
            # One address after the other, all within the time: a name can have many.
            addresses = addresses_of(host, port)
            for number, address in enumerate(addresses, start=1):
                limit = within(timeout, ConnectTimeout)
                try:
                    stream = self._backend.connect_tcp(
                        address, port, limit, local_address, socket_options
                    )
                except (ConnectError, ConnectTimeout):
                    if number == len(addresses):
                        raise
                else:
                    return self.keep(stream)
            raise ConnectError(f"{host} has no address")

        def keep(self, connected: NetworkStream) -> LimitedStream:
            stream = LimitedStream(connected, self)
            with self._lock:
                self._streams.add(stream)
                closed = self._closed
            if closed:
                stream.close()
                raise ConnectError("the client was closed")
            return stream

        def close(self) -> None:
            with self._lock:
                self._closed = True
                streams = list(self._streams)
            for stream in streams:
                stream.close()

        def drop_lost(self) -> None:
            for pool in pools:
                for connection in _take_lost(pool):
                    connection.close()

    def addresses_of(host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ConnectError(str(error)) from error
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    backend, pools = LimitedBackend(), _pools(client)
    for pool in pools:
        pool._network_backend = backend
    return backend


def _pools(client: httpx.Client | httpx.AsyncClient) -> list[Any]:
    transports = (client._transport, *client._mounts.values())
    return [transport._pool for transport in transports if hasattr(transport, "_pool")]


def _take_lost(pool: Any) -> list[Any]:
    """Take those connections out of a pool that no request has, and that no other will ever get.
    Others wait for their places."""
    with pool._optional_thread_lock:
        in_use = {id(each.connection) for each in pool._requests if each.connection is not None}
        lost = [
            each
            for each in pool._connections
            if id(each) not in in_use
            and not (each.is_idle() or each.is_available() or each.is_closed())
        ]
        pool._connections = [each for each in pool._connections if each not in lost]
        closing: list[Any] = pool._assign_requests_to_connections()
    return lost + closing


def _finite(seconds: float | None) -> float | None:
    return None if seconds == float("inf") else seconds
