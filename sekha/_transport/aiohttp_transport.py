"""What aiohttp sends."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from math import inf
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType
from aiohttp.connector import Connection
from yarl import URL

from sekha_api.types import RawResponse, Request

from .._concurrency import async_run_in_loop
from .._core.request.failures import Failure, connection_failure, timeout_failure
from ..config import ClientConfig
from ..errors import SekhaClosedError
from .backend import KEEP_ALIVE, MAX_CONNECTIONS, USER_AGENT
from .trust import proxy_for, ssl_context, warn_of_readable_key

CLOSING = 0.02
"""Seconds in which a connection that is given up is closed."""

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

    async def send(self, request: Request, timeout: float) -> RawResponse:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop) or await self._open(loop)
        target = self._config.base_url + request.path
        if request.params:
            target += "?" + urlencode(request.params, quote_via=quote)
        connected: list[bool] = []
        _connected.set(connected)
        try:
            async with session.request(
                request.method,
                URL(target, encoded=True),
                data=request.content,
                headers=request.headers,
                proxy=self._proxy,
                timeout=aiohttp.ClientTimeout(total=timeout, ceil_threshold=inf),
                allow_redirects=False,
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _failure(error, timeout, bool(connected)) from None
        except RuntimeError:
            if self._closed:
                raise SekhaClosedError() from None
            raise
        except asyncio.CancelledError:
            # The connection is closed some steps of the loop later. Whoever waits for this one's
            # place must not be at the controller before that.
            await asyncio.sleep(CLOSING)
            raise
        headers = {name.lower(): value for name, value in response.headers.items()}
        return RawResponse(response.status, headers, content)

    async def aclose(self) -> None:
        self._closed = True
        while self._sessions:
            loop, session = self._sessions.popitem()
            await async_run_in_loop(loop, session.close)

    async def _open(self, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientSession:
        if self._closed:
            raise SekhaClosedError()
        config = self._config
        warn_of_readable_key(config.base_url)
        self._proxy = proxy_for(config.base_url, config.proxy)
        is_secret = "https" in (URL(config.base_url).scheme, URL(self._proxy or "").scheme)
        session = self._sessions[loop] = aiohttp.ClientSession(
            connector=_Connector(
                limit=MAX_CONNECTIONS,
                keepalive_timeout=KEEP_ALIVE,
                ssl=ssl_context(config.verify) if is_secret else True,
            ),
            headers={"Authorization": f"Bearer {config.api_key}", "User-Agent": USER_AGENT},
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_send_once,),
        )
        for each in list(self._sessions):
            if each.is_closed() and (ended := self._sessions.pop(each, None)):
                await ended.close()
        return session


class _Connector(aiohttp.TCPConnector):
    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        connection = await super().connect(*args, **kwargs)
        _connected.get().append(True)
        return connection


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
