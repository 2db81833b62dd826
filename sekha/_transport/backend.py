"""The fast transport: no objects of httpx around a request. aiohttp sends in an event loop, urllib3 in
a thread. Needs the extra `fast`."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec

from .._core.request.failures import Failure, connection_failure
from ..config import ClientConfig
from ..errors import SekhaConfigError, SekhaMissingExtraError
from .proxies import proxy_for

MAX_CONNECTIONS = 100
KEEP_ALIVE = 5.0
"""Seconds that a connection is kept for the next request: servers close theirs sooner or later."""
USER_AGENT = "sekha-memory"
MAX_ANSWER = 1 << 28
"""Bytes of an answer, decompressed: what goes on beyond is no controller's, and would fill the memory."""
VARIABLE = "SEKHA_HTTP_BACKEND"


def is_fast(config: ClientConfig) -> bool:
    """Whether aiohttp and urllib3 send, and not httpx.

    Raises:
        SekhaMissingExtraError: it is asked for, and is not installed.
        SekhaConfigError: it is asked for, and cannot use this proxy.
    """
    asked = config.http_backend or os.environ.get(VARIABLE) or None
    if asked not in (None, "httpx", "fast"):
        raise SekhaConfigError("http_backend", f"{VARIABLE} is {asked!r}, not 'httpx' or 'fast'")
    if asked == "httpx" or (asked is None and not is_installed()):
        return False
    if not is_installed():
        raise SekhaMissingExtraError("http_backend 'fast' needs", "fast")
    if (proxy_for(config) or "").startswith("socks"):
        if asked is None:
            return False
        raise SekhaConfigError("http_backend", "'fast' knows no SOCKS proxies; 'httpx' does")
    return True


@cache
def is_installed() -> bool:
    return all(find_spec(name) is not None for name in ("aiohttp", "urllib3"))


def too_large() -> Failure:
    """More came than an answer can be."""
    return connection_failure(f"an answer of more than {MAX_ANSWER >> 20} MiB", sent=True)
