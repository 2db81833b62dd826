"""Message framing on a connection of aiohttp: what comes unasked for, or behind an answer, ends the
connection, so that no later request takes it for the beginning of its own answer."""

from __future__ import annotations

import asyncio
import re

from .sockets import has_input

END_OF_HEAD = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
MAX_HEAD = 1 << 20
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d\d\d)")
_WITHOUT_BODY = (b"204", b"304")


class FramedConnection(asyncio.Protocol):
    """Passes on to aiohttp what comes, and counts it.

    aiohttp gives a connection back inside `data_received`, at the last byte of an answer: whether
    more came with it must be known by then.
    """

    def __init__(self, transport: asyncio.Transport, inner: asyncio.Protocol) -> None:
        self._transport = transport
        self._inner = inner
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self.connection_lost = inner.connection_lost  # type: ignore[method-assign]
        self._begin()
        self._is_idle = True
        self._is_new = True

    def _begin(self) -> None:
        self._head = b""
        self._left: int | None = None
        self._last = b""
        self._has_surplus = False

    def begin(self) -> bool:
        """A request takes the connection; False if it is of no use any more."""
        connected = self._transport.get_extra_info("socket")
        if self._transport.is_closing():
            return False
        # An event loop that was held up has not read yet what came. (At first, TLS has tickets.)
        if not self._is_new and connected is not None and has_input(connected):
            return False
        self._is_new = False
        self._begin()
        self._is_idle = False
        return True

    def end(self) -> None:
        """The request is done with it. It is closed unless all that came was its answer."""
        self._is_idle = True
        is_whole = self._left == 0 if self._left is not None else self._last == LAST_CHUNK
        if self._has_surplus or not is_whole:
            self._transport.abort()

    def file_descriptor(self) -> int:
        """Its socket's; -1 once it is closed."""
        connected = self._transport.get_extra_info("socket")
        return -1 if connected is None else int(connected.fileno())

    def data_received(self, data: bytes) -> None:
        if self._is_idle:
            self._transport.abort()
            return
        if self._head.endswith(END_OF_HEAD):
            data = self._body(data)
        elif len(self._head) < MAX_HEAD:
            data = self._find_head(data)
        self._inner.data_received(data)

    def _find_head(self, data: bytes) -> bytes:
        """Find the end of the answer's head, past those of interim answers. What is to be passed on
        comes back."""
        received = self._head + data
        start = 0
        while (end := received.find(END_OF_HEAD, start)) >= 0:
            end += len(END_OF_HEAD)
            status = _STATUS.match(received, start)
            if status is None or not status[1].startswith(b"1"):
                self._head = received[start:end]
                self._left = _body_length(self._head)
                body = received[end:]
                surplus = len(body) - len(self._body(body))
                return data[: len(data) - surplus]
            start = end
        self._head = received[start:]
        return data

    def _body(self, data: bytes) -> bytes:
        """Count some of the answer's body; what belongs to it comes back."""
        if self._left is None:
            self._last = (self._last + data[-len(LAST_CHUNK) :])[-len(LAST_CHUNK) :]
            return data
        if len(data) > self._left:
            self._has_surplus = True
            data = data[: self._left]
        self._left -= len(data)
        return data


def _body_length(head: bytes) -> int | None:
    """The length of the body behind a head; None if the body says where it ends, or the connection's
    end does."""
    status = _STATUS.match(head)
    if status is not None and status[1] in _WITHOUT_BODY:
        return 0
    lengths = set(_LENGTH.findall(head))
    if _CHUNKED.search(head) or len(lengths) != 1:
        return None
    return int(lengths.pop())
