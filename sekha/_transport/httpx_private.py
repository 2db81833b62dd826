"""The one place that uses what httpx and httpcore do not promise to keep.

Tested with httpx 0.27 and 0.28 (pyproject.toml allows no other) and httpcore 1.0. Where a later
httpcore has moved what is looked for, a connection is used only once: slower, never wrong.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

import httpcore
import httpx

_STATE = "_h11_state"


def import_asyncio_locks() -> None:
    """What httpcore's locks are made of on asyncio, which anyio imports at the first one: a call's
    time would go for it."""
    with suppress(ImportError):
        import_module("anyio._backends._asyncio")


def async_transport_over(pool: httpcore.AsyncConnectionPool) -> httpx.AsyncHTTPTransport:
    """httpx's own transport over a pool of ours: it passes httpcore no network backend. With its
    class, what stands in for it in others' tests (vcrpy, pytest-httpx) goes on working."""
    transport = httpx.AsyncHTTPTransport.__new__(httpx.AsyncHTTPTransport)
    transport._pool = pool
    return transport


def transport_over(pool: httpcore.ConnectionPool) -> httpx.HTTPTransport:
    """The same for threads."""
    transport = httpx.HTTPTransport.__new__(httpx.HTTPTransport)
    transport._pool = pool
    return transport


def has_unread_bytes(pool: httpcore.AsyncConnectionPool | httpcore.ConnectionPool) -> bool:
    """Whether more came with an answer than belongs to it: httpcore would take that for the
    beginning of the next one's. To be asked after the answer is closed."""
    for connection in pool.connections:
        inner: Any = connection
        while not hasattr(inner, _STATE):
            inner = getattr(inner, "_connection", None)
            if inner is None:
                # Never connected, or another httpcore than this was tested with.
                return not connection.is_closed()
        if getattr(inner, _STATE).trailing_data[0]:
            return True
    return False
