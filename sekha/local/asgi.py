"""The embedded controller as an ASGI application.

What a client that hung up had asked for is not begun, and given up where it has been; and nothing
is answered before that is over. So who looks whether a create was carried out, because its answer
never came, sees the truth.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sekha_api.types import RawResponse
from sekha_api.types import Request as ControllerRequest

from . import answers
from .application import LARGEST_BODY
from .cancellation import Cancellation, RequestCancelled

MINIMUM_KEY_LENGTH = 32
_OPEN_PATHS = frozenset({"/health", "/metrics"})
_TOOLS = "/mcp/tools/"
_CREATES = frozenset({"/api/v1/conversations", "/mcp/tools/memory_store"})
_BODY_SECONDS = 60.0
"""How long a client may take to send a body."""
_LARGE = 262_144
"""Bytes of a body from which on requests take turns."""
_LARGE_HELD = 4
"""Large bodies in memory at a time; the others wait on their connections."""
_TURNS = 6
"""Of the event loop, after which it knows of every connection that was closed before."""


class Handles(Protocol):
    """What can be served: the embedded controller, or something that behaves like one."""

    def handle(self, request: ControllerRequest) -> RawResponse: ...

    def close(self) -> None: ...


def application(controller: Handles, api_key: str, *, max_body: int = LARGEST_BODY) -> ASGIApp:
    """An ASGI application that asks for a key and hands everything else to a controller.

    Bodies are received in the event loop; only a complete request takes a thread, so that clients
    which send slowly keep nobody waiting. Large requests are carried out one at a time, in their
    order. When the application is shut down the controller is closed.

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


class _Create:
    """A create under way: whether its client is gone, and whether it is certain what became of it."""

    def __init__(self) -> None:
        self.gone = False
        self.over = asyncio.Event()


class _Application:
    def __init__(self, controller: Handles, key: bytes, max_body: int) -> None:
        self._controller = controller
        self._key = key
        self._max_body = max_body
        self._held = asyncio.Semaphore(_LARGE_HELD)
        self._large = asyncio.Semaphore(1)
        self._creates: set[_Create] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            try:
                answer = await self._answer(Request(scope, receive))
            except (ClientDisconnect, RequestCancelled):
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
        if "content-length" in request.headers and "transfer-encoding" in request.headers:
            # Whoever stands between may have taken the other one for the body's end.
            answer = answers.text(400, "A body has a length or comes in chunks, not both")
            return RawResponse(400, {**answer.headers, "connection": "close"}, answer.content)
        path = _raw_path(request.scope)
        # Before the body: who has no key is not to make the server hold anything.
        refusal = None if path in _OPEN_PATHS else self._refuse(request.headers, path)
        if refusal is not None:
            return refusal
        announced = request.headers.get("content-length", "0")
        length = int(announced) if announced.isdecimal() else 0
        if length > self._max_body:
            return self._too_large()
        large = length > _LARGE or "transfer-encoding" in request.headers
        async with _turn(self._held, large):
            try:
                async with asyncio.timeout(_BODY_SECONDS):
                    content = await self._read_body(request)
            except TimeoutError:
                return answers.text(408, "The body took too long to arrive")
            if content is None:
                return self._too_large()
            built = ControllerRequest(
                method=request.method,
                path=path,
                params=dict(request.query_params),
                headers=dict(request.headers),
                content=content,
            )
            return await self._carry_out(built, request.receive)

    async def _carry_out(self, request: ControllerRequest, receive: Receive) -> RawResponse:
        create = _Create()
        cancellation = Cancellation()
        watching = asyncio.create_task(_watch(receive, create, cancellation))
        is_create = request.method == "POST" and request.path in _CREATES
        try:
            if is_create:
                self._creates.add(create)
            await self._settle(create, at_once=not is_create)
            async with _turn(self._large, len(request.content or b"") > _LARGE):
                cancellation.check()
                return await run_in_threadpool(self._handle, request, cancellation)
        finally:
            self._creates.discard(create)
            create.over.set()
            watching.cancel()

    async def _settle(self, own: _Create, *, at_once: bool) -> None:
        """Let the event loop hear who hung up, and wait until their creates are over."""
        if at_once and not self._creates:
            return
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        for create in [each for each in self._creates if each.gone and each is not own]:
            await create.over.wait()

    def _handle(self, request: ControllerRequest, cancellation: Cancellation) -> RawResponse:
        with cancellation:
            return self._controller.handle(request)

    def _too_large(self) -> RawResponse:
        return answers.text(413, f"The body is larger than {self._max_body} bytes")

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
        received = bytearray()
        async for chunk in request.stream():
            received += chunk
            if len(received) > self._max_body:
                return None
        return bytes(received)


async def _watch(receive: Receive, create: _Create, cancellation: Cancellation) -> None:
    """Cancel a request once its client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
    create.gone = True
    if cancellation.cancel():
        create.over.set()


def _turn(semaphore: asyncio.Semaphore, needed: bool) -> AbstractAsyncContextManager[None]:
    return semaphore if needed else nullcontext()


def _unauthorized(reason: str) -> RawResponse:
    answer = answers.error(401, reason, with_code=False)
    return RawResponse(401, {**answer.headers, "www-authenticate": "Bearer"}, answer.content)


def _raw_path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return quote(scope["path"], safe="/")
    return raw.partition(b"?")[0].decode("ascii", "replace")
