"""Running the embedded controller on a port, with uvicorn."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from .application import LARGEST_BODY
from .asgi import Handles, application
from .controller import Controller

__all__ = ["application", "running_server", "serve"]

if TYPE_CHECKING:
    from ..embedders import Embedder

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
_HEAD_SECONDS = 30.0
"""How long a client may take to send a request's head."""
_SHUTDOWN_SECONDS = 10
_START_SECONDS = 15.0


def serve(
    path: str | os.PathLike[str] | None,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    *,
    api_key: str,
    embedder: Embedder | None = None,
    beside: Callable[[ASGIApp, Controller], ASGIApp] | None = None,
) -> None:
    """Serve a memory file over HTTP until SIGINT or SIGTERM; then requests under way end and the
    file is closed.

    Args:
        path: the memory file; `None` serves a memory that is gone at the end.
        api_key: as for `application`.
        embedder: as for `Controller`.
        beside: puts something beside the controller on the same port.

    Raises:
        ValueError: the key is too short.
        SystemExit: the port cannot be bound.
    """
    controller = Controller(path, embedder=embedder)
    app = application(controller, api_key)
    if beside is not None:
        app = beside(app, controller)
    uvicorn.Server(_config(app, host, port)).run()


@contextmanager
def running_server(
    controller: Handles, *, api_key: str, host: str = DEFAULT_HOST, max_body: int = LARGEST_BODY
) -> Iterator[str]:
    """Serve a controller from a thread of this process for as long as the block runs, then close
    it.

    Returns:
        The base URL, on a port that was free.

    Raises:
        RuntimeError: the server did not start.
    """
    app = application(controller, api_key, max_body=max_body)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.bind((host, 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(_config(app, host, port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not server.started:
                if not thread.is_alive() or time.monotonic() > deadline:
                    raise RuntimeError("the server did not start")
                time.sleep(0.005)
            yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
        finally:
            server.should_exit = True
            thread.join(_SHUTDOWN_SECONDS + 5)


class _ImpatientProtocol(H11Protocol):
    """Drops connections on which a request's head does not come to its end: uvicorn alone would
    keep them for ever."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._await_head()
        else:
            self._head_came()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # A part of the next head may be there already. A connection on which nothing comes is
        # uvicorn's to drop, after a few seconds.
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._await_head()

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    settings: dict[str, Any] = {
        "http": _ImpatientProtocol,
        "ws": "none",
        "lifespan": "on",
        "server_header": False,
        # An access log would write down labels and folders, which are in the query.
        "access_log": False,
        "log_level": "warning",
        "timeout_graceful_shutdown": _SHUTDOWN_SECONDS,
    }
    return uvicorn.Config(app, host=host, port=port, **settings)
