"""What httpx sends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sekha_api.types import RawResponse, Request

from ..._concurrency import current_loop, is_closed, run_in_loop, time_limit
from ..._core.request.failures import Failure, connection_failure, timeout_failure
from ..._transport.trust import ssl_context, warn_of_readable_key
from ...config import ClientConfig
from ...errors import SekhaClosedError

if TYPE_CHECKING:
    import httpx

    from ..._transport.httpcore_backend import Network

_SENDING = "http11.send_request_headers.started"


class HttpxTransport:
    """Sends through httpx, with one pool of connections for each event loop that it is used in, made
    at the first request there."""

    waits = True

    def __init__(self, config: ClientConfig) -> None:
        self.address = config.base_url
        self._config = config
        self._lock = threading.Lock()
        self._opened: dict[Any, tuple[httpx.Client, Network]] = {}
        self._closed = False

    def send(self, request: Request, timeout: float) -> RawResponse:
        import httpx

        client, network = self._opened.get(current_loop()) or self._open()
        usual = self._config.timeout
        response, sent = None, False

        def trace(event: str, info: dict[str, Any]) -> None:
            nonlocal sent
            if event == _SENDING and info["request"].method != b"CONNECT":
                sent = True

        try:
            with time_limit(timeout):
                response = client.request(
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
            if response is None:
                network.drop_lost()
        return RawResponse(response.status_code, response.headers, response.content)

    def httpx_client(self) -> httpx.Client:
        """What it sends through."""
        client, _ = self._opened.get(current_loop()) or self._open()
        return client

    def close(self) -> None:
        with self._lock:
            self._closed = True
            opened, self._opened = self._opened, {}
        for where, (client, network) in opened.items():
            run_in_loop(where, client.close)
            run_in_loop(where, network.close)

    def _open(self) -> tuple[httpx.Client, Network]:
        import httpx

        from ..._transport.httpcore_backend import limit_network

        where = current_loop()
        with self._lock:
            if self._closed:
                raise SekhaClosedError()
            if where not in self._opened:
                config = self._config
                warn_of_readable_key(config.base_url)
                client = httpx.Client(
                    base_url=config.base_url,
                    headers={"authorization": f"Bearer {config.api_key}"},
                    timeout=config.timeout,
                    verify=ssl_context(config.verify),
                    proxy=config.proxy,
                )
                self._opened[where] = client, limit_network(client)
            for ended in [each for each in self._opened if is_closed(each)]:
                del self._opened[ended]
            return self._opened[where]


def _failure(error: Exception, timeout: float, sent: bool) -> Failure:
    """What an error of httpx means; its text may name the URL, never the key.

    Args:
        sent: whether the request's first byte was on its way.
    """
    import httpx

    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return timeout_failure(timeout, sent=sent)
    return connection_failure(str(error) or type(error).__name__, sent=sent)
