"""What waiting is made of: each async primitive beside a sync twin of the same shape, so that the
code made from the async client has no branches."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


class AsyncTicket:
    """One task that waits in line; any thread can wake it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float | None) -> None:
        """Until woken, or until the time is up."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()


class Ticket:
    """One thread that waits in line; any other can wake it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wake(self) -> None:
        self._event.set()

    def wait(self, seconds: float | None) -> None:
        """Until woken, or until the time is up."""
        self._event.wait(seconds)
        self._event.clear()


async def async_sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def async_time_limit(seconds: float) -> AbstractAsyncContextManager[object]:
    """Raises TimeoutError in the block once the time is up."""
    return asyncio.timeout(seconds)


def time_limit(seconds: float) -> AbstractContextManager[object]:
    """A thread cannot be interrupted: the block sees to its own time."""
    return nullcontext()


async def async_in_thread(function: Callable[[T], U], argument: T) -> U:
    """Call blocking code without blocking the event loop."""
    return await asyncio.to_thread(function, argument)


def in_thread(function: Callable[[T], U], argument: T) -> U:
    """The caller is a thread already."""
    return function(argument)


async def async_both(
    first: Callable[[], Awaitable[T]], second: Callable[[], Awaitable[U]]
) -> tuple[T, U]:
    """Two things at the same time; the first error ends both."""
    tasks = (
        asyncio.create_task(_as_coroutine(first())),
        asyncio.create_task(_as_coroutine(second())),
    )
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _as_coroutine(awaitable: Awaitable[T]) -> T:
    return await awaitable


def both(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """Two things at the same time, the second in a thread of its own."""
    with ThreadPoolExecutor(1, thread_name_prefix="sekha") as pool:
        two = pool.submit(second)
        return first(), two.result()


async def async_bounded_map(
    function: Callable[[T], Awaitable[U]], items: Iterable[T], limit: int
) -> AsyncIterator[U]:
    """The results in the items' order, with at most `limit` under way; an error ends the rest."""
    source = iter(items)
    under_way: deque[asyncio.Task[U]] = deque()
    try:
        while True:
            while len(under_way) < limit:
                try:
                    item = next(source)
                except StopIteration:
                    break
                under_way.append(asyncio.create_task(_as_coroutine(function(item))))
            if not under_way:
                return
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def bounded_map(function: Callable[[T], U], items: Iterable[T], limit: int) -> Iterator[U]:
    """The results in the items' order, with at most `limit` under way; an error ends the rest."""
    source = iter(items)
    under_way: deque[Future[U]] = deque()
    pool = ThreadPoolExecutor(limit, thread_name_prefix="sekha")
    try:
        while True:
            while len(under_way) < limit:
                try:
                    item = next(source)
                except StopIteration:
                    break
                under_way.append(pool.submit(function, item))
            if not under_way:
                return
            yield under_way.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
