"""What a call costs beside the same call by plain httpx: with the httpx transport and the fast one."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import Literal

import aiohttp
import httpx
from compare import AsyncWork, Row, Work, async_in_turn, in_turn, seconds
from server import CONVERSATION

from sekha import ClientConfig, SekhaClient, SyncSekhaClient

COUNT = "/api/v1/conversations/count"
EXPORT = "/mcp/tools/memory_export"
BODY = {"conversation_id": CONVERSATION}
KEY = "benchmark-key-benchmark-key-benchmark"
AT_ONCE = 50
THREADS = 16
TIMES = 60
GOALS = {"httpx": 1.10, "fast": 0.75}


def config(url: str, backend: Literal["httpx", "fast"] = "fast") -> ClientConfig:
    return ClientConfig(api_key=KEY, base_url=url, rate_limit_requests=None, http_backend=backend)


def one_call_sync(url: str) -> list[Row]:
    with (
        httpx.Client(base_url=url) as plain,
        SyncSekhaClient(config(url, "httpx")) as slow,
        SyncSekhaClient(config(url, "fast")) as fast,
    ):
        count = in_turn(
            lambda: json.loads(plain.get(COUNT).content), slow.count, fast.count, times=TIMES
        )
        get = in_turn(
            lambda: json.loads(plain.post(EXPORT, json=BODY).content),
            partial(slow.get_conversation, CONVERSATION),
            partial(fast.get_conversation, CONVERSATION),
            times=TIMES,
        )
    return [
        *_by_sender("count, sync", "httpx.Client + json", count),
        *_by_sender("get_conversation, sync", "httpx.Client + json", get),
    ]


async def one_call_async(url: str) -> list[Row]:
    async with (
        httpx.AsyncClient(base_url=url) as plain,
        SekhaClient(config(url, "httpx")) as slow,
        SekhaClient(config(url, "fast")) as fast,
    ):

        async def plain_count() -> object:
            return json.loads((await plain.get(COUNT)).content)

        async def plain_get() -> object:
            return json.loads((await plain.post(EXPORT, json=BODY)).content)

        count = await async_in_turn(plain_count, slow.count, fast.count, times=TIMES)
        get = await async_in_turn(
            plain_get,
            partial(slow.get_conversation, CONVERSATION),
            partial(fast.get_conversation, CONVERSATION),
            times=TIMES,
        )
    return [
        *_by_sender("count, async", "httpx.AsyncClient + json", count),
        *_by_sender("get_conversation, async", "httpx.AsyncClient + json", get),
    ]


def _by_sender(work: str, against: str, times: list[float]) -> list[Row]:
    peer, *ours = times
    return [
        Row(f"{work}, {transport} transport", against, peer, each, goal)
        for (transport, goal), each in zip(GOALS.items(), ours, strict=True)
    ]


async def many_at_once(url: str) -> list[Row]:
    async with (
        httpx.AsyncClient(base_url=url) as plain,
        aiohttp.ClientSession(url) as bare,
        SekhaClient(config(url)) as client,
    ):

        async def plain_count() -> object:
            return json.loads((await plain.get(COUNT)).content)

        async def bare_count() -> object:
            async with bare.get(COUNT) as response:
                return json.loads(await response.read())

        peer, other, ours = await async_in_turn(
            plain_count, bare_count, client.count, times=5, rounds=9, measure=_at_once
        )
    work = f"count, {AT_ONCE} at a time, fast transport"
    return [
        Row(work, "httpx.AsyncClient", peer, ours, 1 / 5),
        Row(work, "bare aiohttp", other, ours, 2.0),
    ]


async def _at_once(work: AsyncWork, times: int) -> float:
    async def several() -> None:
        for _ in range(times):
            await work()

    began = perf_counter()
    await asyncio.gather(*(several() for _ in range(AT_ONCE)))
    return (perf_counter() - began) / (AT_ONCE * times)


def many_threads(url: str) -> list[Row]:
    with (
        httpx.Client(base_url=url) as plain,
        SyncSekhaClient(config(url)) as client,
        ThreadPoolExecutor(THREADS) as pool,
    ):

        def by_all(work: Work) -> Work:
            return lambda: list(pool.map(lambda _: work(), range(10 * THREADS)))

        peer, ours = in_turn(
            by_all(lambda: json.loads(plain.get(COUNT).content)), by_all(client.count), times=1
        )
    calls = 10 * THREADS
    work = f"count, {THREADS} threads, fast transport"
    return [Row(work, "httpx.Client, 16 threads", peer / calls, ours / calls, 1 / 1.5)]


def tracing(url: str) -> list[Row]:
    """What tracing costs: where it is off, and where it is on with nothing that collects."""
    with (
        SyncSekhaClient(config(url)) as off,
        SyncSekhaClient(config(url).evolve(tracing=True)) as on,
    ):
        plain, traced = in_turn(off.count, on.count, times=TIMES)
        session = off._session
        checks = seconds(lambda: session.telemetry is None, 100_000)
    return [
        Row("tracing off: its check", "count, sync", plain, checks, 0.01),
        Row("count, sync, tracing on without an SDK", "tracing off", plain, traced, 1.3),
    ]


def rows(url: str) -> list[Row]:
    """All of them."""
    return [
        *tracing(url),
        *one_call_sync(url),
        *asyncio.run(one_call_async(url)),
        *asyncio.run(many_at_once(url)),
        *many_threads(url),
    ]
