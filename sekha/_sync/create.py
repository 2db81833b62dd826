"""Storing a conversation once, whatever happens to the answer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sekha_api import models as api
from sekha_api.api.conversations import list_conversations
from sekha_api.api.tools import memory_export
from sekha_api.errors import UnexpectedResponse
from sekha_api.types import RawResponse, Request

from .. import models
from .._concurrency import release
from .._core.create.outcome import (
    CLOCK_MARGIN,
    LOOK_INTERVAL,
    LOOK_INTERVAL_CAP,
    Fingerprint,
    Match,
    Reconciliation,
    Stored,
    Unclear,
    match_row,
)
from .._core.create.padding import first_unstorable
from .._core.listing import PAGE_SIZE
from .._core.request.answers import error_from, is_storage_failure, unexpected, unstorable
from .._core.request.failures import Failure
from .._core.request.operations import Operation, operation_name
from .._core.request.retry import Again, Decision, History, Stop, decide, is_ambiguous
from .._core.wire.rows import answer_of_row, created_id, exported_conversation
from .._core.wire.times import parse_http_date, parse_time
from ..errors import (
    SekhaAPIError,
    SekhaConnectionError,
    SekhaError,
    SekhaNotFoundError,
    SekhaUnknownOutcomeError,
)
from .session import Call, Session, build

if TYPE_CHECKING:
    from ..models import Conversation

T = TypeVar("T")


class _CreateBody(Protocol):
    """The request of either create."""

    label: str
    folder: str
    messages: list[api.MessageDto]

    def to_dict(self) -> dict[str, Any]: ...


def create(session: Session, call: Call, operation: Operation[..., T], body: _CreateBody) -> T:
    """Carry out a create (one of `operations.CREATES`) once, whatever happens to its answer.

    Raises:
        SekhaUnstorableTextError: its text kills this controller's handler (compatibility row 3).
        SekhaUnknownOutcomeError: it was stored in part, or that cannot be told.
        SekhaError: it was not stored.
    """
    request = build(operation, body=body)
    texts = [each.content for each in body.messages]
    if session.memory.text_killed_handler:
        index = first_unstorable(texts)
        if index is not None:
            raise unstorable(index, sent=False)
    name = operation_name(operation)
    expected = body.label, body.folder, tuple((each.role, each.content) for each in body.messages)
    found = Creation(session, call, name, expected).run(request, operation.parse_result)
    if isinstance(found, models.Conversation):
        return cast(T, answer_of_row(name, found))
    return found


class Creation:
    """One create, from its place in the queue to a certain end."""

    def __init__(self, session: Session, call: Call, name: str, expected: Fingerprint) -> None:
        self._session = session
        self._limits = session.limits
        self._call = call
        self._name = name
        self._expected = expected
        self._history = History()

    def run(
        self,
        request: Request,
        parse: Callable[[RawResponse], T],
    ) -> T | Conversation:
        """What the answer means, or, if none came and the conversation was stored all the same,
        its row.

        Raises:
            SekhaUnknownOutcomeError: it was stored in part, or it cannot be told.
            SekhaError: it was not stored.
        """
        limits = self._limits
        with limits.equal_creates.queue(self._expected) as equals:
            self._call.acquire(self._name, equals, 1)
            try:
                self._call.acquire(self._name, limits.creates, limits.creates_limit)
                try:
                    return self._run_with_lease(request, parse)
                finally:
                    limits.creates.release()
            finally:
                equals.release()

    def _run_with_lease(
        self, request: Request, parse: Callable[[RawResponse], T]
    ) -> T | Conversation:
        lease = self._call.acquire_lease(self._name)
        try:
            return self._send_until_certain(request, parse)
        finally:
            if lease is not None:
                release(lease.release)

    def _send_until_certain(
        self,
        request: Request,
        parse: Callable[[RawResponse], T],
    ) -> T | Conversation:
        with self._limits.claims.under_way():
            while True:
                began = time.monotonic()
                outcome = self._call.attempt(self._name, request, self._history)
                if isinstance(outcome, RawResponse) and outcome.is_success:
                    try:
                        result = parse(outcome)
                    except UnexpectedResponse as error:
                        problem: SekhaError = unexpected(self._name, outcome, error.reason)
                    else:
                        self._limits.claims.take(created_id(result))
                        return result
                else:
                    problem = error_from(self._name, outcome, self._history)
                doubtful = _is_doubtful(outcome)
                if doubtful:
                    row = self._find(outcome, problem, began)
                    if row is not None:
                        return row
                decision = self._decide(outcome, doubtful)
                if not isinstance(decision, Again):
                    raise problem from None
                self._call.wait_to_repeat(self._name, decision, self._history)

    def _decide(self, outcome: RawResponse | Failure, doubtful: bool) -> Decision:
        """Once a reconciliation was resolved to "not stored", it is like one that was never sent. A 500 or
        a success that makes no sense would only come again."""
        if doubtful and is_ambiguous(outcome):
            outcome = Failure("not stored", sent=False)
        elif doubtful:
            return Stop()
        return decide(
            self._name,
            outcome,
            self._history,
            max_retries=self._session.config.max_retries,
            time_left=self._call.time_left(),
            chance=random.random(),
        )

    def _find(
        self, outcome: RawResponse | Failure, problem: SekhaError, began: float
    ) -> Conversation | None:
        """Look for the row until it is certain whether it is there.

        Returns:
            the row, or None if there is none.
        """
        lasted = min(time.monotonic() - began, self._session.config.timeout)
        reconciliation, delay = Reconciliation(lasted), 0.0
        while True:
            whole, parts = self._find_candidates_after(delay, problem, began)
            delay = min(max(1.5 * delay, LOOK_INTERVAL), LOOK_INTERVAL_CAP)
            self._check_storable(outcome, whole, parts)
            match reconciliation.observe(whole, parts, now=time.monotonic()):
                case Stored(row) if self._limits.claims.take(row.id):
                    return row
                case Unclear(rows, reason):
                    raise self._unknown(problem, reason, tuple(row.id for row in rows))
                case "absent":
                    return None

    def _find_candidates_after(
        self, delay: float, problem: SekhaError, began: float
    ) -> tuple[list[Conversation], list[Conversation]]:
        """Look after a while; a reconciliation that cannot be resolved stays one."""
        try:
            if delay:
                self._call.pause(self._name, delay)
            return self._find_candidates(began)
        except (SekhaConnectionError, SekhaAPIError) as error:
            reason = f"looking for it failed too ({error.message})"
            raise self._unknown(problem, reason, ()) from None

    def _check_storable(
        self,
        outcome: RawResponse | Failure,
        whole: list[Conversation],
        parts: list[Conversation],
    ) -> None:
        """A drop that leaves a part behind is no reconciliation after a text that kills the handler."""
        index = first_unstorable([content for _, content in self._expected[2]])
        dropped = isinstance(outcome, Failure) and outcome.dropped
        if index is None or not dropped or whole or not parts:
            return
        self._session.memory.text_killed_handler = True
        raise unstorable(index, sent=True, rows=tuple(row.id for row in parts)) from None

    def _unknown(
        self, problem: SekhaError, reason: str, ids: tuple[str, ...]
    ) -> SekhaUnknownOutcomeError:
        rows = f"; see {', '.join(ids)}" if ids else ""
        error = SekhaUnknownOutcomeError(
            f"{problem.message}; and {reason}{rows}. Look before storing it again",
            conversation_ids=ids,
        )
        error.retries = problem.retries
        return error

    def _find_candidates(self, began: float) -> tuple[list[Conversation], list[Conversation]]:
        def since(now: datetime) -> datetime:
            return now - timedelta(seconds=time.monotonic() - began + CLOCK_MARGIN)

        return find_candidates(self._call, self._expected, since, self._limits.claims.is_free)


def find_candidates(
    call: Call,
    expected: Fingerprint,
    since: Callable[[datetime], datetime],
    is_free: Callable[[str], bool],
    *,
    page_size: int = PAGE_SIZE,
) -> tuple[list[Conversation], list[Conversation]]:
    """The rows that are, whole or in part, what was to be stored.

    Args:
        since: the earliest moment at which the create began, given the controller's present; both
            on its own clock.
        is_free: whether a row belongs to no other create.
    """
    whole: list[Conversation] = []
    parts: list[Conversation] = []
    seen: set[str] = set()
    page = 1
    oldest: datetime | None = None
    while True:
        request = list_conversations.build_request(page=page, page_size=page_size)
        answer = call.exchange("list_conversations", request)
        oldest = oldest or since(server_time(answer))
        try:
            rows = list_conversations.parse_result(answer).results
        except UnexpectedResponse as error:
            raise unexpected("list_conversations", answer, error.reason) from None
        for row in rows:
            changed = parse_time(row.timestamp)
            if changed is None or changed < oldest:
                return whole, parts
            # A row that another one pushed on to the next page comes twice.
            if row.conversation_id in seen or (row.label, row.folder) != expected[:2]:
                continue
            seen.add(row.conversation_id)
            if not is_free(row.conversation_id):
                continue
            conversation = _read(call, row.conversation_id)
            if conversation is None:
                continue
            match match_row(conversation, expected, began=oldest):
                case Match.WHOLE:
                    whole.append(conversation)
                case Match.PART:
                    parts.append(conversation)
        if len(rows) < page_size:
            return whole, parts
        page += 1


def _read(call: Call, conversation_id: str) -> Conversation | None:
    try:
        return call.read(
            memory_export,
            lambda body: exported_conversation(body["data"]) if body["data"] else None,
            body=api.MemoryExportRequest(conversation_id=conversation_id),
        )
    except SekhaNotFoundError:
        return None


def _is_doubtful(outcome: RawResponse | Failure) -> bool:
    """Whether the conversation may be stored, in whole or in part: a create is not one transaction
    on the controller (compatibility row 34)."""
    if isinstance(outcome, Failure):
        return outcome.sent
    if is_storage_failure(outcome):
        return False
    return is_ambiguous(outcome) or outcome.status_code >= 500 or outcome.is_success


def server_time(response: RawResponse) -> datetime:
    """The time on the controller's own clock, or on ours if it does not tell."""
    return parse_http_date(response.headers.get("date", "")) or datetime.now(timezone.utc)
