"""How an httpx client keeps to a time limit as a whole, not only each of its reads.

An asyncio task is interrupted from outside. A thread is not: there each read and write of the
network asks how much of the thread's time is left, so that a server that sends a byte now and
then cannot hold a call for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from ._concurrency import thread_time_left

if TYPE_CHECKING:
    import httpcore
    import httpx

SocketOptions = Iterable["httpcore.SOCKET_OPTION"]


def async_obey_time_limits(client: httpx.AsyncClient) -> None:
    """Nothing is needed: `asyncio.timeout` interrupts the task."""


def obey_time_limits(client: httpx.Client) -> None:
    """Make every connection of this client ask for the time left. httpx passes the settings that
    it knows to httpcore, but no network backend: it is exchanged in the pools it made."""
    from httpcore import NetworkBackend, NetworkStream, ReadTimeout, SyncBackend, WriteTimeout

    def within(seconds: float | None, error: type[Exception]) -> float | None:
        left = thread_time_left()
        if left <= 0:
            raise error("the time limit passed")
        return left if seconds is None else min(seconds, left)

    class LimitedStream(NetworkStream):
        def __init__(self, stream: NetworkStream) -> None:
            self._stream = stream

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return self._stream.read(max_bytes, _finite(within(timeout, ReadTimeout)))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._stream.write(buffer, _finite(within(timeout, WriteTimeout)))

        def close(self) -> None:
            self._stream.close()

        def start_tls(
            self,
            ssl_context: SSLContext,
            server_hostname: str | None = None,
            timeout: float | None = None,
        ) -> NetworkStream:
            limit = _finite(within(timeout, ReadTimeout))
            return LimitedStream(self._stream.start_tls(ssl_context, server_hostname, limit))

        def get_extra_info(self, info: str) -> Any:
            return self._stream.get_extra_info(info)

    class LimitedBackend(NetworkBackend):
        def __init__(self) -> None:
            self._backend = SyncBackend()

        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: SocketOptions | None = None,
        ) -> NetworkStream:
            stream = self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
            return LimitedStream(stream)

    backend = LimitedBackend()
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = backend


def _finite(seconds: float | None) -> float | None:
    return None if seconds == float("inf") else seconds
