"""Slots for connections: so many in use at a time."""

from __future__ import annotations

import threading
from math import inf

from .._concurrency import ABANDONED_POLLING, check_abandoned, thread_time_left


class AsyncSlots:
    """So many at a time, in one event loop; others wait."""

    def __init__(self, count: int) -> None:
        import asyncio

        self._semaphore = asyncio.Semaphore(count)

    async def acquire(self, seconds: float | None) -> bool:
        """Whether there was a free one within so many seconds."""
        import asyncio

        if not self._semaphore.locked():
            return await self._semaphore.acquire()
        try:
            async with asyncio.timeout(seconds):
                return await self._semaphore.acquire()
        except TimeoutError:
            return False

    def release(self) -> None:
        self._semaphore.release()


class ThreadSlots:
    """So many threads at a time; others wait."""

    def __init__(self, count: int) -> None:
        self._semaphore = threading.Semaphore(count)

    def acquire(self, seconds: float | None) -> bool:
        """Whether there was a free one within so many seconds, and the thread's time limit."""
        if self._semaphore.acquire(blocking=False):
            return True
        left = min(thread_time_left(), inf if seconds is None else seconds)
        while left > 0:
            check_abandoned()
            if self._semaphore.acquire(timeout=min(left, ABANDONED_POLLING)):
                return True
            left -= ABANDONED_POLLING
        return False

    def release(self) -> None:
        self._semaphore.release()
