"""Cancelling, closing and leaving early: no place stays taken, no connection open, no task pending."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from sekha import SekhaClient, SekhaClosedError, SekhaError
from sekha.testing import CloseAfter, Delay, Stall
from support.redis_server import RedisServer
from support.served import Served, talk

Start = Callable[[SekhaClient], Awaitable[object]]


async def all_is_given_back(client: SekhaClient, here: Served) -> None:
    """After everything has ended or was cancelled."""
    limits = client._session.limits
    assert limits.creates._rule._held == 0  # type: ignore[attr-defined]
    assert limits.requests._rule._in_flight == 0  # type: ignore[attr-defined]
    assert not limits.creates._waiting and not limits.requests._waiting
    assert not limits.equal_creates._queues and not limits.claims._under_way
    pending = asyncio.all_tasks() - {asyncio.current_task()}
    assert not pending, pending
    await client.aclose()
    await here.fault_server.wait_for_async(lambda: here.fault_server.open_connections == 0)


async def cancelled(task: asyncio.Task[object]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


CALLS: dict[str, Start] = {
    "count": lambda client: client.count(),
    "create": lambda client: client.create_conversation(talk("new")),
    "create with importance": lambda client: client.create_conversation(talk("n", importance=7)),
    "export": lambda client: client.export(),
    "assemble": lambda client: client.assemble_context("tokens"),
    "search": lambda client: client.search("tokens"),
    "import": lambda client: client.import_conversations([talk(f"{n}") for n in range(9)]),
}


@pytest.mark.parametrize("name", CALLS)
async def test_cancelled_in_flight(here: Served, name: str) -> None:
    for number in range(12):
        here.store(f"{number}", "tokens")
    # In the first request, and in what follows it.
    for place in (0, 1, 3):
        here.fault_server.settle()
        sofar = len(here.fault_server.seen())
        met = sofar + place
        here.fault_server.follow(
            lambda *_: Stall(carried_out=False) if len(here.fault_server.seen()) >= met else None
        )
        client = SekhaClient(here.config(rate_limit_requests=1000, timeout=30.0))
        task = asyncio.ensure_future(CALLS[name](client))
        await asyncio.wait(
            [task, asyncio.ensure_future(arrived(here, met + 1))],
            timeout=3,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not task.done():
            await cancelled(task)
        for other in asyncio.all_tasks() - {asyncio.current_task()}:
            other.cancel()
            await asyncio.wait([other])
        await all_is_given_back(client, here)


async def arrived(here: Served, count: int) -> None:
    while len(here.fault_server.seen()) < count:
        await asyncio.sleep(0.01)


async def test_cancelled_in_line_for_the_rate(here: Served) -> None:
    client = SekhaClient(here.config(rate_limit_requests=2))
    await client.count()
    await client.count()
    tasks = [asyncio.ensure_future(CALLS[name](client)) for name in CALLS for _ in range(3)]
    await asyncio.sleep(0.1)
    assert len(client._session.limits.requests._waiting) > 1
    for task in tasks[::2] + tasks[1::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in results)
    assert len(here.fault_server.seen()) == 2
    await all_is_given_back(client, here)


async def test_cancelled_in_line_for_a_create(here: Served) -> None:
    here.befall(*[Stall(carried_out=False)] * 4)
    client = SekhaClient(here.config(timeout=30.0))
    stalled = [asyncio.ensure_future(client.create_conversation(talk(f"{n}"))) for n in range(4)]
    await here.fault_server.wait_for_async(
        lambda: here.fault_server.in_flight("create_conversation") == 4
    )
    waiting = [asyncio.ensure_future(client.create_conversation(talk(f"w{n}"))) for n in range(9)]
    await asyncio.sleep(0.05)
    # The head of the line, its end, and what is in between.
    for task in (waiting[0], waiting[8], waiting[4]):
        await cancelled(task)  # type: ignore[arg-type]
    # Whoever leaves makes room for the next.
    for task in stalled:
        await cancelled(task)  # type: ignore[arg-type]
    rest = [waiting[n] for n in (1, 2, 3, 5, 6, 7)]
    made = await asyncio.wait_for(asyncio.gather(*rest), 10)
    assert {each.label for each in made} == {f"w{n}" for n in (1, 2, 3, 5, 6, 7)}
    assert all(here.rows(each.label) == [each.id] for each in made)
    await all_is_given_back(client, here)


async def test_cancelled_in_line_behind_an_equal_one(here: Served) -> None:
    here.befall(Stall(carried_out=False))
    client = SekhaClient(here.config(timeout=30.0))
    tasks = [asyncio.ensure_future(client.create_conversation(talk("same"))) for _ in range(4)]
    await here.fault_server.wait_for_async(
        lambda: here.fault_server.in_flight("create_conversation") == 1
    )
    for place in (2, 0):
        await cancelled(tasks[place])  # type: ignore[arg-type]
    made = await asyncio.wait_for(asyncio.gather(tasks[1], tasks[3]), 10)
    assert sorted(here.rows("same")) == sorted(each.id for each in made)
    await all_is_given_back(client, here)


async def test_cancelled_in_doubt(here: Served) -> None:
    here.befall(Stall(carried_out=True), Stall(carried_out=False))
    client = SekhaClient(here.config(timeout=0.2))
    task = asyncio.ensure_future(client.create_conversation(talk("new")))
    await here.fault_server.wait_for_async(
        lambda: here.fault_server.in_flight("list_conversations") == 1
    )
    assert client._session.limits.creates._rule._held == 1  # type: ignore[attr-defined]
    await cancelled(task)  # type: ignore[arg-type]
    assert len(here.rows("new")) == 1
    await all_is_given_back(client, here)


async def test_cancelled_while_waiting_out_a_429(here: Served) -> None:
    from sekha.testing import throttled

    here.befall(throttled(60))
    client = SekhaClient(here.config())
    task = asyncio.ensure_future(client.create_conversation(talk("new")))
    await here.fault_server.wait_for_async(lambda: len(here.fault_server.seen()) == 1)
    await asyncio.sleep(0.1)
    await cancelled(task)  # type: ignore[arg-type]
    await all_is_given_back(client, here)


async def test_cancelled_with_shared_limits(here: Served, tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        client = SekhaClient(
            here.config(shared_limits=server.url, rate_limit_requests=100, timeout=30.0)
        )
        here.fault_server.follow(lambda *_: Delay(0.02, before=True))
        for round_ in range(12):
            tasks = [
                asyncio.ensure_future(client.create_conversation(talk(f"{round_} {number}")))
                for number in range(7)
            ]
            await asyncio.sleep(0.004 * round_)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with Redis.from_url(server.url) as redis:
            until = time.monotonic() + 5
            while list(redis.scan_iter("*create*")) and time.monotonic() < until:
                await asyncio.sleep(0.05)
            assert not list(redis.scan_iter("*create*"))
        assert not client._session.shared._held  # type: ignore[union-attr]
        await all_is_given_back(client, here)


async def test_closed_under_load(here: Served) -> None:
    here.fault_server.follow(
        lambda method, path, number: Stall(carried_out=False) if number % 2 else None
    )
    client = SekhaClient(here.config(timeout=30.0, max_retries=3))
    tasks = [asyncio.ensure_future(CALLS[name](client)) for name in CALLS for _ in range(4)]
    await here.fault_server.wait_for_async(lambda: here.fault_server.in_flight() >= 6)
    began = time.monotonic()
    await client.aclose()
    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
    assert time.monotonic() - began < 5
    failures = [each for each in results if isinstance(each, BaseException)]
    assert failures and all(isinstance(each, SekhaError) for each in failures), failures
    assert any(isinstance(each, SekhaClosedError) for each in failures)
    with pytest.raises(SekhaClosedError):
        await client.count()
    await all_is_given_back(client, here)


async def test_an_exception_in_the_block_leaves_nothing(here: Served) -> None:
    for number in range(30):
        here.store(f"{number}")
    with pytest.raises(ZeroDivisionError):
        async with SekhaClient(here.config(rate_limit_requests=1000)) as client:
            async for _ in client.iter_export():
                raise ZeroDivisionError
    # The generator is closed by the loop, soon after it was dropped; so is what it just opened.
    for _ in range(50):
        await asyncio.sleep(0.01)
        if asyncio.all_tasks() == {asyncio.current_task()}:
            break
    await all_is_given_back(client, here)


async def test_a_task_group_that_fails_takes_its_calls_along(here: Served) -> None:
    here.fault_server.follow(lambda *_: Stall(carried_out=False))

    async def fail() -> None:
        await here.fault_server.wait_for_async(lambda: here.fault_server.in_flight() >= 5)
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        async with SekhaClient(here.config(timeout=30.0)) as client, asyncio.TaskGroup() as group:
            for start in CALLS.values():
                group.create_task(_as_coroutine(start(client)))
            group.create_task(fail())
    await all_is_given_back(client, here)


async def _as_coroutine(awaitable: Awaitable[object]) -> object:
    return await awaitable


def test_a_loop_that_ended_with_its_tasks_holds_nobody_up(here: Served) -> None:
    """A task in line whose loop was closed under it is passed over."""
    here.befall(*[Stall(carried_out=False)] * 4)
    client = SekhaClient(here.config(timeout=30.0))

    async def stall_and_wait() -> list[asyncio.Task[object]]:
        tasks: list[asyncio.Task[object]] = [
            asyncio.ensure_future(client.create_conversation(talk(f"{n}"))) for n in range(4)
        ]
        await here.fault_server.wait_for_async(
            lambda: here.fault_server.in_flight("create_conversation") == 4
        )
        return tasks

    async def only_wait(other: SekhaClient) -> None:
        task = asyncio.ensure_future(other.create_conversation(talk("lost")))
        await asyncio.sleep(0.05)
        assert not task.done()

    async def go_on(tasks: list[asyncio.Task[object]]) -> object:
        mine = asyncio.ensure_future(client.create_conversation(talk("mine")))
        await asyncio.sleep(0.05)
        for task in tasks:
            await cancelled(task)
        made = await asyncio.wait_for(mine, 10)
        await client.aclose()
        return made

    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    tasks = first.run_until_complete(stall_and_wait())
    other = SekhaClient(here.config())
    second.run_until_complete(only_wait(other))
    lost = asyncio.all_tasks(second)
    second.close()
    first.run_until_complete(go_on(tasks))
    first.close()
    assert len(here.rows("mine")) == 1 and here.rows("lost") == []
    for task in lost:
        task._log_destroy_pending = False  # type: ignore[attr-defined]


async def test_no_moment_of_cancelling_costs_a_connection_of_the_pool(
    here: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool has 100. Each time a call is cancelled some steps of the event loop later, counted
    from when its connection is made, and each has a new connection to make."""
    here.fault_server.follow(lambda *_: CloseAfter())
    client = SekhaClient(here.config(timeout=30.0))
    await client.count()
    made: list[object] = []
    loop = asyncio.get_running_loop()
    connect = loop.create_connection

    async def connect_and_tell(*args: Any, **kwargs: Any) -> Any:
        connected = await connect(*args, **kwargs)
        made.append(connected)
        return connected

    monkeypatch.setattr(loop, "create_connection", connect_and_tell)
    for steps in range(300):
        sofar = len(made)
        task = asyncio.ensure_future(client.count())
        while len(made) == sofar and not task.done():
            await asyncio.sleep(0)
        for _ in range(steps % 7):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    await client.options(deadline=5.0).count()
    await here.fault_server.wait_for_async(lambda: here.fault_server.open_connections <= 2)
    await all_is_given_back(client, here)
