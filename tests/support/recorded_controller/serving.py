"""The public controller's surface on a port: drops, hangs and slow creates as they really happen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from attrs import define, field, frozen

from sekha.testing import Fault, FaultServer, operation_of
from sekha.testing.exchange import Exchange
from sekha_api.types import RawResponse, Request

from .controller import Dropped, RecordedController
from .creating import Creation

DEADLY_CREATES = 5
"""So many creates that embed at the same time leave none of them what it needs to go on (row 4)."""
EMBEDDING = ("semantic_query", "memory_search", "assemble_context")


@define
class Pace:
    """How a served controller takes its time. Can be changed at any time.

    Attributes:
        message_seconds: what a create takes for each message (row 5).
        deadlocks: whether creates deadlock each other (row 4).
    """

    message_seconds: float = 0.0
    deadlocks: bool = False
    _creating: int = field(default=0, init=False)
    _stuck: int = field(default=0, init=False)

    @property
    def wedged(self) -> bool:
        """Whether creates hang, and all that needs an embedding with them."""
        return self._stuck > 0

    def wedge(self) -> None:
        """Somebody else's creates hang, and their callers never leave."""
        self._stuck += 1


def serve(
    controller: RecordedController,
    pace: Pace | None = None,
    befalls: Callable[[str, int], Fault | None] = lambda operation, number: None,
) -> FaultServer:
    """A fault server that answers as the public controller does; use it in a `with` block.

    Args:
        befalls: what else goes wrong, by operation and its number from 0; the controller's own ways
            where it gives None.
    """
    play = _AsRecordedPlay(controller, pace or Pace())

    def schedule(method: str, path: str, number: int) -> Fault:
        return befalls(operation_of(method, path), number) or play

    return FaultServer(controller.handle, schedule)


@frozen
class _AsRecordedPlay(Fault):
    """What happens to a request on the public controller."""

    carried_out: ClassVar[bool] = True  # type: ignore[misc]
    controller: RecordedController
    pace: Pace

    async def play(self, exchange: Exchange) -> None:
        request = await exchange.receive()
        if self.pace.wedged and exchange.arrival.operation in EMBEDDING:
            await self._hang(exchange)
        try:
            await exchange.answer(await self._answer(exchange, request))
        except Dropped:
            exchange.hang_up(reset=False)

    async def _answer(self, exchange: Exchange, request: Request) -> RawResponse:
        begun = await asyncio.to_thread(self.controller.begin, request)
        if isinstance(begun, Creation):
            begun = await self._create(exchange, begun)
        exchange.arrival.backend_status = begun.status_code
        return begun

    async def _create(self, exchange: Exchange, creation: Creation) -> RawResponse:
        self.pace._creating += 1
        try:
            while not creation.at_end:
                await exchange.pause(self.pace.message_seconds)
                if self._deadlocked():
                    await self._hang(exchange)
                creation.step()
        finally:
            self.pace._creating -= 1
        return creation.answer()

    def _deadlocked(self) -> bool:
        if not (self.pace.deadlocks and self.controller.stack.embeddings):
            return False
        return self.pace.wedged or self.pace._creating >= DEADLY_CREATES

    async def _hang(self, exchange: Exchange) -> None:
        self.pace._stuck += 1
        try:
            await exchange.hold()
        finally:
            self.pace._stuck -= 1
