"""The rules that a request may have to wait for, without the waiting: sliding window, semaphore.

Both are acquired before a request is sent and released when it has ended. The caller holds the lock.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import Protocol

WINDOW_SECONDS = 60.0
CREATES_IN_FLIGHT = 4
"""From five on, creates can deadlock the controller (compatibility row 4)."""


class Rule(Protocol):
    """Lets requests in, one at a time."""

    def try_acquire(self, now: float, limit: int) -> float:
        """Acquire and return 0, or return the seconds after which asking again can help (inf: only
        after someone released)."""

    def release(self, now: float) -> None:
        """One that acquired has ended."""


class SlidingWindow:
    """Sliding window: never more than `limit` requests in any window.

    A request counts from the moment it may be sent until a window after it ended: wherever in
    between the controller counts it, no window of its own holds more than the limit either.
    """

    def __init__(self, seconds: float = WINDOW_SECONDS) -> None:
        self._seconds = seconds
        self._in_flight = 0
        self._ended: deque[float] = deque()

    def try_acquire(self, now: float, limit: int) -> float:
        while self._ended and self._ended[0] + self._seconds <= now:
            self._ended.popleft()
        if self._in_flight + len(self._ended) < limit:
            self._in_flight += 1
            return 0.0
        return self._ended[0] + self._seconds - now if self._ended else inf

    def release(self, now: float) -> None:
        self._in_flight -= 1
        self._ended.append(now)


class Semaphore:
    """Semaphore: never more than `limit` at the same time."""

    def __init__(self) -> None:
        self._held = 0

    def try_acquire(self, now: float, limit: int) -> float:
        if self._held < limit:
            self._held += 1
            return 0.0
        return inf

    def release(self, now: float) -> None:
        self._held -= 1
