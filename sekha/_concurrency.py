"""What waiting is made of: each async primitive beside a sync twin of the same shape, so that the
code made from the async client has no branches.

asyncio is imported where it is used: that takes a third of the time of `import httpx`, and a program
that has no event loop does without.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from math import inf
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


class AsyncTicket:
    """One task that waits in line; any thread can wake it."""

    def __init__(self) -> None:
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float | None) -> None:
        """Until woken, or until the time is up."""
        import asyncio

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
    import asyncio

    await asyncio.sleep(seconds)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def async_time_limit(seconds: float) -> AbstractAsyncContextManager[object]:
    """Raises TimeoutError in the block once the time is up."""
    import asyncio

    return asyncio.timeout(seconds)


_thread_time = threading.local()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """A thread cannot be interrupted: what blocks in it asks `thread_time_left`."""
    outer = getattr(_thread_time, "ends", inf)
    _thread_time.ends = min(outer, time.monotonic() + seconds)
    try:
        yield
    finally:
        _thread_time.ends = outer


def thread_time_left() -> float:
    """Seconds until this thread's time limit; infinite without one."""
    ends: float = getattr(_thread_time, "ends", inf)
    return ends - time.monotonic()


async def async_in_thread(function: Callable[[T], U], argument: T) -> U:
    """Call blocking code without blocking the event loop."""
    import asyncio

    return await asyncio.to_thread(function, argument)


def in_thread(function: Callable[[T], U], argument: T) -> U:
    """The caller is a thread already."""
    return function(argument)


async def async_acquire(
    function: Callable[[], T | None], release: Callable[[T], object]
) -> T | None:
    """Call blocking code that takes something; if the task is cancelled meanwhile, what was taken
    is given back."""
    taking = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        taken = await taking
        if taken is not None:
            await asyncio.to_thread(release, taken)
        raise


def acquire(function: Callable[[], T | None], release: Callable[[T], object]) -> T | None:
    """Call code that takes something."""
    return function()


async def async_both(
    first: Callable[[], Awaitable[T]], second: Callable[[], Awaitable[U]]
) -> tuple[T, U]:
    """Two things at the same time; the first error ends both."""
    import asyncio

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
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1, thread_name_prefix="sekha")
    try:
        two = pool.submit(second)
        return first(), two.result()
    finally:
        pool.shutdown(wait=False)


async def async_bounded_map(
    function: Callable[[T], Awaitable[U]], items: Iterable[T], limit: int
) -> AsyncIterator[U]:
    """The results in the items' order, with at most `limit` under way; an error ends the rest."""
    import asyncio

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
    from concurrent.futures import ThreadPoolExecutor

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
        # After an error, or Ctrl-C, nobody waits for what is still under way.
        pool.shutdown(wait=not under_way, cancel_futures=True)
