"""No call outlives its deadline, whatever goes on; and how the waits are reckoned."""

from __future__ import annotations

import socket
import time
from collections.abc import Awaitable, Callable
from types import ModuleType

import pytest

from sekha import (
    ClientConfig,
    SekhaClient,
    SekhaConnectionError,
    SekhaError,
    SekhaRateLimitError,
    SekhaTimeoutError,
)
from sekha.testing import (
    Delay,
    Drop,
    Fault,
    Gateway,
    Refuse,
    Stall,
    StallInside,
    Trickle,
    throttled,
)
from support.served import KEY, Served, talk

GRACE = 1.0
DEADLINE = 0.4

FOREVER: dict[str, Fault] = {
    "silent": Stall(carried_out=False),
    "silent in the head": StallInside(inside="head"),
    "silent in the body": StallInside(),
    "trickling": Trickle(pause=0.05),
    "trickling in the body": Trickle(pause=0.1, inside="body"),
    "slow": Delay(30.0, before=True),
    "dropping": Drop(carried_out=False),
    "unavailable": Gateway(503, "text"),
    "busy": throttled(),
    "busy for an hour": throttled(3600),
    "busy until a date": throttled(3600, as_date=True),
    "unavailable for an hour": Gateway(503, "text", retry_after=3600),
}


async def count(client: SekhaClient) -> object:
    return await client.count()


async def create(client: SekhaClient) -> object:
    return await client.create_conversation(talk("new"))


async def export(client: SekhaClient) -> object:
    return await client.export()


async def assemble(client: SekhaClient) -> object:
    return await client.assemble_context("tokens")


async def find(client: SekhaClient) -> object:
    return await client.search("tokens")


CALLS: list[Callable[[SekhaClient], Awaitable[object]]] = [count, create, export, assemble, find]


@pytest.mark.slow
@pytest.mark.parametrize("name", FOREVER)
async def test_a_call_ends_with_its_deadline(here: Served, name: str) -> None:
    for number in range(3):
        here.store(f"{number}", "tokens")
    here.fault_server.follow(lambda *_: FOREVER[name])
    for call in CALLS:
        config = here.config(deadline=DEADLINE, timeout=60.0, max_retries=99, verify=False)
        async with SekhaClient(config) as client:
            began = time.monotonic()
            with pytest.raises(SekhaError):
                await call(client)
            assert time.monotonic() - began < DEADLINE + GRACE, call.__name__


async def test_it_holds_in_the_middle_of_a_call_too(here: Served) -> None:
    for number in range(20):
        here.store(f"{number}", "tokens")
    # The list comes at once, of what follows each answer takes a while.
    here.fault_server.follow(lambda method, *_: Delay(0.3) if method == "POST" else None)
    async with SekhaClient(here.config(deadline=0.5)) as client:
        began = time.monotonic()
        with pytest.raises(SekhaTimeoutError):
            await client.export()
        assert time.monotonic() - began < 0.5 + GRACE


async def test_it_holds_while_nobody_takes_the_connection() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        time.sleep(0.05)
        config = ClientConfig(
            api_key=KEY,
            base_url=f"http://127.0.0.1:{full.getsockname()[1]}",
            timeout=0.2,
            max_retries=1,
            deadline=2.0,
        )
        async with SekhaClient(config) as client:
            began = time.monotonic()
            with pytest.raises(SekhaTimeoutError, match="no connection within") as caught:
                await client.create_conversation(talk("new"))
            assert time.monotonic() - began < 2.0 + GRACE
        # It was never sent, so it was sent again, and there was nothing to look for.
        assert not caught.value.sent and caught.value.retries == 1
        for each in waiting:
            each.close()


async def test_in_line_it_holds_and_tells_what_came_before(here: Served) -> None:
    here.befall(Drop(carried_out=False), Drop(carried_out=False))
    async with SekhaClient(here.config(rate_limit_requests=2, deadline=3.0)) as client:
        began = time.monotonic()
        with pytest.raises(SekhaTimeoutError, match="deadline of 3 s") as caught:
            await client.count()
        assert time.monotonic() - began < 3.0 + GRACE
    assert caught.value.retries == 2
    assert caught.value.sent
    assert len(here.fault_server.seen()) == 2


async def test_a_429_is_waited_out_as_long_as_it_says(
    here: Served, monkeypatch: pytest.MonkeyPatch, session_module: ModuleType
) -> None:
    slept: list[float] = []

    async def note(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(session_module, "async_sleep", note)
    here.befall(
        throttled(7),
        throttled(9, as_date=True),
        throttled(86400),
        throttled(),
        Gateway(503, "text", retry_after=5),
    )
    async with SekhaClient(here.config(max_retries=1)) as client:
        assert await client.count() == 0
    seconds, date, long, unsaid, unavailable = slept
    assert seconds == 7 and 7 < date <= 10
    assert long == 61 and 0 < unsaid <= 61
    assert unavailable == 5


async def test_a_429_that_never_ends_does(
    here: Served, monkeypatch: pytest.MonkeyPatch, session_module: ModuleType
) -> None:
    slept: list[float] = []

    async def note(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(session_module, "async_sleep", note)
    here.fault_server.follow(lambda *_: throttled())
    async with SekhaClient(here.config(max_retries=0)) as client:
        with pytest.raises(SekhaRateLimitError) as caught:
            await client.create_conversation(talk("new"))
    assert 540 < sum(slept) <= 600
    assert caught.value.retries == len(slept)
    assert here.rows() == []


async def test_a_server_that_comes_back_is_found(here: Served) -> None:
    here.befall(Refuse(0.6))
    async with SekhaClient(here.config(max_retries=20)) as client:
        await client.create_conversation(talk("new"))
    assert len(here.rows("new")) == 1


async def test_nobody_there_is_said_with_the_retries_made(here: Served, short_waits: None) -> None:
    here.fault_server.refuse()
    try:
        async with SekhaClient(here.config(max_retries=2)) as client:
            for call in (count, create):
                with pytest.raises(SekhaConnectionError) as caught:
                    await call(client)
                assert caught.value.retries == 2 and not caught.value.sent
    finally:
        here.fault_server.accept()
