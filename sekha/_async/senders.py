"""The seam: a built request goes in, status, headers and bytes come out. Nothing outside this
module knows which library sends."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from sekha_api.client import AuthenticatedClient
from sekha_api.types import RawResponse, Request

from .._concurrency import async_in_thread, async_time_limit
from .._core.failures import Failure
from .._httpx_time import AsyncNetwork, async_obey_time_limits
from .._trust import warn_of_readable_key
from ..config import ClientConfig
from ..errors import SekhaClosedError

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

    from ..local import Controller

_SENDING = "http11.send_request_headers.started"


class AsyncSender(Protocol):
    """Sends a request once."""

    @property
    def address(self) -> str:
        """What it sends to: the same text whenever it is the same controller."""
        ...

    async def send(self, request: Request, timeout: float) -> RawResponse:
        """Send within `timeout` seconds; raises Failure if no whole answer came."""
        ...

    def api_client(self) -> AuthenticatedClient:
        """The generated client over the same connections."""
        ...

    async def aclose(self) -> None: ...


class AsyncHttpxSender:
    """Sends through httpx, with one pool of connections made at the first request."""

    def __init__(self, config: ClientConfig) -> None:
        self.address = config.base_url
        self._config = config
        self._lock = threading.Lock()
        self._client: httpx.AsyncClient | None = None
        self._network: AsyncNetwork | None = None
        self._closed = False

    async def send(self, request: Request, timeout: float) -> RawResponse:
        import httpx

        client = self._client or self._open()
        response, sent = None, False

        async def trace(event: str, info: dict[str, Any]) -> None:
            nonlocal sent
            if event == _SENDING and info["request"].method != b"CONNECT":
                sent = True

        try:
            async with async_time_limit(timeout):
                response = await client.request(
                    request.method,
                    request.path,
                    params=request.params or None,
                    headers=request.headers,
                    content=request.content,
                    timeout=timeout,
                    extensions={"trace": trace},
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise _failure(error, timeout, sent) from None
        except RuntimeError:
            if self._closed:
                raise SekhaClosedError() from None
            raise
        finally:
            if response is None and self._network is not None:
                await self._network.drop_lost()
        return RawResponse(response.status_code, response.headers, response.content)

    def api_client(self) -> AuthenticatedClient:
        config = self._config
        client = AuthenticatedClient(
            base_url=config.base_url, token=config.api_key, timeout=config.timeout
        )
        return client.set_async_httpx_client(self._client or self._open())

    async def aclose(self) -> None:
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
        if client is not None and self._network is not None:
            await client.aclose()
            await self._network.aclose()

    def _open(self) -> httpx.AsyncClient:
        import httpx

        with self._lock:
            if self._closed:
                raise SekhaClosedError()
            if self._client is None:
                config = self._config
                warn_of_readable_key(config.base_url)
                self._client = httpx.AsyncClient(
                    base_url=config.base_url,
                    headers={"authorization": f"Bearer {config.api_key}"},
                    timeout=config.timeout,
                    verify=ssl_context(config.verify),
                    proxy=config.proxy,
                )
                self._network = async_obey_time_limits(self._client)
            return self._client


class AsyncLocalSender:
    """Hands requests to an embedded controller, in this process.

    Args:
        path: the controller's file; None if it keeps everything in memory.
    """

    def __init__(
        self,
        controller: Controller,
        config: ClientConfig,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        # What is in memory is gone with this sender, and never the same as any other.
        self.address = f"memory {uuid4()}" if path is None else f"file {os.path.realpath(path)}"
        self._controller = controller
        self._config = config
        self._closed = False

    async def send(self, request: Request, timeout: float) -> RawResponse:
        if self._closed:
            raise SekhaClosedError()
        return await async_in_thread(self._controller.handle, request)

    def api_client(self) -> AuthenticatedClient:
        import httpx

        controller = self._controller

        class Transport(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                answer = await async_in_thread(
                    controller.handle,
                    Request(
                        request.method,
                        request.url.raw_path.decode("ascii").partition("?")[0],
                        dict(request.url.params),
                        dict(request.headers),
                        await request.aread(),
                    ),
                )
                return httpx.Response(
                    answer.status_code, headers=dict(answer.headers), content=answer.content
                )

        client = AuthenticatedClient(base_url=self._config.base_url, token=self._config.api_key)
        return client.set_async_httpx_client(
            httpx.AsyncClient(base_url=self._config.base_url, transport=Transport())
        )

    async def aclose(self) -> None:
        self._closed = True
        self._controller.close()


def ssl_context(verify: bool | str) -> SSLContext | bool:
    """What httpx checks certificates against."""
    if not isinstance(verify, str):
        return verify
    from ssl import create_default_context

    return create_default_context(cafile=verify)


def _failure(error: Exception, timeout: float, sent: bool) -> Failure:
    """What an error of httpx means; its text may name the URL, never the key.

    Args:
        sent: whether the request's first byte was on its way.
    """
    import httpx

    if isinstance(error, TimeoutError | httpx.TimeoutException):
        what = "answer" if sent else "connection"
        return Failure(f"no {what} within {timeout:g} s", sent=sent, timed_out=True)
    words = str(error) or type(error).__name__
    if not sent:
        distrusted = "CERTIFICATE_VERIFY_FAILED" in words
        return Failure(f"no connection ({words})", sent=False, distrusted=distrusted)
    return Failure(f"the connection broke ({words})", sent=True, dropped=True)
