"""TLS contexts: what certificates are checked against."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from ..errors import SekhaConfigError

if TYPE_CHECKING:
    from ssl import SSLContext

_lock = threading.Lock()
_made: dict[Any, SSLContext] = {}
_KEPT = 16


def shared_ssl_context(verify: bool | str) -> SSLContext:
    """The context of all clients with this setting. Loading the certificates takes some 25 ms, in
    which an event loop stands still: 200 clients that begin at once must not each do it.

    Raises:
        SekhaConfigError: the certificates cannot be read.
    """
    key = (verify, *_sources(verify))
    with _lock:
        if (context := _made.get(key)) is None:
            if len(_made) >= _KEPT:
                del _made[next(iter(_made))]
            context = _made[key] = ssl_context(verify)
        return context


def ssl_context(verify: bool | str) -> SSLContext:
    """A new context that checks against the certificates that httpx trusts (SSL_CERT_FILE and
    SSL_CERT_DIR of the environment included), or those of a file.

    Raises:
        SekhaConfigError: the certificates cannot be read.
    """
    try:
        if isinstance(verify, str):
            from ssl import create_default_context

            return create_default_context(cafile=verify)
        import httpx

        return httpx.create_ssl_context(verify=verify, trust_env=True)
    except (OSError, ValueError) as error:
        # An SSLError is an OSError: a file that holds no certificate.
        where = repr(verify) if isinstance(verify, str) else _environment_words()
        words = getattr(error, "strerror", None) or str(error)
        raise SekhaConfigError(
            "verify", f"no certificates can be read from {where} ({words}): name a PEM file"
        ) from None


def _sources(verify: bool | str) -> tuple[Any, ...]:
    """What changes when the certificates do."""
    if isinstance(verify, str):
        return _state(verify)
    file = os.environ.get("SSL_CERT_FILE")
    return file, *(_state(file) if file else ()), os.environ.get("SSL_CERT_DIR")


def _state(path: str) -> tuple[Any, ...]:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _environment_words() -> str:
    names = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
    return " or ".join(f"{name} ({os.environ[name]!r})" for name in names) or "certifi's file"


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
