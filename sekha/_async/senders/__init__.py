"""The seam: a built request goes in, status, headers and bytes come out. Nothing outside this
folder, and what it stands on, knows which library sends."""

from __future__ import annotations

from typing import Protocol

from sekha_api.types import RawResponse, Request

from ..._fast import is_wanted
from ...config import ClientConfig
from .httpx_sender import AsyncHttpxSender


class AsyncSender(Protocol):
    """Sends a request once."""

    @property
    def address(self) -> str:
        """What it sends to: the same text whenever it is the same controller."""
        ...

    async def send(self, request: Request, timeout: float) -> RawResponse:
        """Send within `timeout` seconds; raises Failure if no whole answer came."""
        ...

    async def aclose(self) -> None: ...


def sender_for(config: ClientConfig) -> AsyncSender:
    """The sender that the settings, or else what is installed, decide on.

    Raises:
        SekhaConfigError: `http_backend` asks for one that is not installed, or cannot do what
            another setting asks for.
    """
    if not is_wanted(config):
        return AsyncHttpxSender(config)
    from ..._fast.aiohttp_sender import AsyncFastSender

    return AsyncFastSender(config)
