"""What a call costs beside the same call by plain httpx."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter

import httpx
from compare import ROUNDS, Row, async_seconds, row, side_by_side
from server import CONVERSATION

from sekha import ClientConfig, SekhaClient, SyncSekhaClient

COUNT = "/api/v1/conversations/count"
EXPORT = "/mcp/tools/memory_export"
BODY = {"conversation_id": CONVERSATION}
KEY = "benchmark-key-benchmark-key-benchmark"
AT_ONCE = 50
THREADS = 16


def config(url: str) -> ClientConfig:
    return ClientConfig(api_key=KEY, base_url=url, rate_limit_requests=None)


def one_call_sync(url: str) -> list[Row]:
    with httpx.Client(base_url=url) as plain, SyncSekhaClient(config(url)) as client:
        return [
            side_by_side(
                "count, sync",
                "httpx.Client + json",
                lambda: json.loads(plain.get(COUNT).content),
                client.count,
                times=150,
                goal=1.10,
            ),
            side_by_side(
                "get_conversation (6 messages), sync",
                "httpx.Client + json",
                lambda: json.loads(plain.post(EXPORT, json=BODY).content),
                partial(client.get_conversation, CONVERSATION),
                times=150,
                goal=1.10,
            ),
        ]


async def one_call_async(url: str) -> list[Row]:
    async with httpx.AsyncClient(base_url=url) as plain, SekhaClient(config(url)) as client:

        async def plain_count() -> object:
            return json.loads((await plain.get(COUNT)).content)

        async def plain_get() -> object:
            return json.loads((await plain.post(EXPORT, json=BODY)).content)

        return [
            await _pairs("count, async", plain_count, client.count, async_seconds),
            await _pairs(
                "get_conversation (6 messages), async",
                plain_get,
                partial(client.get_conversation, CONVERSATION),
                async_seconds,
            ),
        ]


async def many_at_once(url: str) -> list[Row]:
    async with httpx.AsyncClient(base_url=url) as plain, SekhaClient(config(url)) as client:

        async def plain_count() -> object:
            return json.loads((await plain.get(COUNT)).content)

        return [
            await _pairs(
                f"count, {AT_ONCE} at a time", plain_count, client.count, _at_once, goal=None
            )
        ]


def many_threads(url: str) -> list[Row]:
    with httpx.Client(base_url=url) as plain, SyncSekhaClient(config(url)) as client:
        with ThreadPoolExecutor(THREADS) as pool:

            def run(work: Callable[[], object], times: int) -> float:
                began = perf_counter()
                list(pool.map(lambda _: work(), range(times)))
                return (perf_counter() - began) / times

            def plain_count() -> object:
                return json.loads(plain.get(COUNT).content)

            pairs = [(run(plain_count, 600), run(client.count, 600)) for _ in range(ROUNDS)]
    return [row(f"count, {THREADS} threads", "httpx.Client, 16 threads", pairs, None)]


Measure = Callable[[Callable[[], Awaitable[object]], int], Awaitable[float]]


async def _pairs(
    work: str,
    peer: Callable[[], Awaitable[object]],
    ours: Callable[[], Awaitable[object]],
    measure: Measure,
    *,
    times: int = 150,
    goal: float | None = 1.10,
) -> Row:
    await measure(peer, AT_ONCE)
    await measure(ours, AT_ONCE)
    pairs = [(await measure(peer, times), await measure(ours, times)) for _ in range(ROUNDS)]
    return row(work, "httpx.AsyncClient + json", pairs, goal)


async def _at_once(work: Callable[[], Awaitable[object]], times: int) -> float:
    async def several() -> None:
        for _ in range(max(1, times // 10)):
            await work()

    began = perf_counter()
    await asyncio.gather(*(several() for _ in range(AT_ONCE)))
    return (perf_counter() - began) / (AT_ONCE * max(1, times // 10))


def rows(url: str) -> list[Row]:
    """All of them."""
    return [
        *one_call_sync(url),
        *asyncio.run(one_call_async(url)),
        *asyncio.run(many_at_once(url)),
        *many_threads(url),
    ]
