"""A loopback server whose event loop has a thread of its own, so that sync and async code can both
be tested against it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from .wire import MAX_HEAD, ClientGone, Connection

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds after which starting, stopping and waiting give up."""


class LoopbackServer:
    """Serves each connection on a free port of 127.0.0.1; use it in a `with` block.

    Args:
        tls: speak TLS with this context, if given.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.errors: list[Exception] = []
        self.port = 0
        self._tls = tls
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._refusals = 0
        self._server: asyncio.Server | None = None

    async def serve(self, connection: Connection) -> None:
        """Do what there is to be done with one connection."""
        raise NotImplementedError

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.authority}"

    def __enter__(self) -> Self:
        # Bound, never listening: keeps the port while connections are refused.
        self._placeholder = _bind(0)
        self.port = self._placeholder.getsockname()[1]
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main(started)),
            name=f"fault-server-{self.port}",
            daemon=True,
        )
        self._thread.start()
        started.result(PATIENCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if self.errors and error is None:
            raise ExceptionGroup("the fault server itself, or its backend, failed", self.errors)

    def close(self) -> None:
        """Drop every connection, free the port and end the thread. Can be called again."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE)
        self._placeholder.close()
        if self._thread.is_alive():
            raise RuntimeError("the fault server's thread does not end")

    def refuse(self) -> None:
        """Refuse new connections and drop idle ones, until `accept` is called."""
        self._run(self._stop_listening())

    def accept(self) -> None:
        """Take new connections again, after `refuse`."""
        self._run(self._listen_again())

    def idle(self, connection: Connection) -> bool:
        """Whether a connection has no request under way."""
        return True

    @property
    def open_connections(self) -> int:
        """How many connections there are now."""
        return len(self._connections)

    def _note(self) -> None:
        """Called whenever something has changed."""

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _main(self, started: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            await self._listen()
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(None)
        await self._stop.wait()
        if self._server is not None:
            self._server.close()
        tasks = [*self._connections.values()]
        for connection, task in [*self._connections.items()]:
            connection.reset()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        if self._stop.is_set():
            return
        shutdown: dict[str, Any] = {"ssl_shutdown_timeout": 0.5} if self._tls else {}
        self._server = await asyncio.start_server(
            self._accepted, sock=_bind(self.port), ssl=self._tls, limit=MAX_HEAD, **shutdown
        )

    async def _stop_listening(self) -> None:
        self._refusals += 1
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in [*self._connections]:
            if self.idle(connection):
                connection.reset()

    async def _listen_again(self) -> None:
        self._refusals -= 1
        assert self._refusals >= 0, "accept without refuse"
        if self._refusals == 0:
            await self._listen()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        self._connections[connection] = self._loop.create_task(self._serve_to_end(connection))

    async def _serve_to_end(self, connection: Connection) -> None:
        try:
            if self._refusals:
                connection.reset()
            else:
                await self.serve(connection)
        except ClientGone:
            pass
        except Exception as error:
            self.errors.append(error)
            connection.reset()
        finally:
            await connection.closed()
            del self._connections[connection]
            self._note()


def _bind(port: int) -> socket.socket:
    # Named, not implied: asyncio turns off Nagle's delay only where it sees TCP.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", port))
    return bound
