"""Answers that are not the controller's: of a gateway, a captive portal, another server."""

from __future__ import annotations

import math
import time
from email.utils import formatdate
from typing import Literal

from attrs import field, frozen

from sekha_api.types import RawResponse

from .exchange import Exchange
from .faults import Fault

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
PAGE = b"<html><head><title>%s</title></head><body><h1>%s</h1><hr>gateway</body></html>"


@frozen
class Gateway(Fault):
    """A web page, a line of text or nothing with some status, from a gateway before the controller.

    Args:
        retry_after: seconds for a Retry-After header; None is no header.
        as_date: give the Retry-After as an HTTP date instead of a number.
    """

    status: int
    form: Literal["html", "text", "empty"] = "html"
    carried_out: bool = False
    retry_after: int | None = None
    as_date: bool = False

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        if self.carried_out:
            await exchange.carry_out(request)
        await exchange.answer(self._response())

    def _response(self) -> RawResponse:
        title = b"%d gateway" % self.status
        headers: dict[str, str] = {}
        content = b""
        if self.form != "empty":
            headers["content-type"] = HTML if self.form == "html" else TEXT
            content = PAGE % (title, title) if self.form == "html" else title
        if self.retry_after is not None:
            moment = math.ceil(time.time()) + self.retry_after
            asked = formatdate(moment, usegmt=True) if self.as_date else str(self.retry_after)
            headers["retry-after"] = asked
        return RawResponse(self.status, headers, content)


def throttled(retry_after: int | None = None, *, as_date: bool = False) -> Gateway:
    """429 in plain text, as the controller says it, never carried out."""
    return Gateway(429, "text", retry_after=retry_after, as_date=as_date)


@frozen
class BrokenJson(Fault):
    """A success whose JSON ends half-way, though the length is right."""

    carried_out: bool = True

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        whole = b'{"id": "0'
        if self.carried_out:
            whole = (await exchange.carry_out(request)).content
        headers = {"content-type": "application/json"}
        await exchange.answer(RawResponse(200, headers, whole[: len(whole) // 2] or b"{"))


@frozen
class WrongContentType(Fault):
    """A success from something that is no controller: a captive portal's page. If carried out, the
    right body with the page's content type."""

    carried_out: bool = False

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        content = PAGE % (b"Welcome", b"Sign in to this network")
        if self.carried_out:
            content = (await exchange.carry_out(request)).content
        await exchange.answer(RawResponse(200, {"content-type": HTML}, content))


@frozen
class Redirect(Fault):
    """A redirect to the same path of another host."""

    carried_out: bool = field(default=False, init=False, repr=False)
    to: str
    status: int = 302

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        location = {"location": self.to.rstrip("/") + request.path}
        await exchange.answer(RawResponse(self.status, location, b""))


@frozen
class RawAnswer(Fault):
    """These bytes for an answer, again and again if that is asked for; then the connection ends."""

    carried_out: bool = field(default=False, init=False, repr=False)
    data: bytes = field(repr=False)
    times: int = 1

    async def play(self, exchange: Exchange) -> None:
        await exchange.receive()
        for _ in range(self.times - 1):
            await exchange.send(self.data)
        await exchange.send(self.data, last=True)
        exchange.hang_up(reset=False)


@frozen
class NotHttp(Fault):
    """An answer in another protocol."""

    carried_out: bool = field(default=False, init=False, repr=False)

    async def play(self, exchange: Exchange) -> None:
        await exchange.receive()
        await exchange.send(b"SSH-2.0-OpenSSH_9.2\r\n", last=True)
        exchange.hang_up(reset=False)
