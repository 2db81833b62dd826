"""The one way of every request: wait for the limits, send, decide, raise or parse."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from copy import copy
from datetime import datetime, timezone
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from sekha_api import models as api
from sekha_api.api.tools import memory_export
from sekha_api.types import RawResponse, Request

from .._concurrency import ThreadWaiter, acquire, release, sleep
from .._core.request.answers import (
    ToolAnswer,
    ToolFailure,
    account_for,
    conversation_id_or_none,
    error_from,
    export_data,
    not_found,
    reason_of,
    tool_data,
    tool_error,
    unexpected,
)
from .._core.request.failures import Failure
from .._core.request.known import KnownServer
from .._core.request.match import require_match
from .._core.request.operations import Operation, build, operation_name, subject_of
from .._core.request.retry import Accept, Again, History, Stop, decide, describe, is_ambiguous
from .._core.shown import shown
from .._core.wire.exported import ExportData
from .._core.wire.schema import ValidatedResponse, validated
from .._limits.process import UNLIMITED, FifoQueue, Limits
from .._telemetry import telemetry_for
from ..config import ClientConfig
from ..errors import SekhaError, SekhaTimeoutError
from .tracing import send_traced
from .transports import Transport

if TYPE_CHECKING:
    from .._core.request.redaction import Redaction
    from .._limits.shared import Lease, Reservation, SharedLimits

P = ParamSpec("P")
T = TypeVar("T")

LEASE_POLLING = (0.02, 0.1)
"""Seconds between two looks for a free lease among the shared ones."""

log = logging.getLogger("sekha")


class Session:
    """What the calls of a client share: its settings, its transport, whom it has to wait for, and
    what it has learnt.

    Attributes:
        on_throttle: told when a request waits for the rate limit, and for how many seconds at most.
    """

    on_throttle: Callable[[float], object] | None = None

    def __init__(
        self,
        config: ClientConfig,
        transport: Transport,
        limits: Limits,
        shared: SharedLimits | None = None,
        known: KnownServer | None = None,
    ) -> None:
        self.config = config
        self.transport = transport
        self.limits = limits
        self.shared = shared
        self.known = known or KnownServer()
        self.telemetry = telemetry_for(config)

    def with_config(self, config: ClientConfig) -> Session:
        """The same with other settings."""
        other = copy(self)
        other.config = config
        if config.tracing != self.config.tracing:
            other.telemetry = telemetry_for(config)
        return other

    @cached_property
    def redaction(self) -> Redaction:
        """Takes the key out of what came from outside; made when something goes wrong."""
        # Not at the top: what it knows of spelling takes time to import.
        from .._core.request.redaction import Redaction

        return Redaction(self.config.api_key)

    def telling(self, on_throttle: Callable[[float], object]) -> Session:
        """The same, and it tells when a request waits for the rate limit."""
        other = copy(self)
        other.on_throttle = on_throttle
        return other

    def begin(self) -> Call:
        """A new call, whose deadline counts from now."""
        return Call(self)


class Call:
    """What a user called: one or more requests under one deadline.

    Attributes:
        waits: whether several requests at the same time take less time than one after the other.
        known: what the client has learnt of its controller.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.waits = session.transport.waits
        self.known = session.known
        deadline = session.config.deadline
        self._ends = None if deadline is None else time.monotonic() + deadline

    def __call__(self, operation: Operation[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a generated operation and return what its answer means.

        Raises:
            SekhaResponseError: the answer is not what the contract says, or not to this request.
            SekhaError: there was no success.
        """
        return self._ask(operation, operation.parse_result, *args, **kwargs)

    def read(
        self,
        operation: Operation[P, object],
        read: Callable[[Any], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Carry out a generated operation and return what `read` makes of its answer's JSON, which
        is what the contract says, without the models that nobody would see."""
        return self._ask(operation, lambda answer: read(answer.json()), *args, **kwargs)

    def tool(
        self, operation: Operation[P, ToolAnswer[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Carry out a tool and return its data.

        Raises:
            SekhaAPIError: it failed, though it says 200 (compatibility row 29).
        """
        return self._ask(
            operation, lambda answer: tool_data(operation.parse_result(answer)), *args, **kwargs
        )

    def export(self, conversation_id: str) -> ExportData:
        """A conversation with all its messages (compatibility row 9), read without models.

        Raises:
            SekhaNotFoundError: there is none of this id.
            SekhaError: it cannot be read.
        """
        body = api.MemoryExportRequest(conversation_id=conversation_id)
        return self.read(memory_export, export_data, body=body)

    def _ask(
        self,
        operation: Operation[P, object],
        parse: Callable[[RawResponse], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        in_path = args[0] if args else kwargs.get("conversation_id")
        if in_path is not None and conversation_id_or_none(in_path) is None:
            # "count" would be another operation (compatibility row 14).
            raise not_found(shown(in_path))
        name, request = operation_name(operation), build(operation, *args, **kwargs)
        subject = subject_of(*args, **kwargs)
        response = self.exchange(name, request, conversation_id=subject)
        return self.parsed(name, request, response, parse, conversation_id=subject)

    def parsed(
        self,
        name: str,
        request: Request,
        response: RawResponse,
        parse: Callable[[RawResponse], T],
        *,
        conversation_id: str | None = None,
    ) -> T:
        """What a success means: the one place where answers are understood, or refused.

        Args:
            parse: makes something of the answer.
            conversation_id: the conversation that was asked for, if it was one.

        Raises:
            SekhaResponseError: it is not what the contract says, or not the answer to this request.
            SekhaAPIError: a tool failed, though it says 200.
        """
        try:
            answer = validated(name, response)
            if isinstance(answer, ValidatedResponse):
                require_match(name, request, conversation_id, answer.json())
            return parse(answer)
        except ToolFailure as failure:
            error: SekhaError = tool_error(name, self._session.redaction.text(str(failure)))
        except Exception as problem:
            # Whatever a peer sent that the schema let pass, and a parser stumbles over: on a create
            # anything but a SekhaError would invite a second one.
            response = self._session.redaction.response(response)
            error = unexpected(name, response, reason_of(problem))
        # Not inside the handler: what came would hang on the error as its context, key and all.
        raise error

    def exchange(
        self, name: str, request: Request, *, conversation_id: str | None = None
    ) -> RawResponse:
        """Send a request until there is a success to return or an error to raise.

        Args:
            conversation_id: the conversation it is about, if it is about one.
        """
        history = History()
        while True:
            outcome = self.attempt(name, request, history)
            decision = decide(
                name,
                outcome,
                history,
                max_retries=self._session.config.max_retries,
                time_left=self.time_left(),
                chance=random.random(),
                now=datetime.now(timezone.utc),
            )
            match decision:
                case Accept(response):
                    return response
                case Stop():
                    error = error_from(name, outcome, history, conversation_id=conversation_id)
                    raise error from None
                case Again():
                    history.unknown = history.unknown or is_ambiguous(outcome)
                    self.wait_to_repeat(name, decision, history)

    def attempt(self, name: str, request: Request, history: History) -> RawResponse | Failure:
        """Send a request once, as soon as the rate limit lets it; a failure is returned.

        Raises:
            SekhaError: it was not sent this time.
        """
        try:
            return self._attempt(name, request, history.attempts - 1)
        except SekhaError as error:
            account_for(error, history)
            raise

    def _attempt(self, name: str, request: Request, resends: int) -> RawResponse | Failure:
        session = self._session
        limit = session.config.rate_limit_requests
        if limit is None:
            return self._send(name, request, resends)
        self.acquire(name, session.limits.requests, limit)
        try:
            if session.shared is not None:
                return self._send_within_shared_limits(name, request, resends, limit)
            return self._send(name, request, resends)
        finally:
            session.limits.requests.release()

    def _send(self, name: str, request: Request, resends: int) -> RawResponse | Failure:
        timeout = self._session.config.timeout
        left = self.time_left()
        if left is not None:
            if left <= 0:
                raise self._deadline_passed(name)
            timeout = min(timeout, left)
        session = self._session
        began = time.monotonic()
        outcome: RawResponse | Failure
        try:
            if session.telemetry is None:
                outcome = session.transport.send(request, timeout)
            else:
                outcome = send_traced(
                    session.telemetry, session.transport, name, request, timeout, resends
                )
            if not outcome.is_success:
                outcome = session.redaction.response(outcome)
        except Failure as failure:
            outcome = session.redaction.failure(failure)
        if log.isEnabledFor(logging.DEBUG):
            took, said = time.monotonic() - began, describe(outcome)
            log.debug("%s: attempt %d: %s after %.3f s", name, resends + 1, said, took)
        return outcome

    def wait_to_repeat(self, name: str, again: Again, history: History) -> None:
        """Note a retry, say so, and let its delay pass."""
        if again.throttled:
            history.throttles += 1
            history.throttled += again.delay
            self._tell_throttle(again.delay)
        else:
            history.retries += 1
        log.info("%s: %s; attempt %d in %.2f s", name, again.reason, history.attempts, again.delay)
        if (telemetry := self._session.telemetry) is not None:
            telemetry.retried(name, again.delay, throttled=again.throttled)
        sleep(again.delay)

    def acquire(self, name: str, queue: FifoQueue, limit: int = UNLIMITED) -> None:
        """Wait in a queue until let in; raises SekhaTimeoutError at the deadline."""
        if queue.try_acquire(limit):
            return
        began = time.monotonic()
        waiter = ThreadWaiter()
        queue.join(waiter)
        try:
            while (wait := queue.ask(waiter, limit)) is not None:
                left = self.time_left()
                if left is not None and left <= 0:
                    raise self._deadline_passed(name)
                if wait < inf:
                    log.info("%s: waits up to %.1f s for the rate limit", name, wait)
                    self._tell_throttle(wait)
                wait = wait if left is None else min(wait, left)
                waiter.wait(None if wait == inf else wait)
        except BaseException:
            queue.withdraw(waiter)
            raise
        finally:
            if (telemetry := self._session.telemetry) is not None:
                of_rate = queue is self._session.limits.requests
                telemetry.waited("rate" if of_rate else "creates", time.monotonic() - began)

    def _send_within_shared_limits(
        self, name: str, request: Request, resends: int, limit: int
    ) -> RawResponse | Failure:
        shared, telemetry = self._session.shared, self._session.telemetry
        assert shared is not None

        def ask() -> Reservation:
            return shared.try_request(limit, self._session.config.timeout)

        while (reservation := acquire(ask, shared.end_request)).wait:
            log.info("%s: waits %.1f s for the shared rate limit", name, reservation.wait)
            self._tell_throttle(reservation.wait)
            self.pause(name, reservation.wait)
            if telemetry is not None:
                telemetry.waited("shared", reservation.wait)
        try:
            return self._send(name, request, resends)
        finally:
            release(lambda: shared.end_request(reservation))

    def acquire_lease(self, name: str) -> Lease | None:
        """Wait for one of the shared places for creates; None if none are shared."""
        shared = self._session.shared
        if shared is None:
            return None
        while True:
            lease = acquire(shared.try_create, _release)
            if lease is not None:
                return lease
            self.pause(name, random.uniform(*LEASE_POLLING))

    def _tell_throttle(self, seconds: float) -> None:
        if self._session.on_throttle is not None:
            self._session.on_throttle(seconds)

    def pause(self, name: str, seconds: float) -> None:
        """Let some time pass; raises SekhaTimeoutError if the deadline comes first."""
        left = self.time_left()
        if left is not None and left <= seconds:
            raise self._deadline_passed(name)
        sleep(seconds)

    def time_left(self) -> float | None:
        """Seconds to the deadline; None without one."""
        return None if self._ends is None else self._ends - time.monotonic()

    def _deadline_passed(self, name: str) -> SekhaTimeoutError:
        deadline = self._session.config.deadline
        return SekhaTimeoutError(f"{name}: the deadline of {deadline:g} s passed", sent=False)


def _release(lease: Lease | None) -> None:
    if lease is not None:
        lease.release()
