"""Row 4: at most four creates in flight for each process and base url, whatever the caller does."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from sekha import ClientConfig, SekhaClient, SekhaTimeoutError, SyncSekhaClient
from sekha.testing import FaultServer
from sekha_api.api.conversations import create_conversation
from sekha_api.models import CreateConversationRequest, MessageDto
from sekha_api.types import RawResponse, Request
from support.recorded_controller import KEY, Scene, scene, talk

AT_MOST = 4
CREATES = ("create_conversation", "memory_store")


@pytest.fixture
def here() -> Iterator[Scene]:
    """A controller that deadlocks at the fifth create."""
    with scene() as served:
        served.pace.deadlocks = True
        served.pace.message_seconds = 0.01
        yield served


@pytest.fixture
def counting() -> Iterator[FaultServer]:
    """A server that only counts: every create is answered, and stored nowhere."""

    def answer(request: Request) -> RawResponse:
        time.sleep(0.004)
        given, made = json.loads(request.content or b""), str(uuid4())
        created = {"id": made, "conversation_id": made, "label": given["label"]}
        created |= {"folder": given["folder"], "status": "active", "message_count": 1}
        created["created_at"] = "2026-01-01T00:00:00.000000001"
        return RawResponse(201, {"content-type": "application/json"}, json.dumps(created).encode())

    with FaultServer(answer) as fault_server:
        yield fault_server


def config_of(fault_server: FaultServer) -> ClientConfig:
    return ClientConfig(api_key=KEY, base_url=fault_server.base_url, rate_limit_requests=None)


def check(here: Scene, stored: int) -> None:
    """All came through, whole, and there were never five."""
    here.fault_server.settle()
    assert 1 < here.fault_server.peak("creates") <= AT_MOST
    exports = [here.controller.memory.export(each) for each in here.rows()]
    assert len(here.fault_server.seen(*CREATES)) == len(exports) == stored
    assert all(each and each["messages"] for each in exports)


async def create_all(client: SekhaClient, name: str, count: int) -> None:
    await asyncio.gather(
        *(
            client.create_conversation(
                talk(f"{name} {number}", importance_score=7 if number % 2 else None)
            )
            for number in range(count)
        )
    )


def in_threads(count: int, work: Callable[[int], object]) -> None:
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))


async def test_row_04_gather_over_500(counting: FaultServer) -> None:
    async with SekhaClient(config_of(counting)) as client:
        await asyncio.gather(
            *(client.create_conversation(talk(f"gathered {number}")) for number in range(500))
        )
    assert len(counting.seen()) == 500
    assert counting.peak() == AT_MOST


def test_row_04_32_threads(counting: FaultServer) -> None:
    with SyncSekhaClient(config_of(counting)) as client:

        def work(thread: int) -> None:
            for number in range(5):
                client.create_conversation(talk(f"thread {thread}, {number}"))

        in_threads(32, work)
    assert len(counting.seen()) == 160
    assert counting.peak() == AT_MOST


def test_row_04_a_client_for_each_create(counting: FaultServer) -> None:
    def work(thread: int) -> None:
        for number in range(3):
            with SyncSekhaClient(config_of(counting)) as client:
                client.create_conversation(talk(f"client {thread}, {number}"))

    in_threads(12, work)
    assert len(counting.seen()) == counting.connections == 36
    assert 1 < counting.peak() <= AT_MOST


def test_row_04_32_threads_on_one_that_deadlocks(here: Scene) -> None:
    with SyncSekhaClient(here.config()) as client:
        in_threads(32, lambda thread: client.create_conversation(talk(f"thread {thread}")))
    check(here, 32)


def test_row_04_event_loops_in_threads_and_sync_beside_async(here: Scene) -> None:
    async def in_loop(thread: int) -> None:
        async with SekhaClient(here.config()) as client:
            await create_all(client, f"loop {thread}", 10)

    def work(thread: int) -> None:
        if thread % 2:
            asyncio.run(in_loop(thread))
            return
        with SyncSekhaClient(here.config()) as client:
            for number in range(6):
                client.create_conversation(talk(f"sync {thread}, {number}"))

    in_threads(8, work)
    check(here, 4 * 10 + 4 * 6)


def test_row_04_another_spelling_of_the_base_url_is_the_same_controller(here: Scene) -> None:
    here.pace.message_seconds = 0.1
    host = here.fault_server.authority
    urls = [f"http://{host}", f"http://{host}/", f"HTTP://{host}"]

    def work(thread: int) -> None:
        config = here.config().evolve(base_url=urls[thread % 3])
        with SyncSekhaClient(config) as client:
            client.create_conversation(talk(f"spelling {thread}"))

    in_threads(12, work)
    check(here, 12)


async def test_row_04_options_and_call_pass_the_same_gate(here: Scene) -> None:
    async with SekhaClient(here.config()) as client:

        async def by_call(number: int) -> None:
            body = CreateConversationRequest(
                label="L", folder="/", messages=[MessageDto("user", f"called {number}")]
            )
            await client.options(timeout=20.0).call(create_conversation, body=body)

        await asyncio.gather(create_all(client, "direct", 10), *map(by_call, range(10)))
    check(here, 20)


async def test_row_04_queries_are_not_held_up_by_the_gate(here: Scene) -> None:
    async with SekhaClient(here.config()) as client:
        await client.create_conversation(talk("something to find"))
        here.pace.message_seconds = 0.2
        creating = asyncio.create_task(create_all(client, "slow", 8))
        await here.fault_server.wait_for_async(
            lambda: here.fault_server.in_flight(*CREATES) == AT_MOST
        )
        answers = await asyncio.gather(*(client.smart_query("find") for _ in range(20)))
        assert all(len(each) for each in answers)
        assert not creating.done()
        await creating
    check(here, 9)


async def test_row_04_a_create_that_is_given_up_frees_its_place(here: Scene) -> None:
    here.pace.message_seconds = 0.3
    async with SekhaClient(here.config()) as client:
        tasks = [asyncio.create_task(create_all(client, f"task {n}", 1)) for n in range(8)]
        await here.fault_server.wait_for_async(
            lambda: here.fault_server.in_flight(*CREATES) == AT_MOST
        )
        # Four in flight, and two of those that wait in line.
        for task in [*tasks[:4], *tasks[5:7]]:
            task.cancel()
        here.pace.message_seconds = 0.0
        done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        assert sum(each is None for each in done) == 2
    assert here.fault_server.peak("creates") <= AT_MOST


async def test_row_04_a_deadline_holds_in_the_line_too(here: Scene) -> None:
    here.pace.message_seconds = 0.5
    async with SekhaClient(here.config()) as client:
        tasks = [asyncio.create_task(create_all(client, f"task {n}", 1)) for n in range(4)]
        await here.fault_server.wait_for_async(
            lambda: here.fault_server.in_flight(*CREATES) == AT_MOST
        )
        with pytest.raises(SekhaTimeoutError, match="deadline") as caught:
            await client.options(deadline=0.1).create_conversation(talk("late"))
        assert caught.value.sent is False
        await asyncio.gather(*tasks)
    check(here, 4)


def test_row_04_five_at_once_past_the_gate_do_hang(here: Scene) -> None:
    """That the tests above mean something: this server really deadlocks."""
    here.pace.message_seconds = 0.2
    body = CreateConversationRequest(label="L", folder="/", messages=[MessageDto("user", "x")])
    request = create_conversation.build_request(body=body)
    ready = threading.Barrier(5)

    def past_the_gate(client: httpx.Client) -> bool:
        ready.wait()
        try:
            client.post(request.path, content=request.content, headers=request.headers)
        except httpx.ReadTimeout:
            return True
        return False

    with httpx.Client(base_url=here.fault_server.base_url, timeout=1.0) as client:
        with ThreadPoolExecutor(5) as pool:
            assert all(pool.map(past_the_gate, [client] * 5))
    here.fault_server.settle()
    exports = [here.controller.memory.export(each) for each in here.rows()]
    assert [each and each["messages"] for each in exports] == [[]] * 5
    # Those who hung have left: it works again.
    with SyncSekhaClient(here.config()) as after:
        assert after.create_conversation(talk("after")).message_count == 1
        assert len(after.smart_query("after")) == 1


def test_row_04_a_controller_that_others_have_wedged_hangs_nobody_for_ever(here: Scene) -> None:
    here.pace.wedge()
    with SyncSekhaClient(here.config(timeout=0.4, deadline=1.5, max_retries=1)) as client:
        with pytest.raises(SekhaTimeoutError):
            client.smart_query("anything")
        assert client.health().healthy
        assert client.count() == 0
