"""The least that can stand behind the fault server: a store of creates, for its own tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from sekha_api.types import RawResponse, Request


class TinyBackend:
    """Stores what is posted under a number, and answers everything with what it got."""

    def __init__(self, before: Callable[[Request], object] = lambda request: None) -> None:
        self.requests: list[Request] = []
        self.stored: list[Any] = []
        self._before = before
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> RawResponse:
        self._before(request)
        body = json.loads(request.content) if request.content else None
        with self._lock:
            self.requests.append(request)
            if request.method == "POST":
                self.stored.append(body)
            answer = {"id": len(self.stored), "path": request.path, "got": body}
        return RawResponse(
            201 if request.method == "POST" else 200,
            {"content-type": "application/json", "x-backend": "tiny"},
            json.dumps(answer).encode(),
        )
