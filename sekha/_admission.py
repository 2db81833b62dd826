"""Who may send now: the lines before the rules of `_core.admission`, shared by all clients of a
process that talk to the same controller, in whatever thread or event loop they run."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

from ._core.admission import CREATES_IN_FLIGHT, Places, RollingWindow, Rule
from ._core.create_doubt import Fingerprint
from ._trust import is_loopback

UNLIMITED = 2**62


class Waiter(Protocol):
    def wake(self) -> bool:
        """Have it ask again; False if it has gone without having left the line."""
        ...


class Line:
    """First come, first served. Only the one at the head asks the rule; whoever leaves the room or
    the head of the line wakes the next."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._lock = threading.Lock()
        self._waiting: deque[Waiter] = deque()

    def try_enter(self, limit: int) -> bool:
        """Enter if nobody waits and the rule lets in at once."""
        with self._lock:
            return not self._waiting and self._rule.try_enter(time.monotonic(), limit) == 0

    def join(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiting.append(waiter)

    def ask(self, waiter: Waiter, limit: int) -> float | None:
        """None if the waiter is in, and in line no more; else seconds until asking again helps
        (infinite: not before being woken)."""
        with self._lock:
            if self._waiting[0] is not waiter:
                return float("inf")
            wait = self._rule.try_enter(time.monotonic(), limit)
            if wait > 0:
                return wait
            self._waiting.popleft()
            self._wake_next()
            return None

    def give_up(self, waiter: Waiter) -> None:
        """Leave the line without having been let in."""
        with self._lock:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self._wake_next()

    def leave(self) -> None:
        """Leave the room."""
        with self._lock:
            self._rule.leave(time.monotonic())
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


class Admission:
    """Everything that the clients of one controller share in this process.

    Attributes:
        requests: the line before the rolling window of requests.
        creates: the line before the creates in flight.
        claims: which stored rows belong to which create.
    """

    creates_limit = CREATES_IN_FLIGHT

    def __init__(self) -> None:
        self.requests = Line(RollingWindow())
        self.creates = Line(Places())
        self.claims = Claims()
        self._lock = threading.Lock()
        self._equals: dict[Fingerprint, tuple[Line, int]] = {}

    def borrow_equals(self, fingerprint: Fingerprint) -> Line:
        """The line in which creates of one and the same conversation follow each other: were two
        in flight, the one's row could be taken for the other's."""
        with self._lock:
            line, users = self._equals.get(fingerprint, (None, 0))
            line = line or Line(Places())
            self._equals[fingerprint] = (line, users + 1)
            return line

    def return_equals(self, fingerprint: Fingerprint) -> None:
        with self._lock:
            line, users = self._equals[fingerprint]
            if users == 1:
                del self._equals[fingerprint]
            else:
                self._equals[fingerprint] = (line, users - 1)


_by_origin: dict[str, Admission] = {}
_registry_lock = threading.Lock()


def origin_of(base_url: str) -> str:
    """One text for all ways of writing a controller's URL, this machine's names included."""
    parts = urlsplit(base_url)
    host = "localhost" if is_loopback(parts.hostname or "") else parts.hostname
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}"


def admission_for(base_url: str) -> Admission:
    """The one Admission of this process for a controller's URL."""
    with _registry_lock:
        return _by_origin.setdefault(origin_of(base_url), Admission())


def _after_fork() -> None:
    global _registry_lock
    _registry_lock = threading.Lock()
    _by_origin.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
