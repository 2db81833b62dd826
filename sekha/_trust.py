"""Whom a key is shown to."""

from __future__ import annotations

import ipaddress
import warnings
from urllib.parse import urlsplit

from .errors import SekhaInsecureWarning

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
