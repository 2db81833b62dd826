"""Cooperative cancellation: a request gives up between two steps, until its commit begins.

A thread cannot be interrupted. What takes long in one (embedding, waiting for a lock) passes
checkpoints, at which it finds out that nobody waits for it any more or that its time is up. It also
gives way there: a tokenizer holds the interpreter while it works, and the event loop wants its turn.
"""

from __future__ import annotations

import threading
import time
from math import inf
from typing import Protocol, Self

_TURN = 0.002
_REST = 0.0005
"""Seconds that work goes on before others get the interpreter, and for how long."""
_POLLING = 0.02


class Lock(Protocol):
    """Any lock of a thread."""

    def acquire(self, blocking: bool = ..., timeout: float = ...) -> bool: ...

    def release(self) -> None: ...


class RequestCancelled(Exception):
    """The request was given up before it changed anything."""


class Cancellation:
    """Whether one request is still wanted. Any thread may cancel it.

    Args:
        timeout: seconds from now after which the request gives up on its own.
    """

    _outer: Cancellation | None = None

    def __init__(self, timeout: float = inf) -> None:
        now = time.monotonic()
        self._ends = now + timeout
        self._lock = threading.Lock()
        self._cancelled = False
        self._committing = False
        self._rested = now

    def cancel(self) -> bool:
        """Give the request up.

        Returns:
            Whether it is certain that it changes nothing; if not, its commit has begun, and its
            answer comes at once.
        """
        with self._lock:
            self._cancelled = not self._committing
            return self._cancelled

    def check(self) -> None:
        """Go on only if the request is still wanted.

        Raises:
            RequestCancelled: it is not, and its commit has not begun.
        """
        if self._committing:
            return
        if self._cancelled:
            raise RequestCancelled("cancelled")
        if time.monotonic() > self._ends:
            raise RequestCancelled("its time is up")

    def begin_commit(self) -> None:
        """From here on it is too late to cancel.

        Raises:
            RequestCancelled: it was cancelled before.
        """
        with self._lock:
            self.check()
            self._committing = True

    def give_way(self) -> None:
        """Let other threads have the interpreter, if this one has had it for long."""
        if time.monotonic() - self._rested > _TURN:
            time.sleep(_REST)
            self._rested = time.monotonic()

    def acquire(self, lock: Lock) -> None:
        """Wait for a lock as long as the request is wanted.

        Raises:
            RequestCancelled: it is not any more; the lock was not taken.
        """
        while not lock.acquire(timeout=_POLLING):
            self.check()

    def __enter__(self) -> Self:
        """What this thread does in the block can be cancelled by this; once for each object."""
        self._outer, _thread.current = _thread.current, self
        return self

    def __exit__(self, *_: object) -> None:
        _thread.current = self._outer


class _Thread(threading.local):
    """What holds for the thread at work.

    Attributes:
        current: what can cancel its request; None if nothing can.
    """

    current: Cancellation | None = None


_thread = _Thread()


def is_cancellable() -> bool:
    """Whether something can cancel the request that this thread works on."""
    return _thread.current is not None


def current() -> Cancellation:
    """What can cancel the request that this thread works on; a new one, if nothing can yet."""
    return _thread.current or Cancellation()


def checkpoint() -> None:
    """A step of something long ends here: stop if nobody waits for it, and give way to others.

    Raises:
        RequestCancelled: the request is not wanted any more.
    """
    if _thread.current is not None:
        _thread.current.check()
        _thread.current.give_way()
