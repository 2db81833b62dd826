"""What aiohttp sends."""

from __future__ import annotations

import asyncio
import io
from contextvars import ContextVar
from math import inf
from typing import Any
from urllib.parse import quote, urlencode
from weakref import WeakSet

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType
from aiohttp.connector import Connection
from yarl import URL

from sekha_api.types import RawResponse, Request

from .._concurrency import async_current_loop, async_run_in_loop
from .._core.request.failures import Failure, connection_failure, timeout_failure
from ..config import ClientConfig
from ..errors import SekhaClosedError, SekhaConfigError
from .backend import KEEP_ALIVE, MAX_ANSWER, MAX_CONNECTIONS, USER_AGENT, too_large
from .content import ACCEPTED, decoded, is_quick
from .forks import disconnect, note_forkable
from .framing import FramedConnection
from .proxies import proxy_for, warn_of_readable_key
from .tls import shared_ssl_context

CLOSING = 0.02
"""Seconds in which a connection that is given up is closed."""
PIECE = 1 << 16
"""Bytes that are sent at a time."""

_connected: ContextVar[list[bool]] = ContextVar("sekha_connected")
"""Whether the request that this task sends has its connection: what follows is on its way."""


class AiohttpTransport:
    """Sends through aiohttp, with one pool of connections for each event loop that it is used in,
    made at the first request there."""

    waits = True

    def __init__(self, config: ClientConfig) -> None:
        self.address = config.base_url
        self._config = config
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}
        self._proxy: str | None = None
        self._closed = False
        note_forkable(self)

    async def send(self, request: Request, timeout: float) -> RawResponse:
        loop = async_current_loop()
        session = self._sessions.get(loop) or await self._open(loop)
        target = self._config.base_url + request.path
        if request.params:
            target += "?" + urlencode(request.params, quote_via=quote)
        connected: list[bool] = []
        _connected.set(connected)
        try:
            # Around everything: aiohttp's own limits can be lost together with an answer.
            async with asyncio.timeout(timeout):
                response = await self._exchange(session, target, request)
                return await _decoded(response, timeout)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # A ValueError is of what came: a length that is no number, content in no coding.
            raise _failure(error, timeout, bool(connected)) from None
        except RuntimeError:
            if self._closed:
                raise SekhaClosedError() from None
            raise

    async def _exchange(
        self, session: aiohttp.ClientSession, target: str, request: Request
    ) -> RawResponse:
        try:
            async with session.request(
                request.method,
                URL(target, encoded=True),
                data=_body(request.content),
                headers=request.headers,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                if response.status < 200:
                    raise aiohttp.ClientPayloadError("another protocol than was asked for")
                headers = {name.lower(): value for name, value in response.headers.items()}
                return RawResponse(response.status, headers, await _read(response))
        except asyncio.CancelledError:
            # The connection is closed some steps of the loop later. Whoever waits for this one's
            # place must not be at the controller before that.
            await asyncio.sleep(CLOSING)
            raise

    async def aclose(self) -> None:
        self._closed = True
        while self._sessions:
            loop, session = self._sessions.popitem()
            await async_run_in_loop(loop, session.close)

    def after_fork(self) -> None:
        """In a forked child: use no connection of the parent's."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            if isinstance(session.connector, _Connector):
                disconnect(session.connector.file_descriptors(), owner=session)

    async def _open(self, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientSession:
        if self._closed:
            raise SekhaClosedError()
        config = self._config
        self._proxy = proxy_for(config)
        warn_of_readable_key(config.base_url, self._proxy)
        urls = (config.base_url, self._proxy or "")
        is_secret = any(each.startswith("https:") for each in urls)
        try:
            URL(config.base_url, encoded=True)
        except ValueError as error:
            raise SekhaConfigError("base_url", str(error)) from None
        session = self._sessions[loop] = aiohttp.ClientSession(
            connector=_Connector(
                limit=MAX_CONNECTIONS,
                keepalive_timeout=KEEP_ALIVE,
                ssl=shared_ssl_context(config.verify) if is_secret else True,
            ),
            headers={
                "Authorization": f"Bearer {config.api_key}",
                "Accept-Encoding": ACCEPTED,
                "User-Agent": USER_AGENT,
            },
            timeout=aiohttp.ClientTimeout(total=None, ceil_threshold=inf),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_send_once,),
        )
        for each in list(self._sessions):
            if each.is_closed() and (ended := self._sessions.pop(each, None)):
                await ended.close()
        return session


def _body(content: bytes | None) -> bytes | io.BytesIO | None:
    """A large one as a file: aiohttp sends that in pieces, between which the event loop goes on."""
    return io.BytesIO(content) if content and len(content) > PIECE else content


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """An answer's body, if it is not too large to be one."""
    length = response.content_length
    if length is not None and length <= MAX_ANSWER:
        return await response.read()
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER:
            response.close()
            raise too_large()
    return b"".join(parts)


async def _decoded(response: RawResponse, seconds: float) -> RawResponse:
    """An answer without its content's coding; what takes long is decoded off the event loop."""
    content, coding = response.content, response.headers.get("content-encoding", "")
    if is_quick(content, coding):
        plain = decoded(content, coding)
    else:
        plain = await asyncio.to_thread(decoded, content, coding, seconds)
    return RawResponse(response.status_code, response.headers, plain)


class _Connector(aiohttp.TCPConnector):
    """Notes that a request has its connection, and watches what comes on it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._framed: WeakSet[FramedConnection] = WeakSet()

    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        while True:
            connection = await super().connect(*args, **kwargs)
            transport, protocol = connection.transport, connection.protocol
            if transport is None or protocol is None:
                raise aiohttp.ClientConnectionError("the connection ended as it was made")
            framed = transport.get_protocol()
            if not isinstance(framed, FramedConnection):
                framed = FramedConnection(transport, protocol)
                transport.set_protocol(framed)
                self._framed.add(framed)
            if framed.begin():
                break
            connection.close()
        connection.add_callback(framed.end)
        _connected.get().append(True)
        return connection

    def file_descriptors(self) -> list[int]:
        """Those of all connections that are open."""
        return [each.file_descriptor() for each in list(self._framed)]


class _Broken(aiohttp.ClientError):
    """What aiohttp would meet by sending a GET or DELETE again, past the limits of this package."""


async def _send_once(
    request: aiohttp.ClientRequest, handler: ClientHandlerType
) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        if isinstance(error, aiohttp.ClientConnectorError):
            raise
        raise _Broken(_words(error)) from None


def _failure(error: Exception, timeout: float, sent: bool) -> Failure:
    """What an error of aiohttp means; its text never holds the key or a proxy's password."""
    if isinstance(error, TimeoutError):
        return timeout_failure(timeout, sent=sent)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return connection_failure(f"the proxy answered {error.status} {error.message}", sent=False)
    return connection_failure(_words(error), sent=sent)


def _words(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientResponseError):
        return f"{type(error).__name__}: {error.message}"
    return str(error) or type(error).__name__
