"""Sockets that ask, before each read and write, how much of their thread's time is left: a thread
cannot be interrupted, and a server that sends a byte now and then must not hold it for ever."""

from __future__ import annotations

import select
import socket
import ssl
from errno import EAGAIN
from io import BufferedReader, RawIOBase
from math import inf
from typing import Any

from .._concurrency import ABANDONED_POLLING, check_abandoned, is_worker, thread_time_left

WRITE_SIZE = 1 << 14


class _LimitedReads:
    """What is added to a socket of either kind.

    Attributes:
        ended: whether the other end has closed.
        has_unread_bytes: whether more came with an answer than belongs to it.
    """

    ended = False
    has_unread_bytes = False
    _only_buffered = False

    def makefile(self: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if mode != "rb":
            return super().makefile(mode, *args, **kwargs)  # type: ignore[misc]
        # http.client makes one for each answer, and closes it at the answer's end.
        return _AnswerReader(self, super().makefile("rb", buffering=0))  # type: ignore[misc]

    def recv_into(self: Any, *args: Any) -> int:
        if self._only_buffered:
            raise BlockingIOError(EAGAIN, "not to be read now")
        while True:
            wait = limit(self)
            try:
                count: int = super().recv_into(*args)  # type: ignore[misc]
            except TimeoutError:
                if not wait:
                    raise
            else:
                self.ended = count == 0
                return count


class _AnswerReader(BufferedReader):
    """Reads one answer; tells its socket of what was received and not read."""

    def __init__(self, connected: Any, raw: RawIOBase) -> None:
        super().__init__(raw)
        self._connected = connected

    def close(self) -> None:
        if not self.closed:
            connected = self._connected
            connected._only_buffered = True
            try:
                connected.has_unread_bytes = bool(self.peek(1))
            except (OSError, ValueError):
                connected.has_unread_bytes = True
            finally:
                connected._only_buffered = False
        super().close()


class LimitedSocket(_LimitedReads, socket.socket):
    """A socket that keeps to its thread's time limit."""

    def sendall(self, data: Any, flags: int = 0) -> None:
        # In pieces: abandoned threads find out in between.
        with memoryview(data) as view:
            for start in range(0, len(view), WRITE_SIZE):
                limit(self, polling=False)
                super().sendall(view[start : start + WRITE_SIZE], flags)


class LimitedTLSSocket(_LimitedReads, ssl.SSLSocket):
    """The same with TLS, which sends all by sending what it can."""

    def send(self, data: Any, flags: int = 0) -> int:
        limit(self, polling=False)
        return super().send(data, flags)


def limit(connected: socket.socket, *, polling: bool = True) -> bool:
    """Let a socket's next step take no longer than its thread has.

    Returns:
        Whether the thread has more time after that step: it only asks whether anybody waits for it.

    Raises:
        TimeoutError: no time is left.
        Abandoned: nobody waits for this thread.
    """
    left = thread_time_left()
    if left <= 0:
        raise TimeoutError("the time limit passed")
    if is_worker():
        check_abandoned()
        if polling and left > ABANDONED_POLLING:
            connected.settimeout(ABANDONED_POLLING)
            return True
    connected.settimeout(None if left == inf else left)
    return False


def connect(host: str, port: int) -> LimitedSocket:
    """A connection to one of a host's addresses, one after the other, all within the time limit."""
    error: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        connecting = LimitedSocket(family, kind, protocol)
        try:
            limit(connecting, polling=False)
            connecting.connect(address)
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connecting
        except OSError as failure:
            connecting.close()
            error = failure
        except BaseException:
            connecting.close()
            raise
    raise error or OSError(f"{host} has no address")


def has_input(connected: Any) -> bool:
    """Whether something has come on a connection, or its end, that nobody has read yet."""
    descriptor = connected.fileno()
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([descriptor], [], [], 0)[0])
    asked = select.poll()
    asked.register(descriptor, select.POLLIN)
    return bool(asked.poll(0))


def wake(connected: socket.socket) -> None:
    """End what another thread, or the other end, waits for here; closing alone would not."""
    try:
        if isinstance(connected, socket.socket):
            # An SSLSocket's own would forget its TLS.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)
        else:
            connected.shutdown(socket.SHUT_RDWR)  # asyncio's view of one
    except OSError:
        pass
