"""Concurrency primitives: each async one beside a sync twin of the same shape, so that the code made
from the async client has no branches. asyncio is imported where it is used: it takes its time, and
many programs have no event loop."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import copy_context
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import SekhaConfigError

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
U = TypeVar("U")


def _running_loop() -> Any:
    """The event loop that runs here; raises SekhaConfigError if it is not one of asyncio."""
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise SekhaConfigError(
            "event loop",
            "SekhaClient needs asyncio: under trio, call SyncSekhaClient in a thread of its own",
        ) from None


class AsyncWaiter:
    """One task that waits in line; any thread can wake it."""

    def __init__(self) -> None:
        import asyncio

        self._loop = _running_loop()
        self._event = asyncio.Event()

    def wake(self) -> bool:
        """Whether there is still somebody to wake: a loop can end with its tasks unfinished."""
        try:
            self._loop.call_soon_threadsafe(self._event.set)
        except RuntimeError:
            return False
        return True

    async def wait(self, seconds: float | None) -> None:
        """Until woken, or until the time is up."""
        import asyncio

        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()


class ThreadWaiter:
    """One thread that waits in line; any other can wake it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wake(self) -> bool:
        self._event.set()
        return True

    def wait(self, seconds: float | None) -> None:
        """Until woken, or until the time is up."""
        left = inf if seconds is None else seconds
        while not self._event.wait(min(left, ABANDONED_POLLING)) and left > ABANDONED_POLLING:
            check_abandoned()
            left -= ABANDONED_POLLING
        self._event.clear()


async def async_sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


def sleep(seconds: float) -> None:
    abandoned = _thread.abandoned
    if abandoned is None:
        time.sleep(seconds)
    elif abandoned.wait(seconds):
        raise Abandoned


def async_time_limit(seconds: float) -> AbstractAsyncContextManager[object]:
    """Raises TimeoutError in the block once the time is up."""
    import asyncio

    return asyncio.timeout(seconds)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """A thread cannot be interrupted: what blocks in it asks `thread_time_left`."""
    outer = _thread.ends
    _thread.ends = min(outer, time.monotonic() + seconds)
    try:
        yield
    finally:
        _thread.ends = outer


def thread_time_left() -> float:
    """Seconds until this thread's time limit; infinite without one."""
    return _thread.ends - time.monotonic()


class Abandoned(BaseException):
    """Nobody waits any more for what this thread does."""


class _Thread(threading.local):
    """What holds for the thread at work.

    Attributes:
        ends: when its time limit is up, on the monotonic clock.
        abandoned: set once nobody waits for it any more; None for a thread of the user's.
    """

    ends: float = inf
    abandoned: threading.Event | None = None


_thread = _Thread()

ABANDONED_POLLING = 0.5
"""Seconds after which a thread that blocks finds out that nobody waits for it."""


def is_worker() -> bool:
    """Whether this thread can be abandoned."""
    return _thread.abandoned is not None


def check_abandoned() -> None:
    """Raise Abandoned if nobody waits for this thread."""
    if _thread.abandoned is not None and _thread.abandoned.is_set():
        raise Abandoned


async def async_in_thread(function: Callable[[T], U], argument: T) -> U:
    """Call blocking code without blocking the event loop."""
    import asyncio

    _running_loop()
    return await asyncio.to_thread(function, argument)


def in_thread(function: Callable[[T], U], argument: T) -> U:
    """The caller is a thread already."""
    return function(argument)


async def async_acquire(function: Callable[[], T], release: Callable[[T], object]) -> T:
    """Call blocking code that takes something; if the task is cancelled meanwhile, what was taken
    is given back."""
    import asyncio

    lock = threading.Lock()
    handed: list[T] = []
    left = False

    def take() -> None:
        taken = function()
        with lock:
            if not left:
                handed.append(taken)
                return
        release(taken)

    try:
        await asyncio.to_thread(take)
    except asyncio.CancelledError:
        # The thread goes on, whatever becomes of the task: whoever comes second gives back.
        with lock:
            left = True
        for each in handed:
            asyncio.get_running_loop().run_in_executor(None, release, each)
        raise
    return handed[0]


def acquire(function: Callable[[], T], release: Callable[[T], object]) -> T:
    """Call code that takes something."""
    return function()


async def async_release(function: Callable[[], object]) -> None:
    """Call blocking code that gives something back: it is done even if the task is cancelled."""
    import asyncio

    loop = asyncio.get_running_loop()
    await asyncio.shield(loop.run_in_executor(None, function))


def release(function: Callable[[], object]) -> None:
    """Call code that gives something back."""
    function()


def async_current_loop() -> Any:
    """What connections belong to: the running event loop."""
    return _running_loop()


