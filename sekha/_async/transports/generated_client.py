"""The generated client, for power users, over a transport's connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sekha_api.client import AuthenticatedClient
from sekha_api.types import Request

from ..._core.request.failures import Failure
from ...config import ClientConfig

if TYPE_CHECKING:
    import httpx

    from . import AsyncTransport

OF_THE_CONNECTION = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "transfer-encoding"}
)
"""Headers that httpx writes for a connection of its own: a transport's connection has others."""


def generated_client(transport: AsyncTransport, config: ClientConfig) -> AuthenticatedClient:
    """The generated client over the same connections, with the same key and time limit."""
    # Not at the top: it imports httpx, which a client of anything else does without.
    from .httpx_transport import AsyncHttpxTransport

    client = AuthenticatedClient(
        base_url=config.base_url, token=config.api_key, timeout=config.timeout
    )
    return client.set_async_httpx_client(
        transport.httpx_client()
        if isinstance(transport, AsyncHttpxTransport)
        else _httpx_client_over(transport, config)
    )


def _httpx_client_over(transport: AsyncTransport, config: ClientConfig) -> httpx.AsyncClient:
    import httpx

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            path, _, _ = request.url.raw_path.decode("ascii").partition("?")
            built = Request(
                request.method,
                path.removeprefix(base_path),
                dict(request.url.params),
                {k: v for k, v in request.headers.items() if k not in OF_THE_CONNECTION},
                await request.aread() or None,
            )
            limits = request.extensions.get("timeout", {})
            timeout = limits.get("read") or config.timeout
            try:
                answer = await transport.send(built, timeout)
            except Failure as failure:
                raise _httpx_error(failure, request) from None
            headers = {k: v for k, v in answer.headers.items() if k not in ENCODING}
            return httpx.Response(answer.status_code, headers=headers, content=answer.content)

    client = httpx.AsyncClient(
        base_url=config.base_url, timeout=config.timeout, transport=Transport()
    )
    base_path = client.base_url.raw_path.decode("ascii").rstrip("/")
    return client


ENCODING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""What a transport has dealt with already."""


def _httpx_error(failure: Failure, request: httpx.Request) -> httpx.TransportError:
    import httpx

    if failure.timed_out:
        kind = httpx.ReadTimeout if failure.sent else httpx.ConnectTimeout
        return kind(failure.detail, request=request)
    if failure.sent:
        return httpx.ReadError(failure.detail, request=request)
    return httpx.ConnectError(failure.detail, request=request)
