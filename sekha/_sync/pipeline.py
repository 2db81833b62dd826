"""The one way of every request: wait to be admitted, send, decide, raise or parse."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from copy import copy
from math import inf
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from sekha_api.errors import UnexpectedResponse
from sekha_api.types import RawResponse, Request

from .._admission import UNLIMITED, Admission, Line
from .._concurrency import Ticket, acquire, give_back, sleep
from .._core.answers import (
    account_for,
    conversation_id_or_none,
    error_from,
    is_foreign,
    not_found,
    unexpected,
)
from .._core.failures import Failure
from .._core.operations import Operation, operation_name
from .._core.retry import Accept, Again, History, Stop, decide, is_ambiguous
from ..config import ClientConfig
from ..errors import SekhaError, SekhaTimeoutError, SekhaValidationError
from .senders import Sender

if TYPE_CHECKING:
    from .._fleet import Fleet, Place, Turn

P = ParamSpec("P")
T = TypeVar("T")

PLACE_POLLING = (0.02, 0.1)
"""Seconds between two looks for a free place among those of the fleet."""

log = logging.getLogger("sekha")


class Memory:
    """What a client has learnt of its controller.

    Attributes:
        text_killed_handler: a text dropped the connection (compatibility row 3).
    """

    def __init__(self) -> None:
        self.text_killed_handler = False


class Pipeline:
    """What the calls of a client share: its settings, its sender, whom it has to wait for, and
    what it has learnt.

    Attributes:
        on_throttle: told when a request waits for the rate limit, and for how many seconds at most.
    """

    on_throttle: Callable[[float], object] | None = None

    def __init__(
        self,
        config: ClientConfig,
        sender: Sender,
        admission: Admission,
        fleet: Fleet | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.config = config
        self.sender = sender
        self.admission = admission
        self.fleet = fleet
        self.memory = memory or Memory()

    def with_config(self, config: ClientConfig) -> Pipeline:
        """The same with other settings."""
        return Pipeline(config, self.sender, self.admission, self.fleet, self.memory)

    def telling(self, on_throttle: Callable[[float], object]) -> Pipeline:
        """The same, and it tells when a request waits for the rate limit."""
        other = copy(self)
        other.on_throttle = on_throttle
        return other

    def begin(self) -> Call:
        """A new call, whose deadline counts from now."""
        return Call(self)


class Call:
    """What a user called: one or more requests under one deadline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        deadline = pipeline.config.deadline
        self._ends = None if deadline is None else time.monotonic() + deadline

    def __call__(self, operation: Operation[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a generated operation and return what its answer means."""
        name = operation_name(operation)
        response = self._carry_out(operation, *args, **kwargs)
        try:
            result = operation.parse_result(response)
        except UnexpectedResponse as error:
            raise unexpected(name, response, error.reason) from None
        if is_foreign(result, response):
            raise unexpected(name, response, "a body that no controller answers with")
        return result

    def read(
        self,
        operation: Operation[P, object],
        read: Callable[[Any], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Carry out a generated operation and return what `read` makes of its answer's JSON, without
        the models that nobody would see."""
        response = self._carry_out(operation, *args, **kwargs)
        try:
            return read(response.json())
        except (ValueError, KeyError, TypeError, AttributeError):
            reason = "a body that is not what was documented"
            raise unexpected(operation_name(operation), response, reason) from None

    def _carry_out(
        self, operation: Operation[P, object], /, *args: P.args, **kwargs: P.kwargs
    ) -> RawResponse:
        in_path = args[0] if args else kwargs.get("conversation_id")
        if in_path is not None and conversation_id_or_none(in_path) is None:
            # "count" would be another operation (compatibility row 14).
            raise not_found(str(in_path))
        name, request = operation_name(operation), build(operation, *args, **kwargs)
        return self.exchange(name, request, conversation_id=_subject(*args, **kwargs))

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
                max_retries=self._pipeline.config.max_retries,
                time_left=self.time_left(),
                chance=random.random(),
            )
            match decision:
                case Accept(response):
                    return response
                case Stop():
                    error = error_from(name, outcome, history, conversation_id=conversation_id)
                    raise error from None
                case Again():
                    history.doubtful = history.doubtful or is_ambiguous(outcome)
                    self.wait_to_repeat(name, decision, history)

    def attempt(self, name: str, request: Request, history: History) -> RawResponse | Failure:
        """Send a request once, as soon as the rate limit lets it; a failure is returned.

        Raises:
            SekhaError: it was not sent this time.
        """
        try:
            return self._attempt(name, request)
        except SekhaError as error:
            account_for(error, history)
            raise

    def _attempt(self, name: str, request: Request) -> RawResponse | Failure:
        pipeline = self._pipeline
        limit = pipeline.config.rate_limit_requests
        if limit is None:
            return self._send(name, request)
        self.enter(name, pipeline.admission.requests, limit)
        try:
            if pipeline.fleet is not None:
                return self._send_in_fleet(name, request, pipeline.fleet, limit)
            return self._send(name, request)
        finally:
            pipeline.admission.requests.leave()

    def _send(self, name: str, request: Request) -> RawResponse | Failure:
        timeout = self._pipeline.config.timeout
        left = self.time_left()
        if left is not None:
            if left <= 0:
                raise self._deadline_passed(name)
            timeout = min(timeout, left)
        try:
            return self._pipeline.sender.send(request, timeout)
        except Failure as failure:
            return failure

    def wait_to_repeat(self, name: str, again: Again, history: History) -> None:
        """Note a retry, say so, and let its delay pass."""
        if again.throttled:
            history.throttles += 1
            history.throttled += again.delay
            self._tell_throttle(again.delay)
        else:
            history.retries += 1
        log.info("%s: %s; attempt %d in %.2f s", name, again.reason, history.attempts, again.delay)
        sleep(again.delay)

    def enter(self, name: str, line: Line, limit: int = UNLIMITED) -> None:
        """Wait in a line until let in; raises SekhaTimeoutError at the deadline."""
        if line.try_enter(limit):
            return
        ticket = Ticket()
        line.join(ticket)
        try:
            while (wait := line.ask(ticket, limit)) is not None:
                left = self.time_left()
                if left is not None and left <= 0:
                    raise self._deadline_passed(name)
                if wait < inf:
                    log.info("%s: waits up to %.1f s for the rate limit", name, wait)
                    self._tell_throttle(wait)
                wait = wait if left is None else min(wait, left)
                ticket.wait(None if wait == inf else wait)
        except BaseException:
            line.give_up(ticket)
            raise

    def _send_in_fleet(
        self, name: str, request: Request, fleet: Fleet, limit: int
    ) -> RawResponse | Failure:
        def ask() -> Turn:
            return fleet.try_request(limit, self._pipeline.config.timeout)

        while (turn := acquire(ask, fleet.end_request)).wait:
            log.info("%s: waits %.1f s for the fleet's rate limit", name, turn.wait)
            self._tell_throttle(turn.wait)
            self.pause(name, turn.wait)
        try:
            return self._send(name, request)
        finally:
            give_back(lambda: fleet.end_request(turn))

    def enter_fleet_place(self, name: str) -> Place | None:
        """Wait for one of the fleet's places for creates; None if there is no fleet."""
        fleet = self._pipeline.fleet
        if fleet is None:
            return None
        while True:
            place = acquire(fleet.try_create, _give_back)
            if place is not None:
                return place
            self.pause(name, random.uniform(*PLACE_POLLING))

    def _tell_throttle(self, seconds: float) -> None:
        if self._pipeline.on_throttle is not None:
            self._pipeline.on_throttle(seconds)

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
        deadline = self._pipeline.config.deadline
        return SekhaTimeoutError(f"{name}: the deadline of {deadline:g} s passed", sent=False)


def build(operation: Operation[P, object], *args: P.args, **kwargs: P.kwargs) -> Request:
    """An operation's request.

    Raises:
        SekhaValidationError: an argument fits into none.
    """
    try:
        return operation.build_request(*args, **kwargs)
    except (ValueError, TypeError, AttributeError) as error:
        name = operation_name(operation)
        raise SekhaValidationError(name, f"not what it takes: {error}") from None


def _give_back(place: Place | None) -> None:
    if place is not None:
        place.release()


def _subject(*args: object, **kwargs: object) -> str | None:
    """The conversation that an operation's arguments name."""
    named = args[0] if args else kwargs.get("conversation_id")
    named = named or getattr(kwargs.get("body"), "conversation_id", None)
    return named if isinstance(named, str) else None
