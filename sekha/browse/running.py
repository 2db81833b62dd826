"""Serving the page on this machine, until the process is told to end."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from .._async.client import SekhaClient
from .._transport.hosts import is_loopback
from .app import LOCAL_NAMES, browse_app
from .security import ENTER, Sessions

PORT = 8091
"""The usual port; where it is taken, another."""
_SHUTDOWN_SECONDS = 3


def listener(host: str, port: int | None) -> socket.socket:
    """A socket to serve on.

    Args:
        port: None for the usual one, or another where that is taken.

    Raises:
        OSError: it is taken, or the host is none of this machine.
    """
    asked = PORT if port is None else port
    try:
        return _bound(host, asked)
    except OSError:
        if port is not None:
            raise
        return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        return found
    except OSError:
        found.close()
        raise


def hosts_of(host: str) -> tuple[tuple[str, ...], bool]:
    """Under which names a server at this address may be called, and whether under any IP address."""
    if is_loopback(host):
        return tuple({*LOCAL_NAMES, host}), False
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return LOCAL_NAMES, True
    return (*LOCAL_NAMES, host), True


async def serve_page(
    client: SekhaClient,
    sock: socket.socket,
    *,
    host: str,
    target: str,
    read_only: bool,
    on_start: Callable[[str], None],
) -> None:
    """Serve the page over a memory.

    Args:
        sock: where, bound; it is closed at the end.
        host: the address that was asked for.
        target: what the memory is called, for people.
        on_start: called with the address to open, which lets one browser in.
    """
    sessions = Sessions()
    hosts, any_address = hosts_of(host)
    app = browse_app(
        client,
        sessions,
        target=target,
        read_only=read_only,
        hosts=hosts,
        any_address=any_address,
    )
    server = uvicorn.Server(config(app))
    with sock:
        port = sock.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        sock.listen(128)
        on_start(f"http://{shown}:{port}{ENTER}?token={sessions.token()}")
        await server.serve(sockets=[sock])


def config(app: ASGIApp) -> uvicorn.Config:
    """As a page is served: without a log of what was looked for."""
    return uvicorn.Config(
        app,
        ws="none",
        lifespan="on",
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        proxy_headers=False,
    )
