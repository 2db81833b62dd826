"""What can go wrong between a client and a controller: one small class each.

`carried_out` says whether the controller carries the request out all the same.
"""

from __future__ import annotations

import asyncio
import json
from typing import Literal

from attrs import evolve, field, frozen

from sekha_api.types import RawResponse, Request

from .exchange import Exchange
from .wire import encode


class Fault:
    """Something that befalls one request."""

    carried_out: bool

    async def play(self, exchange: Exchange) -> None:
        raise NotImplementedError


@frozen
class Refuse(Fault):
    """RST unread, then no new connections for some seconds (ECONNREFUSED)."""

    carried_out: bool = field(default=False, init=False, repr=False)
    seconds: float

    async def play(self, exchange: Exchange) -> None:
        exchange.refuse_connections(self.seconds)
        exchange.hang_up(reset=True)


@frozen
class ResetAtAccept(Fault):
    """RST as soon as the connection is made; on a kept connection, as the request comes."""

    carried_out: bool = field(default=False, init=False, repr=False)

    async def play(self, exchange: Exchange) -> None:
        exchange.hang_up(reset=True)


@frozen
class DropUnread(Fault):
    """The connection ends as the request comes. With FIN, on a kept connection: the server's idle
    time was up at that very moment."""

    carried_out: bool = field(default=False, init=False, repr=False)
    reset: bool = True

    async def play(self, exchange: Exchange) -> None:
        exchange.hang_up(reset=self.reset)


@frozen
class Drop(Fault):
    """The connection ends after the whole request was read, without a byte of an answer."""

    carried_out: bool
    reset: bool = True

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        if self.carried_out:
            await exchange.carry_out(request)
        exchange.hang_up(reset=self.reset)


@frozen
class CarriedOutLate(Fault):
    """RST at once; the controller carries it out some seconds later all the same."""

    carried_out: bool = field(default=True, init=False, repr=False)
    seconds: float

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()

        async def later() -> None:
            await asyncio.sleep(self.seconds)
            await exchange.carry_out(request)

        exchange.in_background(later())
        exchange.hang_up(reset=True)


@frozen
class StoredInPart(Fault):
    """Only the first messages of a create are stored; then 500, or no answer at all."""

    carried_out: bool = field(default=True, init=False, repr=False)
    messages: int
    answered: bool = True

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        await exchange.carry_out(self._cut(request))
        if self.answered:
            body = b'{"error":"Database error: out of memory","code":500}'
            await exchange.answer(RawResponse(500, {"content-type": "application/json"}, body))
        else:
            exchange.hang_up(reset=True)

    def _cut(self, request: Request) -> Request:
        body = json.loads(request.content or b"")
        body["messages"] = body["messages"][: self.messages]
        content = json.dumps(body).encode()
        headers = {**request.headers, "content-length": str(len(content))}
        return evolve(request, content=content, headers=headers)


@frozen
class CutShort(Fault):
    """The connection ends half-way through the answer's body (or head, if that is asked for or
    there is no body)."""

    carried_out: bool = field(default=True, init=False, repr=False)
    reset: bool = False
    chunked: bool = False
    inside: Literal["head", "body"] = "body"

    async def play(self, exchange: Exchange) -> None:
        await _send_half(exchange, chunked=self.chunked, inside=self.inside)
        exchange.hang_up(reset=self.reset)


@frozen
class Stall(Fault):
    """No byte of an answer ever comes."""

    carried_out: bool

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        if self.carried_out:
            await exchange.carry_out(request)
        await exchange.hold()


@frozen
class StallInside(Fault):
    """Half of the answer comes, and the rest never."""

    carried_out: bool = field(default=True, init=False, repr=False)
    inside: Literal["head", "body"] = "body"

    async def play(self, exchange: Exchange) -> None:
        await _send_half(exchange, chunked=False, inside=self.inside)
        await exchange.hold()


