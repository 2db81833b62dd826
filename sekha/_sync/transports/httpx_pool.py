"""Connection pool of the httpx transport: each connection is a pool of httpcore for one.

What httpcore does not get right when a request is interrupted stays with that one connection, and
goes with it.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from ..._concurrency import sleep
from ..._transport.backend import KEEP_ALIVE, MAX_CONNECTIONS
from ..._transport.forks import disconnect
from ..._transport.httpx_private import has_unread_bytes, transport_over
from ..._transport.slots import ThreadSlots
from ..._transport.thread_network import Network
from ...errors import SekhaConfigError

MAX_IDLE = 20


class Pool(httpx.BaseTransport):
    """Connections to one controller, for one event loop; the last one used is the next.

    Args:
        context: for TLS; None if nothing on the way speaks it.
        proxy: the URL of the proxy on the way, if there is one.
    """

    def __init__(self, context: ssl.SSLContext | None, proxy: str | None) -> None:
        self._context = context
        self._proxy = proxy
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._slots = ThreadSlots(MAX_CONNECTIONS)
        self._connections: set[_Connection] = set()
        self._idle: deque[_Connection] = deque()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._slots.acquire(request.extensions.get("timeout", {}).get("pool")):
            raise httpx.PoolTimeout("all connections are in use", request=request)
        connection = None
        try:
            connection = self._take()
            response = connection.transport.handle_request(request)
        except BaseException:
            self._drop(connection)
            raise
        response.stream = _Stream(response.stream, connection, self)
        return response

    def close(self) -> None:
        with self._lock:
            self._closed = True
            connections = list(self._connections)
            self._connections.clear()
        for each in connections:
            each.network.abort()
        sleep(0)  # in which the event loop closes them

    def after_fork(self) -> None:
        """In a forked child: begin anew."""
        connections = list(self._connections)
        sockets = [each for one in connections for each in one.network.file_descriptors()]
        disconnect(sockets, owner=(connections, self._idle))
        self._begin()

    def _take(self) -> _Connection:
        try:
            return self._idle.pop()
        except IndexError:
            connection = _Connection(self._context, self._proxy)
        with self._lock:
            if self._closed:
                raise httpx.ConnectError("the client was closed")
            self._connections.add(connection)
        return connection

    def give_back(self, connection: _Connection) -> None:
        """Its answer was read: it is the next's."""
        if has_unread_bytes(connection.pool):
            self._drop(connection)
            return
        self._slots.release()
        connection.used = now = time.monotonic()
        idle = self._idle
        idle.append(connection)
        while len(idle) > MAX_IDLE or (idle and idle[0].used < now - KEEP_ALIVE):
            try:
                self._forget(idle.popleft())
            except IndexError:
                break  # another thread was quicker

    def drop(self, connection: _Connection) -> None:
        """Something went wrong with it: it is closed."""
        self._drop(connection)

    def _drop(self, connection: _Connection | None) -> None:
        self._slots.release()
        if connection is not None:
            self._forget(connection)

    def _forget(self, connection: _Connection) -> None:
        with self._lock:
            self._connections.discard(connection)
        connection.network.abort()


def check_socks(proxy: str | None) -> None:
    """Raise SekhaConfigError if a proxy speaks SOCKS and what is needed for that is missing."""
    if (proxy or "").startswith("socks") and find_spec("socksio") is None:
        raise SekhaConfigError("proxy", "SOCKS needs an extra: pip install 'sekha-memory[socks]'")


class _Connection:
    """One connection at a time.

    Attributes:
        used: when its last answer was read, on the monotonic clock.
    """

    used = 0.0

    def __init__(self, context: ssl.SSLContext | None, proxy: str | None) -> None:
        self.network = Network()
        self.pool = _pool(self.network, context, proxy)
        self.transport = transport_over(self.pool)


def _pool(
    network: Network, context: ssl.SSLContext | None, proxy: str | None
) -> httpcore.ConnectionPool:
    settings: dict[str, Any] = {
        "ssl_context": context,
        "max_connections": 1,
        "keepalive_expiry": KEEP_ALIVE,
        "network_backend": network,
    }
    if proxy is None:
        return httpcore.ConnectionPool(**settings)
    parts = urlsplit(proxy)
    if parts.username is not None or parts.password is not None:
        auth = (unquote(parts.username or ""), unquote(parts.password or ""))
        settings["proxy_auth"] = tuple(each.encode() for each in auth)
    if parts.scheme == "https":
        settings["proxy_ssl_context"] = context
    # Its name and password go in a header, and not into the URL, which errors show.
    url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    if parts.scheme.startswith("socks"):
        return httpcore.SOCKSProxy(url, **settings)
    return httpcore.HTTPProxy(url, **settings)


class _Stream(httpx.SyncByteStream):
    """The body of an answer, with its connection."""

    def __init__(self, stream: Any, connection: _Connection, pool: Pool) -> None:
        self._stream = stream
        self._connection: _Connection | None = connection
        self._pool = pool

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self._stream:
                yield part
        except BaseException:
            if (connection := self._end()) is not None:
                self._pool.drop(connection)
            raise

    def close(self) -> None:
        connection = self._end()
        if connection is None:
            return
        try:
            self._stream.close()
        except BaseException:
            self._pool.drop(connection)
            raise
        self._pool.give_back(connection)

    def _end(self) -> _Connection | None:
        connection, self._connection = self._connection, None
        return connection
