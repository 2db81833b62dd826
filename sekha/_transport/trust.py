"""Whom a key is shown to: over which way, and against which certificates."""

from __future__ import annotations

import ipaddress
import warnings
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import SekhaInsecureWarning

if TYPE_CHECKING:
    from ssl import SSLContext

_warned: set[str] = set()


def is_loopback(host: str) -> bool:
    """Whether what is sent to this host stays on this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def warn_of_readable_key(base_url: str) -> None:
    """Warn, once for each host, that a key goes over a network unencrypted."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme == "https" or is_loopback(host) or host in _warned:
        return
    _warned.add(host)
    warnings.warn(
        f"the key is sent to {host} over plain http, where others can read it: use https",
        SekhaInsecureWarning,
        stacklevel=2,
    )


def ssl_context(verify: bool | str) -> SSLContext:
    """What certificates are checked against: those that httpx trusts, or those of a file. Made
    once for each client: loading them takes a while."""
    if isinstance(verify, str):
        from ssl import create_default_context

        return create_default_context(cafile=verify)
    import httpx

    return httpx.create_ssl_context(verify=verify, trust_env=True)


def proxy_for(base_url: str, proxy: str | None) -> str | None:
    """The URL of the proxy on the way to this URL: the one that is set, else the environment's
    (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY)."""
    if proxy is not None:
        return proxy
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(base_url)
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or proxy_bypass(parts.netloc):
        return None
    return found if "://" in found else f"http://{found}"
