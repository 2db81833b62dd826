"""What httpx sends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sekha_api.types import RawResponse, Request

from ..._concurrency import async_time_limit
from ..._core.failures import Failure, broken, out_of_time
from ..._trust import ssl_context, warn_of_readable_key
from ...config import ClientConfig
from ...errors import SekhaClosedError

if TYPE_CHECKING:
    import httpx

    from ..._httpx_time import AsyncNetwork

_SENDING = "http11.send_request_headers.started"


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
        usual = self._config.timeout
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
                    headers=request.headers or None,
                    content=request.content,
                    timeout=httpx.USE_CLIENT_DEFAULT if timeout == usual else timeout,
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

    def httpx_client(self) -> httpx.AsyncClient:
        """What it sends through."""
        return self._client or self._open()

    async def aclose(self) -> None:
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
        if client is not None and self._network is not None:
            await client.aclose()
            await self._network.aclose()

    def _open(self) -> httpx.AsyncClient:
        import httpx

        from ..._httpx_time import async_obey_time_limits

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


def _failure(error: Exception, timeout: float, sent: bool) -> Failure:
    """What an error of httpx means; its text may name the URL, never the key.

    Args:
        sent: whether the request's first byte was on its way.
    """
    import httpx

    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return out_of_time(timeout, sent=sent)
    return broken(str(error) or type(error).__name__, sent=sent)
