"""The limits of one controller, held by all processes that share a Redis (extra `redis`)."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ._core.admission import CREATES_IN_FLIGHT, WINDOW_SECONDS
from .errors import SekhaSharedLimitsError

if TYPE_CHECKING:
    from limits.strategies import MovingWindowRateLimiter
    from redis import Redis
    from redis.lock import Lock

log = logging.getLogger("sekha")

WINDOW_MARGIN = 1
"""Seconds added to the window: a request reaches the controller a little after it was counted."""
PLACE_TTL = 30.0
"""Seconds after which a place held by a process that died is free again."""
RENEWAL_INTERVAL = 10.0
SOCKET_TIMEOUT = 2.0
RETRY_AFTER_OUTAGE = 10.0
"""Seconds for which a Redis that did not answer is not asked again, if there is a fallback."""


class Fleet:
    """One controller's limits in one Redis.

    Args:
        url: a redis:// or rediss:// URL.
        origin: the controller's URL; processes with the same one share their limits.
        fallback: whether an outage of Redis leaves the local limits alone in force, with a
            warning, instead of raising.
    """

    def __init__(self, url: str, origin: str, *, fallback: bool) -> None:
        self._url = url
        self._origin = origin
        self._fallback = fallback
        self._lock = threading.Lock()
        self._redis: Redis | None = None
        self._limiter: MovingWindowRateLimiter | None = None
        self._held: set[Lock] = set()
        self._renewer: threading.Thread | None = None
        self._out_until = 0.0

    def try_request(self, limit: int) -> float:
        """Count a request now and return 0, or return the seconds after which asking again can
        help. Blocks for one round trip.

        Raises:
            SekhaSharedLimitsError: Redis does not answer, and there is no fallback.
        """
        from limits import RateLimitItemPerSecond
        from redis.exceptions import RedisError

        if self._is_out():
            return 0.0
        window = RateLimitItemPerSecond(limit, int(WINDOW_SECONDS) + WINDOW_MARGIN)
        try:
            limiter = self._open()[1]
            if limiter.hit(window, self._origin):
                return 0.0
            wait = limiter.get_window_stats(window, self._origin).reset_time - time.time()
            return max(0.05, wait)
        except RedisError as error:
            self._outage(error)
            return 0.0

    def try_create(self) -> Place | None:
        """A place among the creates in flight, or None if all are taken. Blocks for a few round
        trips. Raises as `try_request` does."""
        from redis.exceptions import RedisError

        if self._is_out():
            return Place(None, self)
        try:
            client = self._open()[0]
            for number in range(CREATES_IN_FLIGHT):
                name = f"sekha:create:{self._origin}:{number}"
                lock = client.lock(name, timeout=PLACE_TTL, thread_local=False)
                if lock.acquire(blocking=False):
                    self._hold(lock)
                    return Place(lock, self)
            return None
        except RedisError as error:
            self._outage(error)
            return Place(None, self)

    def release(self, lock: Lock) -> None:
        """Give a place back. If Redis does not answer, it is free again after PLACE_TTL."""
        from redis.exceptions import RedisError

        with self._lock:
            self._held.discard(lock)
        try:
            lock.release()
        except RedisError as error:
            log.warning("a shared place of a create was not given back: %s", error)

    def _open(self) -> tuple[Redis, MovingWindowRateLimiter]:
        with self._lock:
            if self._redis is None or self._limiter is None:
                from limits.storage import RedisStorage
                from limits.strategies import MovingWindowRateLimiter
                from redis import Redis

                timeouts = {
                    "socket_timeout": SOCKET_TIMEOUT,
                    "socket_connect_timeout": SOCKET_TIMEOUT,
                }
                self._redis = Redis.from_url(self._url, **timeouts)
                pool = self._redis.connection_pool
                storage = RedisStorage(self._url, connection_pool=pool, key_prefix="sekha")
                self._limiter = MovingWindowRateLimiter(storage)
            return self._redis, self._limiter

    def _hold(self, lock: Lock) -> None:
        with self._lock:
            self._held.add(lock)
            if self._renewer is None:
                self._renewer = threading.Thread(
                    target=_renew, args=(weakref.ref(self),), name="sekha-places", daemon=True
                )
                self._renewer.start()

    def renew_places(self) -> bool:
        """Prolong the places held; returns False, and ends the renewing, if there are none."""
        from redis.exceptions import RedisError

        with self._lock:
            held = list(self._held)
            if not held:
                self._renewer = None
                return False
        for lock in held:
            try:
                lock.reacquire()
            except RedisError as error:
                if lock in self._held:
                    log.warning("a shared place of a create was not prolonged: %s", error)
        return True

    def _is_out(self) -> bool:
        return time.monotonic() < self._out_until

    def _outage(self, error: Exception) -> None:
        host = urlsplit(self._url).hostname
        message = f"the Redis of shared_limits at {host} does not answer ({type(error).__name__})"
        if not self._fallback:
            remedy = "start it, or set shared_limits_fallback=True to go on with local limits"
            raise SekhaSharedLimitsError(f"{message}; {remedy}") from None
        log.warning("%s: only this process's own limits hold", message)
        self._out_until = time.monotonic() + RETRY_AFTER_OUTAGE


class Place:
    """A create's place; without a lock it is one that only the local limits know."""

    def __init__(self, lock: Lock | None, fleet: Fleet) -> None:
        self._held = lock
        self._fleet = fleet

    def release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._fleet.release(held)


def _renew(fleet: weakref.ref[Fleet]) -> None:
    while True:
        time.sleep(RENEWAL_INTERVAL)
        alive = fleet()
        if alive is None or not alive.renew_places():
            return
        del alive


_fleets: dict[tuple[str, str, bool], Fleet] = {}
_registry_lock = threading.Lock()


def fleet_for(url: str, origin: str, *, fallback: bool) -> Fleet:
    """The one Fleet of this process for a Redis and a controller.

    Raises:
        ImportError: the extra `redis` is not installed.
    """
    try:
        import limits  # noqa: F401
        import redis  # noqa: F401
    except ImportError as error:
        raise ImportError(
            'shared_limits needs the extra "redis": pip install "sekha-memory[redis]"'
        ) from error
    with _registry_lock:
        key = (url, origin, fallback)
        if key not in _fleets:
            _fleets[key] = Fleet(url, origin, fallback=fallback)
        return _fleets[key]


def _after_fork() -> None:
    global _registry_lock
    _registry_lock = threading.Lock()
    _fleets.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
