"""Forks: nobody gets the answer of another process, and nobody's connection is closed by another."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sekha import ClientConfig, SekhaClient, SekhaConfigError, SyncSekhaClient
from sekha.testing import Delay, FaultServer
from sekha_api.api.conversations import count_conversations
from sekha_api.types import RawResponse, Request
from support.certificates import Authority
from support.served import KEY

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

CHILDREN = 3
CALLS = 40


def echo(request: Request) -> RawResponse:
    """Says who asked."""
    body = json.dumps({"count": int(request.params["folder"])}).encode()
    return RawResponse(200, {"content-type": "application/json"}, body)


@pytest.fixture(params=["http", "https"])
def fault_server(request: pytest.FixtureRequest, authority: Authority) -> Iterator[FaultServer]:
    tls = authority.server() if request.param == "https" else None
    with FaultServer(echo, lambda *_: Delay(0.001), tls=tls) as opened:
        yield opened


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def config_for(fault_server: FaultServer, authority: Authority) -> ClientConfig:
    return ClientConfig(
        api_key=KEY,
        base_url=fault_server.base_url,
        rate_limit_requests=None,
        max_retries=0,
        timeout=20.0,
        verify=str(authority.file),
    )


def in_children(work: Callable[[], bool]) -> Callable[[], None]:
    """Begin this in several forked children; what comes back waits until it is true in all."""
    children = []
    for _ in range(CHILDREN):
        with warnings.catch_warnings():
            # The fault server has a thread. It is not in the child, and nobody there asks for it.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            code = 2
            try:
                code = 0 if work() else 1
            finally:
                os._exit(code)
        children.append(child)

    def wait() -> None:
        codes = [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in children]
        assert codes == [0] * CHILDREN

    return wait


def mark(number: int) -> int:
    return os.getpid() * 1000 + number


def test_children_of_a_sync_client(fault_server: FaultServer, authority: Authority) -> None:
    client = SyncSekhaClient(config_for(fault_server, authority))
    api = client.api

    def ask() -> bool:
        numbers = [mark(number) for number in range(CALLS)]
        return [client.count(folder=str(each)) for each in numbers] == numbers

    def ask_and_close() -> bool:
        found = count_conversations.sync_detailed(client=api, folder=str(mark(0)))
        right = ask() and found.parsed.count == mark(0)  # type: ignore[union-attr]
        client.close()
        return right

    with ThreadPoolExecutor(4) as pool:  # several connections
        ready = threading.Barrier(4)
        assert all(pool.map(lambda _: ready.wait(10) >= 0 and ask(), range(4)))
    before = fault_server.connections
    wait = in_children(ask_and_close)
    assert ask()
    wait()
    sofar = fault_server.connections
    assert sofar >= before + CHILDREN
    assert ask()
    # What the children closed was their own.
    assert fault_server.connections == sofar
    client.close()
    fault_server.wait_for(lambda: fault_server.open_connections == 0)


async def test_children_of_an_async_client(fault_server: FaultServer, authority: Authority) -> None:
    client = SekhaClient(config_for(fault_server, authority))

    async def ask() -> bool:
        numbers = [mark(number) for number in range(CALLS)]
        return [await client.count(folder=str(each)) for each in numbers] == numbers

    async def ask_and_close() -> bool:
        async with client:
            return await ask()

    def in_a_loop_of_its_own() -> bool:
        return asyncio.run(ask_and_close())

    assert all(await asyncio.gather(*(ask() for _ in range(4))))
    before = fault_server.connections
    wait = in_children(in_a_loop_of_its_own)
    assert await ask()
    await asyncio.to_thread(wait)
    sofar = fault_server.connections
    assert sofar >= before + CHILDREN
    assert await ask()
    assert fault_server.connections == sofar
    await client.aclose()
    await fault_server.wait_for_async(lambda: fault_server.open_connections == 0)


def test_a_fork_while_others_are_at_work(fault_server: FaultServer, authority: Authority) -> None:
    """Threads that hold locks, and have requests under way, at the moment of the fork."""
    client = SyncSekhaClient(config_for(fault_server, authority))
    ending = threading.Event()

    def ask() -> bool:
        numbers = [mark(number) for number in range(10)]
        return [client.count(folder=str(each)) for each in numbers] == numbers

    def ask_on() -> bool:
        right = True
        while not ending.is_set():
            right = ask() and right
        return right

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask_on) for _ in range(4)]
        fault_server.wait_for(lambda: len(fault_server.arrivals) > 20)
        try:
            in_children(ask)()
        finally:
            ending.set()
        assert all(each.result(20) for each in asking)
    client.close()
    fault_server.wait_for(lambda: fault_server.open_connections == 0)


def test_without_asyncio_it_says_what_to_do(
    fault_server: FaultServer, authority: Authority
) -> None:
    """As under trio."""
    client = SekhaClient(config_for(fault_server, authority))
    embedded = SekhaClient.local()
    for call in (client.count(folder="1"), client.recall("x"), embedded.count()):
        with pytest.raises(SekhaConfigError, match="needs asyncio: under trio, .*SyncSekhaClient"):
            call.send(None)
