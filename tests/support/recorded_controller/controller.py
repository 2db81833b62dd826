"""The public controller's surface over an embedded one: what it answers, and when it drops."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from attrs import evolve

from sekha._core.request.failures import Failure
from sekha.local.application import contract
from sekha.local.contract import ContractViolation, InvalidChoice, MethodNotAllowed, NoSuchRoute
from sekha.testing import operation_of
from sekha_api.types import RawResponse, Request

from . import answers, conversations, curation, retrieval, tools
from .creating import Creation
from .memory import Memory
from .stack import Stack

KEY = "not-a-real-key-of-a-controller-" + "0" * 16
CREATES = ("create_conversation", "memory_store")
WINDOW_SECONDS = 60.0
_METRICS = (
    "# HELP sekha_conversations_total Total number of conversations\n"
    "# TYPE sekha_conversations_total gauge\n"
    "sekha_conversations_total 0\n"
)

Handler = Callable[["RecordedController", Request, dict[str, Any]], RawResponse]
_HANDLERS: dict[str, Handler] = {
    **conversations.HANDLERS,
    **retrieval.HANDLERS,
    **curation.HANDLERS,
    **tools.HANDLERS,
}


class Dropped(Failure):
    """The handler died: the connection ends without a byte of an answer."""


class RecordedController:
    """Answers as the public controller does.

    Args:
        key: the key that the tools want.
        stack: what stands behind it; all of it, if not given.
        requests_per_minute: its rate limit (row 24).

    In process it can answer and drop; what takes time, hangs or waits for callers to leave needs
    real connections (`serve`).
    """

    def __init__(
        self,
        *,
        key: str = KEY,
        stack: Stack | None = None,
        requests_per_minute: int = 1_000_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key = key
        self.stack = stack or Stack()
        self.memory = Memory()
        self.requests_per_minute = requests_per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def handle(self, request: Request) -> RawResponse:
        """One request, from beginning to end.

        Raises:
            Dropped: this request drops the connection.
        """
        answer = self.begin(request)
        if isinstance(answer, RawResponse):
            return answer
        while not answer.at_end:
            answer.step()
        return answer.answer()

    def begin(self, request: Request) -> RawResponse | Creation:
        """The answer, or a create that is to be led to its end."""
        if not self._admit(request):
            return answers.text(429, "Rate limit exceeded. Please try again later.")
        operation = operation_of(request.method, request.path)
        if request.path.startswith("/mcp/") and (refused := self._refused_key(request)):
            return refused
        if operation == "get_health":
            return self._health()
        if operation == "get_metrics":
            return answers.text(200, _METRICS)
        if operation == "list_conversations" and request.params.get("page") == "0":
            raise self.dropped("the page before the first was asked for (row 6)")
        body, refused = self._read(operation, request)
        if refused is not None:
            return refused
        if operation in CREATES:
            return Creation(self, operation, body)
        return _HANDLERS[operation](self, request, body)

    def dropped(self, why: str) -> Dropped:
        return Dropped(why, sent=True, dropped=True)

    def close(self) -> None:
        self.memory.close()

    def _admit(self, request: Request) -> bool:
        caller = _header(request, "x-forwarded-for") or ""
        with self._lock:
            began, count = self._windows.get(caller, (self._clock(), 0))
            if self._clock() - began > WINDOW_SECONDS:
                began, count = self._clock(), 0
            if count >= self.requests_per_minute:
                return False
            self._windows[caller] = began, count + 1
            return True

    def _refused_key(self, request: Request) -> RawResponse | None:
        given = _header(request, "authorization")
        if given is None:
            return answers.refusal("Missing authorization header", 401)
        scheme, _, key = given.partition(" ")
        if scheme != "Bearer":
            return answers.refusal("Invalid authorization format", 400)
        return None if key == self.key else answers.refusal("Invalid API key", 401)

    def _health(self) -> RawResponse:
        if not self.stack.chroma:
            return answers.empty(503)
        inner = self.memory.ask("GET", "/health").json()
        checks = {"database": {"status": "ok"}, "chroma": {"status": "ok"}}
        return answers.ok({**inner, "checks": checks})

    def _read(self, operation: str, request: Request) -> tuple[dict[str, Any], RawResponse | None]:
        """What the body says, or the refusal of a request that breaks the contract."""
        try:
            known, values = contract().match(request.method, request.path)
            known.read(_within_contract(operation, request), values)
        except NoSuchRoute:
            return {}, answers.empty(404)
        except MethodNotAllowed:
            return {}, answers.empty(405)
        except InvalidChoice as refused:
            return {}, answers.error(refused.status, refused.reason)
        except ContractViolation as refused:
            words = answers.misread(operation, request.content, refused.status, refused.reason)
            return {}, answers.text(refused.status, words)
        return (json.loads(request.content) if request.content else {}), None


TAKEN: dict[str, dict[str, object]] = {
    "create_conversation": {"importance_score": 1},
    "memory_store": {"importance_score": 1},
    "memory_update": {"status": "active", "importance_score": 1},
    "prune_dry_run": {"threshold_days": 1},
}
"""Fields of which the public controller takes any value of the type, and a value that the contract
has, by operation."""


def _within_contract(operation: str, request: Request) -> Request:
    """The request without the values that the contract forbids and the public controller takes."""
    if request.params.get("page_size", "").isdigit():
        request = evolve(request, params={**request.params, "page_size": "1"})
    try:
        body = json.loads(request.content or b"")
    except ValueError:
        return request
    known = TAKEN.get(operation)
    if known is None or not isinstance(body, dict):
        return request
    same_kind = {key: value for key, value in known.items() if type(body.get(key)) is type(value)}
    return evolve(request, content=json.dumps({**body, **same_kind}).encode())


def _header(request: Request, name: str) -> str | None:
    return next((value for key, value in request.headers.items() if key.lower() == name), None)
