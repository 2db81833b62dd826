"""The limits of one controller, held by all processes that share a Redis (extra `redis`)."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

from attrs import frozen

from ..errors import SekhaMissingExtraError, SekhaSharedLimitsError
from .rules import CREATES_IN_FLIGHT, WINDOW_SECONDS

if TYPE_CHECKING:
    from redis import Redis
    from redis.lock import Lock

log = logging.getLogger("sekha")

LEASE_TTL = 30.0
"""Seconds after which a lease held by a process that died is free again."""
RENEWAL_INTERVAL = 10.0
SOCKET_TIMEOUT = 1.0
"""Seconds: by so much can a Redis that stalls make a sync call outlive its deadline."""
RETRY_AFTER_OUTAGE = 10.0
"""Seconds for which a Redis that did not answer is not asked again, if there is a fallback."""

COUNT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local limit, window, timeout = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) < limit then
    redis.call('ZADD', KEYS[1], now + timeout, ARGV[4])
    local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
    redis.call('PEXPIRE', KEYS[1], math.ceil((last[2] - now + window) * 1000))
    return '0'
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local wait = first[2] - now + window
if wait > window then
    wait = 0.5
end
return tostring(math.max(wait, 0.01))
"""
"""A set of requests, each with the time at which it ended, or will have ended at the latest: it
counts for a window from then, as `SlidingWindow` has it. All by the clock of Redis. Returns 0 for
one that was added, else the seconds after which there can be room."""
END = """
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'XX', time[1] + time[2] / 1e6, ARGV[1])
"""


@frozen
class Reservation:
    """What came of asking for a request.

    Attributes:
        wait: seconds after which asking again can help; 0 if it may be sent.
        member: its name among those that count; None if it does not count.
    """

    wait: float
    member: str | None


class SharedLimits:
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
        self._window = f"sekha:requests:{origin}"
        # What was given up without being given back is not prolonged.
        self._held: weakref.WeakSet[Lock] = weakref.WeakSet()
        self._renewer: threading.Thread | None = None
        self._out_until = 0.0

    def try_request(self, limit: int, timeout: float) -> Reservation:
        """Count a request, if there is room for one. Blocks for one round trip.

        Args:
            timeout: seconds after which the request has ended, even if nobody says so.

        Raises:
            SekhaSharedLimitsError: Redis does not answer, and there is no fallback.
        """
        from redis.exceptions import RedisError

        if self._is_out():
            return Reservation(0.0, None)
        member = uuid4().hex
        try:
            count = self._open().register_script(COUNT)
            wait = float(count([self._window], [limit, WINDOW_SECONDS, timeout, member]))
        except RedisError as error:
            self._outage(error)
            return Reservation(0.0, None)
        return Reservation(wait, None if wait else member)

    def end_request(self, reservation: Reservation) -> None:
        """A request that was counted has ended: it counts for a window from now. If Redis does not
        answer, for one from when its timeout is up."""
        from redis.exceptions import RedisError

        if reservation.member is None:
            return
        try:
            self._open().register_script(END)([self._window], [reservation.member])
        except RedisError as error:
            log.debug("the end of a request was not counted: %s", error)

    def try_create(self) -> Lease | None:
        """A lease among the creates in flight, or None if all are taken. Blocks for a few round
        trips. Raises as `try_request` does."""
        from redis.exceptions import RedisError

        if self._is_out():
            return Lease(None, self)
        try:
            client = self._open()
            for number in range(CREATES_IN_FLIGHT):
                name = f"sekha:create:{self._origin}:{number}"
                lock = client.lock(name, timeout=LEASE_TTL, thread_local=False)
                if lock.acquire(blocking=False):
                    self._hold(lock)
                    return Lease(lock, self)
            return None
        except RedisError as error:
            self._outage(error)
            return Lease(None, self)

    def release(self, lock: Lock) -> None:
        """Give a lease back. If Redis does not answer, it is free again after LEASE_TTL."""
        from redis.exceptions import RedisError

        with self._lock:
            self._held.discard(lock)
        try:
            lock.release()
        except RedisError as error:
            log.warning("a shared lease of a create was not given back: %s", error)

    def _open(self) -> Redis:
        with self._lock:
            if self._redis is None:
                from redis import Redis
                from redis.backoff import NoBackoff
                from redis.exceptions import ConnectionError
                from redis.retry import Retry

                # One more try at once, for a connection that died while it was not in use.
                self._redis = Redis.from_url(
                    self._url,
                    socket_timeout=SOCKET_TIMEOUT,
                    socket_connect_timeout=SOCKET_TIMEOUT,
                    retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
                )
            return self._redis

    def _hold(self, lock: Lock) -> None:
        with self._lock:
            self._held.add(lock)
            if self._renewer is None:
                self._renewer = threading.Thread(
                    target=_renew, args=(weakref.ref(self),), name="sekha-leases", daemon=True
                )
                self._renewer.start()

    def renew_leases(self) -> bool:
        """Prolong the leases held; returns False, and ends the renewing, if there are none."""
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
                    log.warning("a shared lease of a create was not prolonged: %s", error)
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


class Lease:
    """A create's lease; without a lock it is one that only the local limits know."""

    def __init__(self, lock: Lock | None, shared: SharedLimits) -> None:
        self._held = lock
        self._limits = shared

    def release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._limits.release(held)


def _renew(shared: weakref.ref[SharedLimits]) -> None:
    while True:
        time.sleep(RENEWAL_INTERVAL)
        alive = shared()
        if alive is None or not alive.renew_leases():
            return
        del alive


_shared: dict[tuple[str, str, bool], SharedLimits] = {}
_registry_lock = threading.Lock()


def shared_limits_for(url: str, origin: str, *, fallback: bool) -> SharedLimits:
    """The one SharedLimits of this process for a Redis and a controller.

    Raises:
        SekhaMissingExtraError: the extra `redis` is not installed.
    """
    try:
        import redis  # noqa: F401
    except ModuleNotFoundError:
        raise SekhaMissingExtraError("shared_limits needs", "redis") from None
    with _registry_lock:
        key = (url, origin, fallback)
        if key not in _shared:
            _shared[key] = SharedLimits(url, origin, fallback=fallback)
        return _shared[key]


def _after_fork() -> None:
    global _registry_lock
    _registry_lock = threading.Lock()
    _shared.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
