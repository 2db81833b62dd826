"""One client for many threads, one config for many processes."""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sekha import ClientConfig, SekhaClient, SekhaClosedError, SekhaError, SyncSekhaClient
from sekha._concurrency import Abandoned, bounded_map, gather, sleep
from sekha._limits.process import limits_for
from sekha.testing import Drop, RandomFaults, Stall
from support.served import KEY, Served, talk


def test_one_sync_client_serves_16_threads(here: Served) -> None:
    for number in range(10):
        here.store(f"{number}", "tokens")
    everything = here.rows()
    here.fault_server.follow(RandomFaults(3, {Drop(carried_out=False): 1.0}, rate=0.05))
    with SyncSekhaClient(here.config(rate_limit_requests=5000, max_retries=9)) as client:

        def work(number: int) -> str:
            made = client.create_conversation(talk(f"thread {number}", f"said {number}"))
            found = client.get_conversation(made.id)
            assert [each.content for each in found.messages or ()] == [f"said {number}"]
            ids = [each["id"] for each in json.loads(client.export(label="3"))["conversations"]]
            assert ids == here.rows("3")
            assert client.search("tokens", limit=100)
            return made.id

        with ThreadPoolExecutor(16) as pool:
            made = list(pool.map(work, range(48)))
        limits = client._session.limits
        assert limits.requests._rule._in_flight == 0  # type: ignore[attr-defined]
        assert limits.creates._rule._held == 0  # type: ignore[attr-defined]
    assert sorted(here.rows()) == sorted([*everything, *made])
    assert here.fault_server.peak("creates") <= 4
    here.fault_server.wait_for(lambda: here.fault_server.open_connections == 0)


def test_closed_under_load_every_thread_ends_soon(here: Served) -> None:
    for number in range(20):
        here.store(f"{number}")
    before = threading.active_count()
    here.fault_server.follow(
        lambda method, path, number: Stall(carried_out=False) if number % 2 else None
    )
    client = SyncSekhaClient(here.config(timeout=60.0))
    calls = [
        client.count,
        client.export,
        client.metrics,
        lambda: client.create_conversation(talk("new")),
        lambda: client.assemble_context("tokens"),
    ]
    outcomes: list[object] = []

    def work(number: int) -> None:
        try:
            outcomes.append(calls[number % len(calls)]())
        except BaseException as error:
            outcomes.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(15)]
    for thread in threads:
        thread.start()
    here.fault_server.wait_for(lambda: here.fault_server.in_flight() >= 6)
    began = time.monotonic()
    client.close()
    for thread in threads:
        thread.join(10)
    assert time.monotonic() - began < 5
    failures = [each for each in outcomes if isinstance(each, BaseException)]
    assert len(outcomes) == 15 and failures
    assert all(isinstance(each, SekhaError) for each in failures), failures
    assert any(isinstance(each, SekhaClosedError) for each in failures)
    here.fault_server.wait_for(lambda: here.fault_server.open_connections == 0)
    until = time.monotonic() + 3
    while threading.active_count() > before + 32 and time.monotonic() < until:
        time.sleep(0.01)
    until = time.monotonic() + 10
    while any(each.name.startswith("sekha_") for each in threading.enumerate()):
        assert time.monotonic() < until, threading.enumerate()
        time.sleep(0.02)


def test_an_error_ends_the_threads_of_a_call() -> None:
    abandoned: list[float] = []
    started = threading.Semaphore(0)

    def wait() -> None:
        started.release()
        try:
            sleep(60.0)
        except Abandoned:
            abandoned.append(time.monotonic())
            raise

    def fail_beside(others: int) -> None:
        for _ in range(others):
            assert started.acquire(timeout=20.0)
        raise ZeroDivisionError

    began = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        work = [lambda: fail_beside(3), wait, wait, wait, wait, wait]
        list(bounded_map(lambda each: each(), iter(work), 4))
    with pytest.raises(ZeroDivisionError):
        gather(lambda: fail_beside(1), wait)
    assert time.monotonic() - began < 30
    assert len(abandoned) == 4
    until = time.monotonic() + 10
    while any(each.name.startswith("sekha_") for each in threading.enumerate()):
        assert time.monotonic() < until, threading.enumerate()
        time.sleep(0.02)


def test_a_config_pickles_and_works_in_another_process(here: Served) -> None:
    config = here.config(deadline=20.0, proxy=None)
    assert pickle.loads(pickle.dumps(config)) == config
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = pool.map(_store, [(config, f"{number}") for number in range(4)])
    assert sorted(made) == sorted(here.rows()[:4])


def _store(work: tuple[ClientConfig, str]) -> str:
    config, label = work
    with SyncSekhaClient(config) as client:
        return client.create_conversation(talk(label)).id


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_stands_in_no_line_of_its_parent() -> None:
    url = "http://127.0.0.1:1"
    limits = limits_for(url)
    assert all(limits.creates.try_acquire(4) for _ in range(4))
    # As if a thread of the parent held the locks at that moment.
    from sekha._limits import process, shared

    with process._registry_lock, shared._registry_lock:
        child = os.fork()
        if child == 0:
            fresh = limits_for(url)
            os._exit(0 if fresh is not limits and fresh.creates.try_acquire(4) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert limits_for(url) is limits
    process._by_origin.clear()


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_one_client_in_one_event_loop_after_the_other(here: Served) -> None:
    """As in scripts and notebooks that call asyncio.run again and again."""
    client = SekhaClient(here.config(max_retries=0))

    async def ask() -> int:
        return await client.count()

    async def ask_and_close() -> int:
        async with client:
            return await client.count()

    stored = len(here.rows())
    assert [asyncio.run(ask()) for _ in range(3)] == [stored] * 3
    assert asyncio.run(ask_and_close()) == stored
    with pytest.raises(SekhaClosedError):
        asyncio.run(ask())
    del client
    gc.collect()


def test_one_client_in_two_event_loops_at_once(here: Served) -> None:
    client = SekhaClient(here.config())
    ready, over = threading.Barrier(2), threading.Event()

    async def ask_and_stay() -> int:
        found = await client.count()
        ready.wait(10)
        while not over.is_set():
            await asyncio.sleep(0.01)
        return found

    async def ask_and_close() -> int:
        async with client:
            found = await client.count()
            await asyncio.to_thread(ready.wait, 10)
        over.set()
        return found

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(asyncio.run, ask_and_stay())
        assert asyncio.run(ask_and_close()) == other.result(10) == len(here.rows())
    here.fault_server.wait_for(lambda: here.fault_server.open_connections == 0)


def test_equal_urls_share_their_limits() -> None:
    urls = ["http://LOCALHOST:80/", "http://localhost", "http://127.0.0.1", "http://[::1]:80"]
    clients = [SyncSekhaClient(ClientConfig(api_key=KEY, base_url=url)) for url in urls]
    assert len({id(client._session.limits) for client in clients}) == 1
    other = SyncSekhaClient(ClientConfig(api_key=KEY, base_url="http://localhost:81"))
    assert other._session.limits is not clients[0]._session.limits
