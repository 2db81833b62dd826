"""Answers that lie: whole and well-formed on the wire, and not what the contract or the request says.

Each has the status of a success, unless it echoes what was asked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from attrs import evolve, field, frozen

from sekha_api.types import RawResponse

from .exchange import Exchange
from .faults import Fault

OTHER_ID = "0badc0de-0000-4000-8000-0badc0de0bad"
JSON = {"content-type": "application/json"}
DEEP = b'{"success":true,"error":null,"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@frozen
class WrongJson(Fault):
    """A success whose JSON is something else; `None` for the status is the right one's."""

    content: bytes = field(repr=lambda content: repr(content[:40]))
    carried_out: bool = True

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        status = 200
        if self.carried_out:
            status = (await exchange.carry_out(request)).status_code
        await exchange.answer(RawResponse(status, JSON, self.content))


def deep_json(*, carried_out: bool = True) -> WrongJson:
    """Nested deeper than Python's parser goes."""
    return WrongJson(DEEP, carried_out)


def failed_tool(*, carried_out: bool = True) -> WrongJson:
    """A tool that says 200 and means a failure (compatibility row 29)."""
    return WrongJson(b'{"success":false,"data":null,"error":"out of luck"}', carried_out)


@frozen
class AboutAnother(Fault):
    """The right form, about another conversation than was asked for; of a list, another page."""

    carried_out: bool = field(default=True, init=False, repr=False)

    async def play(self, exchange: Exchange) -> None:
        response = await exchange.carry_out(await exchange.receive())
        change = _CHANGES.get(exchange.arrival.operation)
        if change is not None and response.is_success:
            body = response.json()
            change(body.get("data") or body)
            response = evolve(response, content=json.dumps(body).encode())
        await exchange.answer(response)


def _another(body: dict[str, Any]) -> None:
    head = body.get("conversation", body)
    for name in ("id", "conversation_id"):
        if name in head:
            head[name] = OTHER_ID


def _another_created(body: dict[str, Any]) -> None:
    _another(body)
    body["label"] = "another"


def _another_page(body: dict[str, Any]) -> None:
    body["page"] += 1


_CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "create_conversation": _another_created,
    "memory_store": _another_created,
    "list_conversations": _another_page,
    **dict.fromkeys(
        (
            "get_conversation",
            "memory_export",
            "memory_get_context",
            "memory_update",
            "suggest_labels",
            "summarize",
        ),
        _another,
    ),
}


@frozen
class SkewedDate(Fault):
    """The right answer through a gateway that puts its own clock's time into `Date`.

    Args:
        seconds: by how much it is ahead.
    """

    carried_out: bool = field(default=True, init=False, repr=False)
    seconds: float

    async def play(self, exchange: Exchange) -> None:
        response = await exchange.carry_out(await exchange.receive())
        date = formatdate(time.time() + self.seconds, usegmt=True)
        await exchange.answer(evolve(response, headers={**response.headers, "date": date}))


@frozen
class EchoedHeaders(Fault):
    """A debugging page: the request's headers, spelt in some way, in the answer's body."""

    carried_out: bool = field(default=False, init=False, repr=False)
    status: int = 500
    spell: Callable[[str], str] = field(default=str, repr=False)
    shape: Callable[[str], str] = field(default=str, repr=False)

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        said = "".join(f"{name}: {self.spell(value)}\n" for name, value in request.headers.items())
        headers = {"content-type": "text/plain"}
        await exchange.answer(RawResponse(self.status, headers, self.shape(said).encode()))


def lying_answers() -> dict[str, Fault]:
    """One lie of every kind, by a name that suits a test's id."""
    return {
        "deep-json": deep_json(),
        "deep-json-not-carried-out": deep_json(carried_out=False),
        "null": WrongJson(b"null"),
        "list": WrongJson(b"[[]]"),
        "numbers": WrongJson(b'{"id":1,"results":[1],"total":1e999,"data":1,"success":1}'),
        "failed-tool": failed_tool(),
        "failed-tool-not-carried-out": failed_tool(carried_out=False),
        "about-another": AboutAnother(),
        "clock-ahead": SkewedDate(2.0),
        "clock-far-ahead": SkewedDate(90.0),
        "clock-behind": SkewedDate(-30.0),
        "echoed-key": EchoedHeaders(),
    }