def current_loop() -> Any:
    """What connections belong to: nothing, any thread can use them."""
    return None


def async_is_closed(loop: Any) -> bool:
    """Whether an event loop will never run again."""
    return bool(loop.is_closed())


def is_closed(loop: Any) -> bool:
    return False


async def async_run_in_loop(loop: Any, function: Callable[[], Awaitable[object]]) -> None:
    """Call something in the event loop that it belongs to, if that runs still."""
    import asyncio

    if loop is asyncio.get_running_loop():
        await function()
    elif loop.is_running():
        calling = asyncio.run_coroutine_threadsafe(_begin(function), loop)
        await asyncio.wrap_future(calling)


def run_in_loop(loop: Any, function: Callable[[], object]) -> None:
    function()


async def async_gather(
    first: Callable[[], Awaitable[T]], second: Callable[[], Awaitable[U]], *, at_once: bool = True
) -> tuple[T, U]:
    """Two things at the same time, or one after the other; the first error ends both."""
    import asyncio

    _running_loop()
    if not at_once:
        return await first(), await second()
    tasks = (
        asyncio.create_task(_begin(first)),
        asyncio.create_task(_begin(second)),
    )
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _begin(function: Callable[[], Awaitable[T]]) -> T:
    """Called by the task itself: one that is cancelled before its turn leaves nothing unawaited."""
    return await function()


def gather(first: Callable[[], T], second: Callable[[], U], *, at_once: bool = True) -> tuple[T, U]:
    """Two things at once, the second in a thread of its own; the first error ends both."""
    if not at_once:
        return first(), second()
    with _pool(1) as submit:
        two = submit(second)
        return first(), two.result()


@contextmanager
def _pool(size: int) -> Iterator[Callable[[Callable[[], T]], Future[T]]]:
    """Threads for as long as a block takes. At its end, nobody waits for what they still do: they
    give up at the next place where they block."""
    from concurrent.futures import ThreadPoolExecutor, wait

    pool = ThreadPoolExecutor(size, thread_name_prefix="sekha")
    abandoned = threading.Event()
    futures: set[Future[Any]] = set()

    def submit(function: Callable[[], T]) -> Future[T]:
        def work() -> T:
            _thread.abandoned = abandoned
            return function()

        future = pool.submit(copy_context().run, work)
        futures.add(future)
        future.add_done_callback(futures.discard)
        return future

    try:
        yield submit
    finally:
        abandoned.set()
        pool.shutdown(wait=False, cancel_futures=True)
        wait(list(futures), 2 * ABANDONED_POLLING)


async def async_bounded_map(
    function: Callable[[T], Awaitable[U]], items: Iterable[T], limit: int
) -> AsyncIterator[U]:
    """The results in the items' order, with at most `limit` under way; an error ends the rest."""
    import asyncio

    _running_loop()
    source = iter(items)
    under_way: deque[asyncio.Task[U]] = deque()
    try:
        while True:
            while len(under_way) < limit:
                try:
                    item = next(source)
                except StopIteration:
                    break
                under_way.append(asyncio.create_task(_begin(partial(function, item))))
            if not under_way:
                return
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def bounded_map(function: Callable[[T], U], items: Iterable[T], limit: int) -> Iterator[U]:
    """The results in the items' order, with at most `limit` under way; an error ends the rest."""
    if limit == 1:
        for item in items:
            yield function(item)
        return
    source = iter(items)
    under_way: deque[Future[U]] = deque()
    with _pool(limit) as submit:
        while True:
            while len(under_way) < limit:
                try:
                    item = next(source)
                except StopIteration:
                    break
                under_way.append(submit(partial(function, item)))
            if not under_way:
                return
            yield under_way.popleft().result()


async def async_workers(step: Callable[[], Awaitable[bool]], count: int) -> None:
    """Take steps, `count` at a time, until one returns False. The first error cancels all."""
    import asyncio

    async def work() -> None:
        while await step():
            pass

    _running_loop()
    tasks = [asyncio.create_task(work()) for _ in range(count)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def workers(step: Callable[[], bool], count: int) -> None:
    """Take a step again and again, in `count` threads at the same time, until one returns False.
    After an error, or Ctrl-C, the steps under way are waited for and no other is begun."""
    from concurrent.futures import ThreadPoolExecutor

    ending = threading.Event()

    def work() -> None:
        try:
            while not ending.is_set() and step():
                pass
        except BaseException:
            ending.set()
            raise

    pool = ThreadPoolExecutor(count, thread_name_prefix="sekha")
    try:
        for future in [pool.submit(copy_context().run, work) for _ in range(count)]:
            future.result()
    finally:
        ending.set()
        pool.shutdown(wait=True)
