"""The embedded controller on a port: an ASGI application, and ways to run it."""

from __future__ import annotations

import asyncio
import hmac
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import quote

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sekha_api.types import RawResponse
from sekha_api.types import Request as ControllerRequest

from . import answers
from .controller import Controller

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
MINIMUM_KEY_LENGTH = 32
_MAX_BODY = 16 * 1024 * 1024
_OPEN_PATHS = frozenset({"/health", "/metrics"})
_TOOLS = "/mcp/tools/"
# How long a client may take to send a request's head, and then its body.
_HEAD_SECONDS = 30.0
_BODY_SECONDS = 60.0
_SHUTDOWN_SECONDS = 10
_START_SECONDS = 15.0


class Handles(Protocol):
    """What can be served: the embedded controller, or something that behaves like one."""

    def handle(self, request: ControllerRequest) -> RawResponse: ...

    def close(self) -> None: ...


def application(controller: Handles, api_key: str, *, max_body: int = _MAX_BODY) -> ASGIApp:
    """An ASGI application that asks for a key and hands everything else to a controller.

    Bodies are received in the event loop; only a complete request takes a thread, so that clients
    which send slowly keep nobody waiting. When the application is shut down the controller is
    closed.

    Args:
        api_key: what requests must carry as a bearer token, except for `/health` and `/metrics`; 32
            characters or more.
        max_body: bytes; a larger body is answered with 413.

    Raises:
        ValueError: the key is too short.
    """
    if len(api_key) < MINIMUM_KEY_LENGTH:
        raise ValueError(f"the API key must have at least {MINIMUM_KEY_LENGTH} characters")
    return _Application(controller, api_key.encode(), max_body)


def serve(
    path: str | os.PathLike[str] | None,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    *,
    api_key: str,
) -> None:
    """Serve a memory file over HTTP until SIGINT or SIGTERM; then requests under way end and the
    file is closed.

    Args:
        path: the memory file; `None` serves a memory that is gone at the end.
        api_key: as for `application`.

    Raises:
        ValueError: the key is too short.
        SystemExit: the port cannot be bound.
    """
    uvicorn.Server(_config(application(Controller(path), api_key), host, port)).run()


@contextmanager
def running_server(
    controller: Handles, *, api_key: str, host: str = DEFAULT_HOST, max_body: int = _MAX_BODY
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


class _Application:
    def __init__(self, controller: Handles, key: bytes, max_body: int) -> None:
        self._controller = controller
        self._key = key
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            try:
                answer = await self._answer(Request(scope, receive))
            except ClientDisconnect:
                return
            headers = dict(answer.headers)
            await Response(answer.content, answer.status_code, headers)(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await run_in_threadpool(self._controller.close)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request) -> RawResponse:
        path = _raw_path(request.scope)
        # Before the body: who has no key is not to make the server hold anything.
        refusal = None if path in _OPEN_PATHS else self._refuse(request.headers, path)
        if refusal is not None:
            return refusal
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                content = await self._read_body(request)
        except TimeoutError:
            return answers.text(408, "The body took too long to arrive")
        if content is None:
            return answers.text(413, f"The body is larger than {self._max_body} bytes")
        built = ControllerRequest(
            method=request.method,
            path=path,
            params=dict(request.query_params),
            headers=dict(request.headers),
            content=content,
        )
        return await run_in_threadpool(self._controller.handle, built)

    def _refuse(self, headers: Mapping[str, str], path: str) -> RawResponse | None:
        # The controller's own words and statuses (compatibility row 23), on every path.
        authorization = headers.get("authorization")
        if authorization is None:
            return _unauthorized("Missing authorization header")
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer":
            if path.startswith(_TOOLS):
                return answers.error(400, "Invalid authorization format", with_code=False)
            return _unauthorized("Invalid authorization format")
        if not hmac.compare_digest(key.strip().encode("latin-1"), self._key):
            return _unauthorized("Invalid API key")
        return None

    async def _read_body(self, request: Request) -> bytes | None:
        announced = request.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > self._max_body:
            return None
        received = bytearray()
        async for chunk in request.stream():
            received += chunk
            if len(received) > self._max_body:
                return None
        return bytes(received)


class _ImpatientProtocol(H11Protocol):
    """Drops connections on which no request begins: uvicorn alone would keep them for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(_HEAD_SECONDS, self._drop_if_silent)

    def _drop_if_silent(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


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


def _unauthorized(reason: str) -> RawResponse:
    answer = answers.error(401, reason, with_code=False)
    return RawResponse(401, {**answer.headers, "www-authenticate": "Bearer"}, answer.content)


def _raw_path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return quote(scope["path"], safe="/")
    return raw.partition(b"?")[0].decode("ascii", "replace")
