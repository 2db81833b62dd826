"""Blocking code that can be cancelled: the async primitive beside its sync twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ._concurrency import async_current_loop

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
