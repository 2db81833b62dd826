"""Rate limit and concurrency limit in this process: FIFO queues before the rules, shared by all
clients that talk to the same controller, in whatever thread or event loop they run."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit
from weakref import WeakSet

from .._core.create.clock import ServerClock
from .._transport.hosts import is_loopback
from .rules import CREATES_IN_FLIGHT, Rule, Semaphore, SlidingWindow

UNLIMITED = 2**62
MOST_CREATES = 64
"""Creates in flight that are begun at most, whatever a controller says."""


class Waiter(Protocol):
    def wake(self) -> bool:
        """Have it ask again; False if it has gone without having withdrawn."""
        ...


class FifoQueue:
    """FIFO queue before a rule. Only the waiter at its head asks the rule; whoever releases, or
    leaves the head of the queue, wakes the next."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._lock = threading.Lock()
        self._waiting: deque[Waiter] = deque()

    def try_acquire(self, limit: int) -> bool:
        """Acquire if nobody waits and the rule lets in at once."""
        with self._lock:
            return not self._waiting and self._rule.try_acquire(time.monotonic(), limit) == 0

    def join(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiting.append(waiter)

    def ask(self, waiter: Waiter, limit: int) -> float | None:
        """None if the waiter has acquired, and waits no more; else seconds until asking again helps
        (infinite: not before being woken)."""
        with self._lock:
            if self._waiting[0] is not waiter:
                return float("inf")
            wait = self._rule.try_acquire(time.monotonic(), limit)
            if wait > 0:
                return wait
            self._waiting.popleft()
            self._wake_next()
            return None

    def withdraw(self, waiter: Waiter) -> None:
        """Leave the queue without having acquired."""
        with self._lock:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self._wake_next()

    def release(self) -> None:
        """Give back what was acquired."""
        with self._lock:
            self._rule.release(time.monotonic())
            self._wake_next()

    def _wake_next(self) -> None:
        while self._waiting and not self._waiting[0].wake():
            self._waiting.popleft()


class Claims:
    """Which rows the creates of this process have taken for their own: no two take the same."""

    KEPT = 60.0
    """Seconds that a claim outlives the creates that were under way with it: a create reckons its
    own beginning on the controller's clock, which is off by less."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[object, float] = {}
        self._taken: dict[str, float] = {}

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While a create is."""
        key = object()
        with self._lock:
            self._under_way[key] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[key]
                self._forget()

    def take(self, conversation_id: str) -> bool:
        """Whether the row was still free; it is taken now."""
        with self._lock:
            free = conversation_id not in self._taken
            self._taken.setdefault(conversation_id, time.monotonic())
            return free

    def is_free(self, conversation_id: str) -> bool:
        with self._lock:
            return conversation_id not in self._taken

    def _forget(self) -> None:
        oldest = min(self._under_way.values(), default=time.monotonic()) - self.KEPT
        while self._taken:
            conversation_id, taken = next(iter(self._taken.items()))
            if taken >= oldest:
                break
            del self._taken[conversation_id]


class KeyedLock:
    """One FIFO queue for each key that is in use; unused ones are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[Hashable, tuple[FifoQueue, int]] = {}

    @contextmanager
    def queue(self, key: Hashable) -> Iterator[FifoQueue]:
        """The queue before this key's one place, for as long as the block takes."""
        with self._lock:
            queue, users = self._queues.get(key, (None, 0))
            queue = queue or FifoQueue(Semaphore())
            self._queues[key] = (queue, users + 1)
        try:
            yield queue
        finally:
            with self._lock:
                queue, users = self._queues[key]
                if users == 1:
                    del self._queues[key]
                else:
                    self._queues[key] = (queue, users - 1)


class Limits:
    """Everything that the clients of one controller share in this process.

    Attributes:
        requests: the queue before the sliding window of requests.
        creates: the queue before the creates in flight.
        equal_creates: creates of one and the same conversation follow each other: were two in
            flight, the one's row could be taken for the other's.
        claims: which stored rows belong to which create.
        clock: the controller's clock, as far as the rows just made tell.
    """

    creates_limit = CREATES_IN_FLIGHT
    """Creates in flight: four, or what the controller says that it takes."""

    def __init__(self) -> None:
        self.reset()
        _all.add(self)

    def reset(self) -> None:
        """Start anew: nothing was sent, nobody waits."""
        self.requests = FifoQueue(SlidingWindow())
        self.creates = FifoQueue(Semaphore())
        self.equal_creates = KeyedLock()
        self.claims = Claims()
        self.clock = ServerClock()

    def note_creates(self, told: object) -> None:
        """Take over how many creates in flight the controller says that it takes; of one that says
        nothing, as many as are safe with any."""
        self.creates_limit = CREATES_IN_FLIGHT
        if isinstance(told, int) and told > CREATES_IN_FLIGHT:
            self.creates_limit = min(told, MOST_CREATES)


_all: WeakSet[Limits] = WeakSet()
_by_origin: dict[str, Limits] = {}
_registry_lock = threading.Lock()


def origin_of(base_url: str) -> str:
    """One text for all ways of writing a controller's URL, this machine's names included."""
    parts = urlsplit(base_url)
    host = "localhost" if is_loopback(parts.hostname or "") else parts.hostname
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}"


def limits_for(base_url: str) -> Limits:
    """The limits of this process for a controller's URL: the same object for all its clients."""
    with _registry_lock:
        return _by_origin.setdefault(origin_of(base_url), Limits())


def _after_fork() -> None:
    global _registry_lock
    _registry_lock = threading.Lock()
    _by_origin.clear()
    # Threads that held a lock or a place of them are not in the child.
    for each in list(_all):
        each.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
