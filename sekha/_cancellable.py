"""Work that can be cancelled, and where: each async primitive beside its sync twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ._concurrency import async_current_loop, thread_time_left

T = TypeVar("T")


async def async_cancellable(
    function: Callable[[], T], seconds: float, cancel: Callable[[], bool]
) -> T:
    """Call blocking code that can be cancelled, without blocking the event loop.

    Args:
        seconds: how long it may take.
        cancel: cancels it, whichever thread it runs in. It returns False if it is too late for
            that: then the code ends at once, and its result counts.

    Raises:
        TimeoutError: it was cancelled because its time was up.
    """
    import asyncio

    future = async_current_loop().run_in_executor(None, function)
    try:
        await asyncio.wait([future], timeout=seconds)
        if not future.done() and cancel():
            raise TimeoutError
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        cancel()
        raise
    finally:
        if not future.done():
            # Nobody waits any more for what becomes of it.
            future.add_done_callback(lambda future: future.cancelled() or future.exception())


def cancellable(function: Callable[[], T], seconds: float, cancel: Callable[[], bool]) -> T:
    """Call blocking code that keeps its time itself."""
    return function()


async def async_check_time_limit() -> None:
    """Let others run; a time limit that has passed ends the block."""
    import asyncio

    await asyncio.sleep(0)


def check_time_limit() -> None:
    """Raise TimeoutError if this thread's time limit has passed."""
    if thread_time_left() <= 0:
        raise TimeoutError("the time limit passed")
