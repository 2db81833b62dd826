"""The seam: a built request goes in, status, headers and bytes come out. Nothing outside this
folder, and what it stands on, knows which library sends."""

from __future__ import annotations

from typing import Protocol

from sekha_api.types import RawResponse, Request

from ..._fast import is_wanted
from ...config import ClientConfig
from .httpx_sender import HttpxSender


class Sender(Protocol):
    """Sends a request once."""

    @property
    def address(self) -> str:
        """What it sends to: the same text whenever it is the same controller."""
        ...

    def send(self, request: Request, timeout: float) -> RawResponse:
        """Send within `timeout` seconds; raises Failure if no whole answer came."""
        ...

    def close(self) -> None: ...


def sender_for(config: ClientConfig) -> Sender:
    """The sender that the settings, or else what is installed, decide on.

    Raises:
        SekhaConfigError: `http_backend` asks for one that is not installed, or cannot do what
            another setting asks for.
    """
    if not is_wanted(config):
        return HttpxSender(config)
    from ..._fast.urllib3_sender import FastSender

    return FastSender(config)
