"""A controller that can be reached only through trouble."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import evolve

from sekha_api.types import RawResponse, Request

from .exchange import Arrival, Exchange
from .faults import Fault, OtherAnswer
from .listener import PATIENCE, LoopbackServer
from .schedules import ByRequest, Schedule, Script
from .wire import Connection, Head

Backend = Callable[[Request], RawResponse]
CREATES = ("create_conversation", "memory_store")
_LIMIT = re.compile(rb',? ?"creates_at_once": ?\d+')
_BACKEND_THREADS = 32


class FaultServer(LoopbackServer):
    """Hands every request to a backend over real HTTP, unless a fault is due.

    Args:
        backend: answers a request; blocking, called from several threads at once.
        schedule: faults in order (None for peace), a function of method, path and number, or a
            Schedule. More can be added to a list with `script`.
        tls: speak TLS with this context, if given.

    Attributes:
        arrivals: all requests whose head arrived, in order.
        connections: how many connections were made.

    It says nothing of how many creates it takes at once, as the public controller does not.

    What a client has been told, and what was carried out for it, is counted before it is told. An
    error of the backend ends the connection, and is raised when the `with` block ends.
    """

    def __init__(
        self,
        backend: Backend,
        schedule: Schedule | Callable[[str, str, int], Fault | None] | Iterable[Fault | None] = (),
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls=tls)
        self.arrivals: list[Arrival] = []
        self.connections = 0
        self._backend = _of_unknown_limit(backend)
        self.follow(schedule)
        self._pool = ThreadPoolExecutor(_BACKEND_THREADS, thread_name_prefix="fault-server-backend")
        self._changed = threading.Condition()
        self._busy: set[Connection] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._arrived: Counter[str] = Counter()
        self._last_answer: RawResponse | None = None
        self._waiting = _Gauge()
        self._working = _Gauge()

    def follow(
        self,
        schedule: Schedule | Callable[[str, str, int], Fault | None] | Iterable[Fault | None],
    ) -> None:
        """Go by another schedule from now on."""
        if isinstance(schedule, Schedule):
            self._schedule = schedule
        elif callable(schedule):
            self._schedule = ByRequest(schedule)
        else:
            self._schedule = Script(schedule)

    def script(self, *faults: Fault | None) -> None:
        """Add to the list of faults to come; only for a fault server that goes by a list."""
        assert isinstance(self._schedule, Script)
        self._schedule.add(*faults)

    def seen(self, *operations: str) -> list[Arrival]:
        """The requests of some operations that arrived; of all operations, if none is named."""
        return [each for each in self.arrivals if not operations or each.operation in operations]

    def carried_out(self, *operations: str) -> list[Arrival]:
        """The requests that the backend answered, whatever became of its answer."""
        return [each for each in self.seen(*operations) if each.carried_out]

    def in_flight(self, *operations: str) -> int:
        """How many requests have a client that can still be waiting."""
        return sum(each.in_flight for each in self.seen(*operations))

    def peak(self, operation: str = "all") -> int:
        """The most requests of one operation, of "all" or of "creates" that ever were in flight."""
        return self._waiting.peaks[operation]

    def peak_in_backend(self, operation: str = "all") -> int:
        """The same for the requests that the backend had in hand, its client gone or not."""
        return self._working.peaks[operation]

    def most_within(self, seconds: float, *operations: str) -> int:
        """The most requests that arrived in any stretch of so many seconds."""
        times = [each.at for each in self.seen(*operations)]
        most = first = 0
        for last, at in enumerate(times):
            while at - times[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def wait_for(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Block until something is so; asked again after every change on the fault server.

        Raises:
            TimeoutError: it did not become so in time.
        """
        with self._changed:
            if not self._changed.wait_for(condition, seconds):
                raise TimeoutError(f"the fault server waited {seconds:g} s in vain")

    async def wait_for_async(
        self, condition: Callable[[], bool], seconds: float = PATIENCE
    ) -> None:
        """`wait_for` that leaves the event loop free."""
        await asyncio.to_thread(self.wait_for, condition, seconds)

    def settle(self) -> None:
        """Block until nothing is in flight, in the backend, or to be carried out late."""
        self.wait_for(
            lambda: not (self._waiting.now["all"] or self._working.now["all"] or self._background)
        )

    def close(self) -> None:
        super().close()
        self._pool.shutdown(cancel_futures=True)

    # What follows runs in the fault server's own thread.

    async def serve(self, connection: Connection) -> None:
        self.connections += 1
        self._note()
        if self._schedule.for_connection() is not None:
            connection.reset()
            return
        while connection.open and (head := await connection.read_head()) is not None:
            self._busy.add(connection)
            try:
                await self._exchange(connection, head)
            finally:
                self._busy.discard(connection)
            if head.wants_close or self._refusals:
                return

    def idle(self, connection: Connection) -> bool:
        return connection not in self._busy

    async def _exchange(self, connection: Connection, head: Head) -> None:
        await _let_departures_be_seen()
        arrival = self._arrival(head, left=connection.left)
        exchange = Exchange(self, connection, head, arrival)
        try:
            if arrival.fault is not None:
                await arrival.fault.play(exchange)
            else:
                await exchange.answer(await exchange.carry_out(await exchange.receive()))
        finally:
            exchange.finish()

    def _arrival(self, head: Head, *, left: bool) -> Arrival:
        operation = operation_of(head.method, head.path)
        arrival = Arrival(
            operation=operation,
            number=self._arrived[operation],
            method=head.method,
            path=head.path,
            params=head.params,
            headers=head.headers,
            at=time.monotonic(),
        )
        self._arrived[operation] += 1
        arrival.fault = self._schedule.for_request(
            operation, head.method, head.path, arrival.number
        )
        arrival.in_flight = not left
        if arrival.in_flight:
            self._waiting.enter(operation)
        self.arrivals.append(arrival)
        self._note()
        return arrival

    def finished(self, arrival: Arrival) -> None:
        if arrival.in_flight:
            arrival.in_flight = False
            self._waiting.leave(arrival.operation)
            self._note()

    def exchange_answers(self, own: RawResponse) -> RawResponse:
        other, self._last_answer = self._last_answer, own
        return other or own

    async def carry_out(self, request: Request, arrival: Arrival) -> RawResponse:
        def work() -> RawResponse:
            self._working.enter(arrival.operation)
            self._note()
            try:
                response = self._backend(request)
                arrival.backend_status = response.status_code
                return response
            finally:
                self._working.leave(arrival.operation)
                self._note()

        response = await self._loop.run_in_executor(self._pool, work)
        if not isinstance(arrival.fault, OtherAnswer):
            self._last_answer = response
        return response

    def refuse_for(self, seconds: float) -> None:
        async def refuse() -> None:
            await self._stop_listening()
            await asyncio.sleep(seconds)
            await self._listen_again()

        self.in_background(refuse())

    def in_background(self, work: Coroutine[Any, Any, object]) -> None:
        async def guarded() -> None:
            try:
                await work
            except Exception as error:
                self.errors.append(error)

        task = self._loop.create_task(guarded())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        task.add_done_callback(lambda _: self._note())

    def _note(self) -> None:
        with self._changed:
            self._changed.notify_all()


