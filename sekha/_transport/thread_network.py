"""Network backend of httpcore for threads, which cannot be interrupted: each read and write asks how
much of the thread's time is left, so that a server that sends a byte now and then cannot hold a call
for ever."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from math import inf
from ssl import SSLContext
from typing import Any
from weakref import WeakSet

from httpcore import (
    SOCKET_OPTION,
    ConnectError,
    ConnectTimeout,
    NetworkBackend,
    NetworkStream,
    ReadTimeout,
    SyncBackend,
    WriteTimeout,
)

from .._concurrency import ABANDONED_POLLING, check_abandoned, is_worker, thread_time_left
from .sockets import WRITE_SIZE, wake


class Network(NetworkBackend):
    """Makes the connections of one pool of httpcore."""

    def __init__(self) -> None:
        self._backend = SyncBackend()
        self._lock = threading.Lock()
        self._streams: WeakSet[_Stream] = WeakSet()
        self._closed = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        # One address after the other, all within the time: a name can have many.
        addresses = _addresses(host, port)
        for number, address in enumerate(addresses, start=1):
            limit = _within(timeout, ConnectTimeout)
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

    def keep(self, connected: NetworkStream) -> _Stream:
        """A stream that keeps to its thread's time, and is closed with the others."""
        stream = _Stream(connected, self)
        with self._lock:
            self._streams.add(stream)
            closed = self._closed
        if closed:
            stream.close()
            raise ConnectError("the client was closed")
        return stream

    def abort(self) -> None:
        """Close all connections at once, wake who waits on them, and make no more."""
        with self._lock:
            self._closed = True
            streams = list(self._streams)
        for stream in streams:
            stream.close()

    def file_descriptors(self) -> Iterator[int]:
        """Those of all connections that are open."""
        for stream in list(self._streams):
            if isinstance(connected := stream.get_extra_info("socket"), socket.socket):
                yield connected.fileno()


class _Stream(NetworkStream):
    def __init__(self, stream: NetworkStream, network: Network) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        limit = _within(timeout, ReadTimeout)
        if not is_worker():
            return self._stream.read(max_bytes, limit)
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
            limit = _within(timeout, WriteTimeout)
            self._stream.write(buffer[start : start + WRITE_SIZE], limit)

    def close(self) -> None:
        # Closing alone would not wake another thread that reads.
        if isinstance(connected := self._stream.get_extra_info("socket"), socket.socket):
            wake(connected)
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        limit = _within(timeout, ConnectTimeout)
        return self._network.keep(self._stream.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            # What is decrypted already, no look at the socket shows.
            pending = getattr(self._stream.get_extra_info("ssl_object"), "pending", None)
            if pending is not None and pending():
                return True
        return self._stream.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectError(str(error)) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _within(seconds: float | None, error: type[Exception]) -> float | None:
    """Seconds that the next step may take; None is no limit."""
    left = thread_time_left()
    if left <= 0:
        raise error("the time limit passed")
    left = left if seconds is None else min(seconds, left)
    return None if left == inf else left