@frozen
class Delay(Fault):
    """The right answer, some seconds late. With `before`, the waiting comes before the controller
    gets the request, and a client that leaves meanwhile leaves it undone."""

    carried_out: bool = field(default=True, init=False, repr=False)
    seconds: float
    before: bool = False

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        if self.before:
            await exchange.pause(self.seconds)
        response = await exchange.carry_out(request)
        if not self.before:
            await exchange.pause(self.seconds)
        await exchange.answer(response)


@frozen
class Trickle(Fault):
    """The right answer, byte by byte, with a pause of some seconds after each: the head too, or
    only the body."""

    carried_out: bool = field(default=True, init=False, repr=False)
    pause: float = 0.001
    inside: Literal["head", "body"] = "head"

    async def play(self, exchange: Exchange) -> None:
        response = await exchange.carry_out(await exchange.receive())
        exchange.arrival.status = response.status_code
        head, body = encode(response)
        slow = body
        if self.inside == "body" and body:
            await exchange.send(head)
        else:
            slow = head + body
        for at in range(len(slow) - 1):
            await exchange.send(slow[at : at + 1])
            await exchange.pause(self.pause)
        await exchange.send(slow[-1:], last=True)


@frozen
class Interim(Fault):
    """The right answer after informational ones, in one piece or byte by byte.

    Args:
        statuses: those of the informational answers.
    """

    carried_out: bool = field(default=True, init=False, repr=False)
    statuses: tuple[int, ...] = (103,)
    in_pieces: bool = False

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        interim = b"".join(
            b"HTTP/1.1 %d Interim\r\nlink: </a>; rel=preload\r\n\r\n" % status
            for status in self.statuses
        )
        for piece in _bytes_of(interim) if self.in_pieces else [interim]:
            await exchange.send(piece)
        await exchange.answer(await exchange.carry_out(request))


UNASKED: dict[str, bytes] = {
    "part of a head": b"HTTP/1.1 200 OK\r\nx-part: ",
    "part of a body": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
    "part of a chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{",
    "timeout": b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n",
    "timeout without a length": b"HTTP/1.1 408 Request Timeout\r\n\r\n",
    "answer": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
    "interim answer": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "line": b"\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
}
"""What can come on a connection that waits for no answer."""


@frozen
class Unasked(Fault):
    """The right answer, then something that nobody asked for; the connection stays open.

    Args:
        what: one of UNASKED.
        seconds: when it comes, if the connection is idle by then; at 0, in one piece with the
            answer.
    """

    carried_out: bool = field(default=True, init=False, repr=False)
    what: str = "answer"
    seconds: float = 0.01

    async def play(self, exchange: Exchange) -> None:
        response = await exchange.carry_out(await exchange.receive())
        unasked = UNASKED[self.what]
        exchange.arrival.status = response.status_code
        if not self.seconds:
            await exchange.send(b"".join(encode(response)) + unasked, last=True)
            return
        await exchange.answer(response)
        await asyncio.sleep(self.seconds)
        if not exchange.has_next_request():
            await exchange.send(unasked)


@frozen
class OtherAnswer(Fault):
    """The answer of the request before, of whatever operation that was; its own, if it is the first."""

    carried_out: bool = field(default=True, init=False, repr=False)

    async def play(self, exchange: Exchange) -> None:
        own = await exchange.carry_out(await exchange.receive())
        await exchange.answer(exchange.answer_before(own))


@frozen
class CloseAfter(Fault):
    """The right answer on what seems a kept connection, which is then closed."""

    carried_out: bool = field(default=True, init=False, repr=False)

    async def play(self, exchange: Exchange) -> None:
        await exchange.answer(await exchange.carry_out(await exchange.receive()))
        exchange.hang_up(reset=False)


def _bytes_of(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


async def _send_half(exchange: Exchange, *, chunked: bool, inside: Literal["head", "body"]) -> None:
    response = await exchange.carry_out(await exchange.receive())
    head, body = encode(response, chunked=chunked)
    half = body[: len(body) // 2]
    if inside == "head" or not body:
        await exchange.send(head[: len(head) // 2])
    elif chunked:
        await exchange.send(head + (b"%x\r\n%s\r\n" % (len(half), half) if half else b""))
    else:
        await exchange.send(head + half)
