"""One request on the fault server, and all that can be done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from attrs import define, field

from sekha_api.types import RawResponse, Request

from .wire import ClientGone, Connection, Head, encode

if TYPE_CHECKING:
    from .faults import Fault
    from .server import FaultServer


@define(eq=False)
class Arrival:
    """What the fault server knows of one request.

    Attributes:
        operation: its operationId, or method and path where the contract has none.
        number: how many of this operation came before it.
        at: when its head was there, on the monotonic clock.
        fault: what befell it.
        backend_status: the backend's own answer, once it was carried out.
        status: the status that was sent back, if any was.
        in_flight: whether its client can still be waiting for it.
    """

    operation: str
    number: int
    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    at: float
    fault: Fault | None = None
    content: bytes = field(default=b"", repr=False)
    backend_status: int | None = None
    status: int | None = None
    in_flight: bool = True

    @property
    def carried_out(self) -> bool:
        return self.backend_status is not None


class Exchange:
    """A request whose head has come: what a fault has in hand."""

    def __init__(
        self, fault_server: FaultServer, connection: Connection, head: Head, arrival: Arrival
    ) -> None:
        self._fault_server = fault_server
        self._connection = connection
        self._head = head
        self.arrival = arrival

    async def receive(self) -> Request:
        """Read the body: the request, whole."""
        head, arrival = self._head, self.arrival
        arrival.content = await self._connection.read_body(head)
        return Request(head.method, head.path, head.params, head.headers, arrival.content or None)

    async def carry_out(self, request: Request) -> RawResponse:
        """Let the backend have it; a client that leaves meanwhile is in flight no more."""
        leaving = asyncio.ensure_future(self._connection.gone())
        leaving.add_done_callback(lambda left: None if left.cancelled() else self.finish())
        try:
            return await self._fault_server.carry_out(request, self.arrival)
        finally:
            leaving.cancel()
            await asyncio.wait([leaving])

    def answer_before(self, own: RawResponse) -> RawResponse:
        """What the request before was answered; its own answer is what the next will get."""
        return self._fault_server.exchange_answers(own)

    async def answer(self, response: RawResponse) -> None:
        """Send a response as it should be sent."""
        self.arrival.status = response.status_code
        await self.send(b"".join(encode(response)), last=True)

    async def send(self, data: bytes, *, last: bool = False) -> None:
        """Send some bytes; with the last ones, the request is in flight no more."""
        if last:
            self.finish()
        await self._connection.send(data)

    async def pause(self, seconds: float) -> None:
        """Let time pass; raises ClientGone as soon as the client leaves."""
        try:
            await asyncio.wait_for(self._connection.gone(), seconds)
        except TimeoutError:
            return
        raise ClientGone

    async def hold(self) -> None:
        """Say nothing until the client leaves."""
        await self._connection.gone()
        raise ClientGone

    def has_next_request(self) -> bool:
        """Whether the client has sent more on this connection."""
        return self._connection.has_more

    def hang_up(self, *, reset: bool) -> None:
        """End the connection with RST or, in good order, with FIN."""
        self.finish()
        if reset:
            self._connection.reset()
        else:
            self._connection.close()

    def refuse_connections(self, seconds: float) -> None:
        """Refuse new connections for a while."""
        self._fault_server.refuse_for(seconds)

    def in_background(self, work: Coroutine[Any, Any, object]) -> None:
        """Go on with something after the connection has ended."""
        self._fault_server.in_background(work)

    def finish(self) -> None:
        """Its client waits no more. Said before the last byte goes out: afterwards, the client's
        next request could overtake it and be counted beside it."""
        self._fault_server.finished(self.arrival)
