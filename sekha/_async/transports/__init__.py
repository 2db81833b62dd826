"""The seam: a built request goes in, status, headers and bytes come out. Nothing outside this
folder, and what it stands on, knows which library sends."""

from __future__ import annotations

from typing import Protocol

from sekha_api.types import RawResponse, Request

from ..._transport.backend import is_fast
from ...config import ClientConfig


class AsyncTransport(Protocol):
    """Sends a request once."""

    @property
    def address(self) -> str:
        """What it sends to: the same text whenever it is the same controller."""
        ...

    @property
    def waits(self) -> bool:
        """Whether a request mostly waits, so that several at the same time take less time."""
        ...

    async def send(self, request: Request, timeout: float) -> RawResponse:
        """Send within `timeout` seconds; raises Failure if no whole answer came."""
        ...

    async def aclose(self) -> None: ...


def transport_for(config: ClientConfig) -> AsyncTransport:
    """The transport that the settings, or else what is installed, decide on.

    What it sends through is imported here: at the first request, that would take of a call's time,
    and hold up the event loop.

    Raises:
        SekhaMissingExtraError: `http_backend` asks for one that is not installed.
        SekhaConfigError: `http_backend` asks for one that cannot do what another setting asks for.
    """
    if not is_fast(config):
        from .httpx_transport import AsyncHttpxTransport

        return AsyncHttpxTransport(config)
    from ..._transport.aiohttp_transport import AiohttpTransport

    return AiohttpTransport(config)