class _Gauge:
    """How many there are now, and how many there were at most: per operation, and of groups."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.peaks: Counter[str] = Counter()
        self._lock = threading.Lock()

    def enter(self, operation: str) -> None:
        with self._lock:
            for group in self._groups(operation):
                self.now[group] += 1
                self.peaks[group] = max(self.peaks[group], self.now[group])

    def leave(self, operation: str) -> None:
        with self._lock:
            for group in self._groups(operation):
                self.now[group] -= 1

    def _groups(self, operation: str) -> tuple[str, ...]:
        return (operation, "all", *(("creates",) if operation in CREATES else ()))


async def _let_departures_be_seen() -> None:
    """A client that left before this request came must not be counted beside it: what the kernel
    knows takes the event loop some rounds to tell the task that waits for it."""
    for _ in range(4):
        await asyncio.sleep(0)


def operation_of(method: str, path: str) -> str:
    """The operationId of a request, by the contract; method and path if it has none."""
    for known, pattern, name in _operations():
        if known == method and pattern.fullmatch(path):
            return name
    return f"{method} {path}"


@cache
def _operations() -> list[tuple[str, re.Pattern[str], str]]:
    document = json.loads((files("sekha_api") / "openapi.json").read_bytes())
    # A path without parameters comes first: /conversations/count is no conversation.
    paths = sorted(document["paths"].items(), key=lambda item: "{" in item[0])
    return [
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation["operationId"])
        for path, item in paths
        for method, operation in item.items()
        if method != "parameters"
    ]


def _of_unknown_limit(backend: Backend) -> Backend:
    def handle(request: Request) -> RawResponse:
        answer = backend(request)
        content = _LIMIT.sub(b"", answer.content)
        return answer if content == answer.content else evolve(answer, content=content)

    return handle
