"""No network: an embedded controller in this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

from sekha_api.types import RawResponse, Request

from ..._cancellable import cancellable
from ..._concurrency import release
from ..._core.request.failures import Failure
from ...errors import SekhaClosedError, SekhaValidationError

if TYPE_CHECKING:
    from ...local import Controller


class LocalTransport:
    """Hands requests to an embedded controller.

    Args:
        path: the controller's file; None if it keeps everything in memory.
    """

    waits = False

    def __init__(self, controller: Controller, path: str | os.PathLike[str] | None = None) -> None:
        # What is in memory is gone with this transport, and never the same as any other.
        self.address = f"memory {uuid4()}" if path is None else f"file {os.path.realpath(path)}"
        # Here, for it needs the extra, and not at each request, for that takes its time.
        from ...local.cancellation import Cancellation, RequestCancelled

        self._cancellation, self._cancelled = Cancellation, RequestCancelled
        self._controller = controller
        self._closed = False

    def send(self, request: Request, timeout: float) -> RawResponse:
        if self._closed:
            raise SekhaClosedError()
        cancellation = self._cancellation(timeout)

        def handle() -> RawResponse:
            with cancellation:
                return self._controller.handle(request)

        try:
            answer = cancellable(handle, timeout, cancellation.cancel)
        except (TimeoutError, self._cancelled):
            # Certain, and so it may be tried again.
            detail = f"not carried out within {timeout:g} s"
            raise Failure(detail, sent=False, timed_out=True) from None
        if self._closed and not answer.is_success:
            raise SekhaClosedError()
        return answer

    def close(self) -> None:
        self._closed = True
        # It waits for the change that is at work.
        release(self._controller.close)


def check_path(path: object) -> None:
    """Raise SekhaValidationError if this cannot be the path of a file."""
    if path is None:
        return
    try:
        text = os.fspath(path)  # type: ignore[call-overload]
    except TypeError:
        kind = type(path).__name__
        raise SekhaValidationError("path", f"the path of a file is needed, not {kind}") from None
    if not isinstance(text, str):
        raise SekhaValidationError("path", "a path as text is needed, not as bytes")
    if not text or "\0" in text:
        raise SekhaValidationError("path", "no path can be empty or hold a NUL character")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise SekhaValidationError("path", "holds what this system's paths cannot") from None
