"""What urllib3 sends."""

from __future__ import annotations

import socket
import threading
from email.errors import MultipartInvariantViolationDefect, StartBoundaryNotFoundDefect
from email.message import Message
from functools import partial
from http.client import HTTPException, HTTPResponse
from ssl import SSLSocket
from typing import Any, cast
from urllib.parse import quote, unquote, urlencode, urlsplit
from weakref import WeakSet

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection

from sekha_api.types import RawResponse, Request

from .._concurrency import thread_time_left, time_limit
from .._core.request.failures import Failure, connection_failure, timeout_failure
from ..config import ClientConfig
from ..errors import SekhaClosedError, SekhaConfigError
from .backend import MAX_ANSWER, MAX_CONNECTIONS, USER_AGENT, too_large
from .content import ACCEPTED, decoded
from .forks import disconnect, note_forkable
from .proxies import proxy_for, warn_of_readable_key
from .sockets import LimitedTLSSocket, connect, wake
from .tls import ssl_context

PIECE = 1 << 20


class _Sending(threading.local):
    """Whether the request that this thread sends is on its way."""

    begun = False


_sending = _Sending()


class Urllib3Transport:
    """Sends through urllib3, with one pool of connections made at the first request."""

    waits = True

    def __init__(self, config: ClientConfig) -> None:
        self.address = config.base_url
        self._config = config
        self._lock = threading.Lock()
        self._pool: urllib3.HTTPConnectionPool | None = None
        self._network = _Network()
        self._prefix = ""
        self._headers: dict[str, str] = {}
        note_forkable(self)

    def send(self, request: Request, timeout: float) -> RawResponse:
        pool = self._pool or self._open()
        target = self._prefix + request.path
        if request.params:
            target += "?" + urlencode(request.params, quote_via=quote)
        _sending.begun = False
        try:
            with time_limit(timeout):
                response = pool.urlopen(
                    request.method,
                    target,
                    request.content,
                    {**self._headers, **request.headers},
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    timeout=timeout,
                    preload_content=False,
                    decode_content=False,
                )
                headers = {name.lower(): value for name, value in response.headers.items()}
                coding = headers.get("content-encoding", "")
                content = decoded(_read(response), coding, thread_time_left())
        except (exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            # A ValueError is of what came: a chunk of less than nothing, content in no coding.
            raise _failure(error, timeout, _sending.begun) from None
        return RawResponse(response.status, headers, content)

    def close(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        self._network.close()
        if pool is not None:
            pool.close()

    def after_fork(self) -> None:
        """In a forked child: use no connection of the parent's."""
        self._lock = threading.Lock()
        disconnect(self._network.file_descriptors(), owner=(self._pool, self._network))
        self._pool = None
        closed = self._network.closed
        self._network = _Network()
        self._network.closed = closed

    def _open(self) -> urllib3.HTTPConnectionPool:
        with self._lock:
            if self._network.closed:
                raise SekhaClosedError()
            if self._pool is None:
                config = self._config
                proxy = proxy_for(config)
                warn_of_readable_key(config.base_url, proxy)
                self._headers = {
                    "authorization": f"Bearer {config.api_key}",
                    "accept-encoding": ACCEPTED,
                    "user-agent": USER_AGENT,
                }
                try:
                    self._pool = self._make_pool(proxy)
                except exceptions.HTTPError:
                    # Its text can hold the proxy's password.
                    raise SekhaConfigError(
                        "base_url", "urllib3 can make no connection of it, or of the proxy's URL"
                    ) from None
            return self._pool

    def _make_pool(self, proxy: str | None) -> urllib3.HTTPConnectionPool:
        url = urlsplit(self._config.base_url)
        settings: dict[str, Any] = {"maxsize": MAX_CONNECTIONS}
        if "https" in (url.scheme, urlsplit(proxy or "").scheme):
            context = ssl_context(self._config.verify)
            context.sslsocket_class = LimitedTLSSocket
            settings["ssl_context"] = context
        if proxy is None:
            manager = urllib3.PoolManager(**settings)
        else:
            parts = urlsplit(proxy)
            word = None
            if parts.username is not None:
                word = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            manager = urllib3.ProxyManager(
                proxy,
                proxy_headers=urllib3.make_headers(proxy_basic_auth=word),
                proxy_ssl_context=settings.get("ssl_context"),
                **settings,
            )
        pool = manager.connection_from_host(cast(str, url.hostname), url.port, url.scheme)
        # A proxy is told where to; a tunnel is not.
        is_passed_on = proxy is not None and url.scheme == "http"
        self._prefix = self._config.base_url if is_passed_on else url.path
        kind = _TLSConnection if isinstance(pool, urllib3.HTTPSConnectionPool) else _Connection
        pool.ConnectionCls = partial(kind, network=self._network)  # type: ignore[assignment]
        return pool


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    """An answer's body as it came, if it is not too large to be one."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.read(PIECE, decode_content=False):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                raise too_large()
    except BaseException:
        # Not all that can be wrong with an answer makes urllib3 do it.
        response.close()
        raise
    response.release_conn()
    return b"".join(parts)


_OF_THE_BODY = (MultipartInvariantViolationDefect, StartBoundaryNotFoundDefect)
"""What the parser of mails misses in the head of an answer."""


class _FinalResponse(HTTPResponse):
    """http.client takes an interim answer for the final one (all but 100), a head that is cut off
    for a short one, and what follows for empty."""

    def __init__(self, connected: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(connected, *args, **kwargs)
        self._connected = connected

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200:
            if self.status == 101:
                raise HTTPException("another protocol than was asked for")
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()
        if getattr(self._connected, "ended", False):
            raise HTTPException("closed inside the head of an answer")
        if self.length is None and not self.chunked and "content-length" in self.headers:
            raise HTTPException("a length that is none")
        if _is_malformed(self.headers):
            # urllib3 would log them, and go on: what a peer echoes there can be the key.
            raise HTTPException("headers that are none")


def _is_malformed(headers: Message) -> bool:
    if any(not isinstance(each, _OF_THE_BODY) for each in headers.defects):
        return True
    rest = headers.get_payload()
    return isinstance(rest, str) and bool(rest)


class _Limited:
    """What is added to a connection of urllib3: it keeps to time limits, closes with its transport, and
    notes when a request is on its way."""

    network: _Network
    response_class: type[HTTPResponse] = _FinalResponse

    def __init__(self, *args: Any, network: _Network, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.network = network
        network.add(self)

    def _new_conn(self: Any) -> Any:
        try:
            return connect(self._dns_host, self.port)
        except TimeoutError as error:
            raise exceptions.ConnectTimeoutError(self, str(error)) from error
        except (OSError, UnicodeError) as error:
            raise exceptions.NewConnectionError(self, str(error)) from error

    @property
    def is_connected(self) -> bool:
        """Whether it can take another request: nothing has come on it that nobody asked for."""
        connected = self.sock  # type: ignore[attr-defined]
        return (
            super().is_connected  # type: ignore[misc]
            and not getattr(connected, "has_unread_bytes", False)
            and not (isinstance(connected, SSLSocket) and connected.pending())
        )

    def request(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        if self.network.closed:
            raise exceptions.ProtocolError("the client was closed")
        _sending.begun = True
        super().request(*args, **kwargs)  # type: ignore[misc]


class _Connection(_Limited, HTTPConnection):
    pass


class _TLSConnection(_Limited, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        # Whoever turned checking off knows it: no warning with every request.
        self.is_verified = True


class _Network:
    """All connections of a transport, those included that are just being made."""

    def __init__(self) -> None:
        self.closed = False
        self._lock = threading.Lock()
        self._connections: WeakSet[Any] = WeakSet()

    def add(self, connection: _Limited) -> None:
        with self._lock:
            self._connections.add(connection)

    def close(self) -> None:
        """Wake whoever waits on them, and let no more be used."""
        with self._lock:
            self.closed = True
            connections = list(self._connections)
        for connection in connections:
            if connection.sock is not None:
                wake(connection.sock)

    def file_descriptors(self) -> list[int]:
        """Those of all connections that are open."""
        found = [each.sock for each in list(self._connections)]
        return [each.fileno() for each in found if isinstance(each, socket.socket)]


def _failure(error: Exception, timeout: float, sent: bool) -> Failure:
    """What an error of urllib3 means; its text never holds the key or a proxy's password."""
    if isinstance(error, exceptions.NewConnectionError):
        return connection_failure(str(error).partition(": ")[2], sent=sent)
    if isinstance(error, exceptions.TimeoutError | TimeoutError):
        return timeout_failure(timeout, sent=sent)
    cause = error.args[-1] if error.args else None
    if isinstance(error, exceptions.ProxyError):
        if isinstance(cause, exceptions.TimeoutError | TimeoutError):
            return timeout_failure(timeout, sent=sent)
        return connection_failure(f"proxy: {cause}", sent=sent)
    if isinstance(cause, Exception):
        return connection_failure(str(cause) or type(cause).__name__, sent=sent)
    return connection_failure(str(error) or type(error).__name__, sent=sent)
