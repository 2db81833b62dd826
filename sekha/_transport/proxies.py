"""Proxies: which one is on the way, and who on the way can read the key."""

from __future__ import annotations

import warnings
from urllib.parse import urlsplit

from ..config import ClientConfig, check_proxy
from ..errors import SekhaConfigError, SekhaInsecureWarning
from .hosts import is_loopback

_warned: set[str] = set()


def proxy_for(config: ClientConfig) -> str | None:
    """The URL of the proxy on the way to the controller: the one that is set, else the
    environment's (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY). A controller on this machine is
    asked directly unless a proxy is set: what stays here is no business of the environment's proxy.

    Raises:
        SekhaConfigError: the environment's is no URL of a proxy.
    """
    if config.proxy is not None:
        return config.proxy
    parts = urlsplit(config.base_url)
    if is_loopback(parts.hostname or ""):
        return None
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or proxy_bypass(parts.netloc):
        return None
    found = found if "://" in found else f"http://{found}"
    try:
        check_proxy(found)
    except SekhaConfigError as error:
        rule = error.message.partition(": ")[2]
        raise SekhaConfigError("proxy", f"the environment's (HTTPS_PROXY, ...): {rule}") from None
    return found


def warn_of_readable_key(base_url: str, proxy: str | None) -> None:
    """Warn, once for each host, that a key goes over a network unencrypted: to the controller, or
    to the proxy before it."""
    parts = urlsplit(base_url)
    if parts.scheme == "https":
        return
    for url, what in ((base_url, "the controller"), (proxy, "the proxy")):
        host = urlsplit(url or "").hostname or ""
        if not host or is_loopback(host):
            continue
        if host not in _warned:
            _warned.add(host)
            warnings.warn(
                f"the key is sent to {what} {host} over plain http, where others can read it: "
                "use https",
                SekhaInsecureWarning,
                stacklevel=2,
            )
        return
