"""OpenTelemetry spans and metrics of calls and of their attempts.

By the semantic conventions of 1.44: a call is an operation of a database client, an attempt a request
of an HTTP client. No attribute holds a key, a text, a label or a folder, unless `tracing="content"`
asks for the last three.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from attrs import evolve

from ._core.request.failures import Failure
from .config import EMBEDDED_URL, ClientConfig
from .errors import SekhaAPIError, SekhaConfigError, SekhaMissingExtraError

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from sekha_api.types import Request

VARIABLE = "SEKHA_TRACING"
SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
SYSTEM = "sekha"
SAID_BY_VARIABLE = {"": False, "0": False, "off": False, "1": True, "on": True}
HARMLESS_PARAMETERS = frozenset({"archived", "limit", "order", "page", "page_size", "pinned"})
"""Query parameters whose values tell nothing of what is stored."""
CALL_BOUNDARIES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
ATTEMPT_BOUNDARIES = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0
)  # fmt: skip
_ID = re.compile(r"/[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?=/|$)")

_in_call: ContextVar[bool] = ContextVar("sekha_in_call", default=False)
"""Whether this is inside a call: what that calls is a part of it."""


def telemetry_for(config: ClientConfig) -> Telemetry | None:
    """What is to be told of a client's calls; None if nothing is.

    Raises:
        SekhaConfigError: SEKHA_TRACING in the environment says something else than it can.
        SekhaMissingExtraError: the extra `otel` is not installed.
    """
    asked: object = config.tracing
    if asked is None:
        said = os.environ.get(VARIABLE, "").lower()
        if not said:
            return None
        asked = said if said == "content" else SAID_BY_VARIABLE.get(said)
        if asked is None:
            raise SekhaConfigError(VARIABLE, "1, 0 or content is needed")
    return Telemetry(config.base_url, with_content=asked == "content") if asked else None


class Telemetry:
    """The spans and metrics of one client.

    Args:
        base_url: the controller's URL.
        with_content: whether the text that is looked for, labels and folders are attributes.

    Raises:
        SekhaMissingExtraError: the extra `otel` is not installed.
    """

    def __init__(self, base_url: str, *, with_content: bool) -> None:
        try:
            from opentelemetry import metrics, propagate, trace
        except ModuleNotFoundError:
            raise SekhaMissingExtraError("tracing needs", "otel") from None
        from . import __version__

        self.with_content = with_content
        self._base_url = base_url
        self._embedded = base_url == EMBEDDED_URL
        self._trace = trace
        self._inject = propagate.inject
        self._tracer = trace.get_tracer(SYSTEM, __version__, schema_url=SCHEMA)
        meter = metrics.get_meter(SYSTEM, __version__, schema_url=SCHEMA)
        self._calls = meter.create_histogram(
            "db.client.operation.duration",
            unit="s",
            description="Duration of database client operations.",
            explicit_bucket_boundaries_advisory=CALL_BOUNDARIES,
        )
        self._attempts = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=ATTEMPT_BOUNDARIES,
        )
        self._retries = meter.create_counter(
            "sekha.client.retries", unit="{retry}", description="Requests that were sent again."
        )
        self._waits = meter.create_histogram(
            "sekha.client.wait.duration",
            unit="s",
            description="Time that requests waited for a limit.",
            explicit_bucket_boundaries_advisory=(*CALL_BOUNDARIES, 30.0, 60.0, 120.0),
        )
        self._server: dict[str, Any] = {}
        self._target = ""
        if not self._embedded:
            parts = urlsplit(base_url)
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
            self._server = {"server.address": parts.hostname or "", "server.port": port}
            self._target = f"{parts.hostname}:{port}"
        kinds = trace.SpanKind
        self._kind = kinds.INTERNAL if self._embedded else kinds.CLIENT

    def begin(self, name: str, content: Mapping[str, str]) -> CallSpan:
        """The span of what a user called; to be ended.

        Args:
            name: the method.
            content: attributes of what was asked, if such are wanted.
        """
        said = {"db.system.name": SYSTEM, "db.operation.name": name, **self._server}
        if _in_call.get():
            return CallSpan(self, None, said)
        span_name = f"{name} {self._target}".rstrip()
        attributes = {**said, **content}
        span = self._tracer.start_span(span_name, kind=self._kind, attributes=attributes)
        return CallSpan(self, span, said)

    @contextmanager
    def call(self, name: str, content: Mapping[str, str]) -> Iterator[None]:
        """Around what a user called, from its beginning to its end."""
        span = self.begin(name, content)
        try:
            with span.step():
                yield
        finally:
            span.end()

    @contextmanager
    def attempt(self, operation: str, request: Request, resends: int) -> Iterator[Attempt]:
        """Around one request, whose headers carry the span's context.

        Args:
            operation: the operationId of the contract.
            resends: how often it was sent before.
        """
        if self._embedded:
            name, kind = operation, self._kind
            said: dict[str, Any] = {"db.system.name": SYSTEM, "db.operation.name": operation}
            more: dict[str, Any] = {}
        else:
            template = _ID.sub("/{id}", request.path)
            name, kind = f"{request.method} {template}", self._trace.SpanKind.CLIENT
            said = {"http.request.method": request.method, **self._server}
            more = {
                "url.full": self._url(request),
                "url.template": template,
                "sekha.operation": operation,
            }
        if resends:
            more["http.request.resend_count"] = resends
        began = perf_counter()
        with self._tracer.start_as_current_span(
            name,
            kind=kind,
            attributes={**said, **more},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            if not self._embedded:
                headers = dict(request.headers)
                self._inject(headers)
                request = evolve(request, headers=headers)
            attempt = Attempt(request)
            try:
                yield attempt
                said |= attempt.ended
            except BaseException as error:
                said["error.type"] = _error_of_attempt(error)
                raise
            finally:
                if "error.type" in said:
                    self.fail(span, said)
                else:
                    span.set_attributes(said)
                if not self._embedded:
                    self._attempts.record(perf_counter() - began, said)

    def retried(self, operation: str, delay: float, *, throttled: bool) -> None:
        """A request is sent again after so many seconds."""
        said: dict[str, Any] = {"sekha.operation": operation, "sekha.retry.throttled": throttled}
        self._retries.add(1, said)
        self._trace.get_current_span().add_event("sekha.retry", {**said, "sekha.delay": delay})
        if throttled:
            self.waited("controller", delay)

    def waited(self, limit: str, seconds: float) -> None:
        """A request waited so long for a limit: "rate", "creates", "shared" or "controller"."""
        said: dict[str, Any] = {"sekha.limit": limit}
        self._waits.record(seconds, said)
        self._trace.get_current_span().add_event("sekha.wait", {**said, "sekha.delay": seconds})

    def use_span(self, span: Span) -> AbstractContextManager[object]:
        """Around what is inside a span."""
        return self._trace.use_span(span, record_exception=False, set_status_on_exception=False)

    def ended(self, seconds: float, said: Mapping[str, Any]) -> None:
        """A call took so long."""
        self._calls.record(seconds, said)

    def fail(self, span: Span, said: Mapping[str, Any]) -> None:
        """Say that what a span is about failed, and how."""
        span.set_attributes(said)
        span.set_status(self._trace.StatusCode.ERROR)

    def _url(self, request: Request) -> str:
        url = self._base_url + request.path
        if not request.params:
            return url
        shown = {
            name: value if self.with_content or name in HARMLESS_PARAMETERS else "REDACTED"
            for name, value in request.params.items()
        }
        return f"{url}?{urlencode(shown)}"


class CallSpan:
    """The span of one call; without a span it is a part of another call, and tells nothing."""

    def __init__(self, telemetry: Telemetry, span: Span | None, said: dict[str, Any]) -> None:
        self._telemetry = telemetry
        self._span = span
        self._said = said
        self._began = perf_counter()

    @contextmanager
    def step(self) -> Iterator[None]:
        """Around what is done for the call: all of it, or one step of an iterator."""
        if self._span is None:
            yield
            return
        token = _in_call.set(True)
        try:
            with self._telemetry.use_span(self._span):
                yield
        except (StopIteration, StopAsyncIteration, GeneratorExit):
            raise
        except BaseException as error:
            self._said |= _error_of_call(error)
            self._telemetry.fail(self._span, self._said)
            raise
        finally:
            _in_call.reset(token)

    def end(self) -> None:
        """It is over."""
        if self._span is not None:
            self._span.end()
            self._telemetry.ended(perf_counter() - self._began, self._said)


class Attempt:
    """One request on its way.

    Attributes:
        request: what is to be sent.
        ended: attributes of its answer.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.ended: dict[str, Any] = {}

    def answered(self, status: int) -> None:
        """Note the status of the answer."""
        self.ended = {"http.response.status_code": status}
        if status >= 400:
            self.ended["error.type"] = str(status)


def _error_of_call(error: BaseException) -> dict[str, Any]:
    found = {"error.type": type(error).__qualname__}
    if isinstance(error, SekhaAPIError):
        found["db.response.status_code"] = str(error.status_code)
    return found


def _error_of_attempt(error: BaseException) -> str:
    if not isinstance(error, Failure):
        return type(error).__qualname__
    if error.timed_out:
        return "timeout"
    return "certificate" if error.certificate_error else "connection"
