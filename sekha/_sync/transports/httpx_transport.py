"""What httpx sends."""

from __future__ import annotations

import threading
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from attrs import frozen

from sekha_api.types import RawResponse, Request

from ..._cancellable import check_time_limit
from ..._concurrency import (
    current_loop,
    in_thread,
    is_closed,
    run_in_loop,
    time_limit,
)
from ..._core.request.failures import Failure, connection_failure, timeout_failure
from ..._transport.backend import MAX_ANSWER, too_large
from ..._transport.content import ACCEPTED, decoded, is_quick
from ..._transport.forks import note_forkable
from ..._transport.proxies import proxy_for, warn_of_readable_key
from ..._transport.tls import shared_ssl_context
from ...config import ClientConfig
from ...errors import SekhaClosedError, SekhaConfigError
from .httpx_pool import Pool, check_socks

PARTS = 200
"""Parts of an answer that are read in one go: they can be of one byte, and never stop coming."""
_SENDING = "http11.send_request_headers.started"


@frozen
class _Opened:
    """What one event loop sends through; the client is for who asks for one.

    Attributes:
        headers: what goes with every request.
    """

    client: httpx.Client
    pool: Pool
    headers: tuple[tuple[str, str], ...]


class HttpxTransport:
    """Sends through httpx, with one pool of connections for each event loop that it is used in, made
    at the first request there."""

    waits = True

    def __init__(self, config: ClientConfig) -> None:
        self.address = config.base_url
        self._config = config
        self._lock = threading.Lock()
        self._opened: dict[Any, _Opened] = {}
        self._closed = False
        note_forkable(self)

    def send(self, request: Request, timeout: float) -> RawResponse:
        opened = self._opened.get(current_loop()) or self._open()
        sent = False

        def trace(event: str, info: dict[str, Any]) -> None:
            nonlocal sent
            if event == _SENDING and info["request"].method != b"CONNECT":
                sent = True

        try:
            with time_limit(timeout):
                # Past the client, which would put the same URL and headers together anew for each,
                # and looks for redirects, cookies and logins: there are none here.
                asked = httpx.Request(
                    request.method,
                    _url(self.address, request),
                    headers=[*opened.headers, *request.headers.items()],
                    content=request.content,
                    extensions={"timeout": _limits(timeout), "trace": trace},
                )
                response = opened.pool.handle_request(asked)
                response.request = asked
                content = _read(response)
                coding = response.headers.get("content-encoding", "")
                if is_quick(content, coding):
                    content = decoded(content, coding)
                else:
                    content = in_thread(lambda body: decoded(body, coding, timeout), content)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # A ValueError is of what came: headers that hold no text.
            raise _failure(error, timeout, sent) from None
        except RuntimeError:
            if self._closed:
                raise SekhaClosedError() from None
            raise
        return RawResponse(response.status_code, response.headers, content)

    def httpx_client(self) -> httpx.Client:
        """A client over the same connections."""
        return (self._opened.get(current_loop()) or self._open()).client

    def close(self) -> None:
        with self._lock:
            self._closed = True
            opened, self._opened = self._opened, {}
        for where, each in opened.items():
            run_in_loop(where, each.client.close)

    def after_fork(self) -> None:
        """In a forked child: use no connection of the parent's."""
        self._lock = threading.Lock()
        for each in self._opened.values():
            each.pool.after_fork()
        # An event loop of the parent's runs no more here, and could never close anything.
        self._opened = {where: each for where, each in self._opened.items() if where is None}

    def _open(self) -> _Opened:
        where = current_loop()
        with self._lock:
            if self._closed:
                raise SekhaClosedError()
            if where not in self._opened:
                config = self._config
                proxy = proxy_for(config)
                check_socks(proxy)
                warn_of_readable_key(config.base_url, proxy)
                urls = (config.base_url, proxy or "")
                is_secret = any(each.startswith("https:") for each in urls)
                pool = Pool(shared_ssl_context(config.verify) if is_secret else None, proxy)
                try:
                    client = httpx.Client(
                        base_url=config.base_url,
                        headers={
                            "authorization": f"Bearer {config.api_key}",
                            "accept-encoding": ACCEPTED,
                        },
                        timeout=config.timeout,
                        transport=pool,
                        # Nobody logs in here: a gateway's cookie is not for later calls.
                        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                    )
                except (httpx.InvalidURL, ValueError) as error:
                    raise SekhaConfigError("base_url", str(error)) from None
                self._opened[where] = _Opened(client, pool, tuple(client.headers.multi_items()))
            for ended in [each for each in self._opened if is_closed(each)]:
                del self._opened[ended]
            return self._opened[where]


def _url(base_url: str, request: Request) -> str:
    url = base_url + request.path
    return f"{url}?{httpx.QueryParams(request.params)}" if request.params else url


def _limits(timeout: float) -> dict[str, float]:
    return dict.fromkeys(("connect", "read", "write", "pool"), timeout)


def _read(response: httpx.Response) -> bytes:
    """An answer's body as it came, if it is not too large to be one."""
    parts: list[bytes] = []
    size = 0
    try:
        # Not decoded: httpx does that without a bound.
        for part in response.iter_raw():
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                raise too_large()
            if len(parts) % PARTS == 0:
                check_time_limit()
    finally:
        response.close()
    return b"".join(parts)


def _failure(error: Exception, timeout: float, sent: bool) -> Failure:
    """What an error of httpx means; its text may name the URL, never the key.

    Args:
        sent: whether the request's first byte was on its way.
    """
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return timeout_failure(timeout, sent=sent)
    return connection_failure(str(error) or type(error).__name__, sent=sent)
