"""No network: an embedded controller in this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

from sekha_api.types import RawResponse, Request

from ..._concurrency import async_in_thread
from ...errors import SekhaClosedError

if TYPE_CHECKING:
    from ...local import Controller


class AsyncLocalTransport:
    """Hands requests to an embedded controller.

    Args:
        path: the controller's file; None if it keeps everything in memory.
    """

    def __init__(self, controller: Controller, path: str | os.PathLike[str] | None = None) -> None:
        # What is in memory is gone with this transport, and never the same as any other.
        self.address = f"memory {uuid4()}" if path is None else f"file {os.path.realpath(path)}"
        self._controller = controller
        self._closed = False

    async def send(self, request: Request, timeout: float) -> RawResponse:
        if self._closed:
            raise SekhaClosedError()
        return await async_in_thread(self._controller.handle, request)

    async def aclose(self) -> None:
        self._closed = True
        self._controller.close()
