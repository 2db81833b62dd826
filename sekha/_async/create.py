"""Create: storing a conversation once, whatever happens to the answer."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast

from sekha_api import models as api
from sekha_api.types import RawResponse, Request

from .. import models
from .._concurrency import async_release
from .._core.create import outcome as outcomes
from .._core.create.clock import Instant
from .._core.create.fingerprint import Fingerprint
from .._core.create.outcome import (
    LOOK_INTERVAL,
    LOOK_INTERVAL_CAP,
    Candidates,
    Reconciliation,
    Stored,
    Unclear,
    is_doubtful,
    may_go_on,
)
from .._core.create.padding import first_unstorable, pad
from .._core.create.request import create_request, created_id, made_by
from .._core.request.answers import error_from, tool_error, unstorable
from .._core.request.failures import Failure
from .._core.request.operations import Operation, build, operation_name
from .._core.request.retry import Again, Decision, History, Stop, decide, is_ambiguous
from .._core.wire.rows import answer_of_row
from .._core.wire.schema import Mismatch
from .._core.wire.times import parse_time
from ..errors import (
    SekhaError,
    SekhaResponseError,
    SekhaUnknownOutcomeError,
    SekhaValidationError,
)
from .candidates import ClockReader, find_candidates, present
from .session import Call, Session

if TYPE_CHECKING:
    from .._core.create.request import Body
    from ..models import Conversation, NewConversation

T = TypeVar("T")

log = logging.getLogger("sekha")


async def store(
    session: Session,
    call: Call,
    new: NewConversation,
    facts: Mapping[str, str | int] = MappingProxyType({}),
) -> api.CreatedConversation | api.StoredConversation:
    """Store a conversation once: over REST, or with an importance by the tool that keeps it.

    Args:
        facts: optional fields of the request, as for `create_request`.

    Raises:
        SekhaError: as for `create`.
    """
    align = pad if session.config.align_multibyte else str
    operation, body = create_request(new, align, facts)
    answer = await create(session, call, operation, body)
    if isinstance(answer, api.CreatedConversation):
        return answer
    if answer.data is None:
        raise tool_error(operation_name(operation), session.redaction.text(answer.error or ""))
    return answer.data


async def create(session: Session, call: Call, operation: Operation[..., T], body: Body) -> T:
    """Carry out a create (one of `operations.CREATES`) once, whatever happens to its answer.

    Raises:
        SekhaUnstorableTextError: its text kills this controller's handler (compatibility row 3).
        SekhaUnknownOutcomeError: it was stored in part, or that cannot be told.
        SekhaError: it was not stored.
    """
    request = build(operation, body=body)
    expected = _fingerprint(body)
    if session.known.text_killed_handler:
        index = first_unstorable(expected.contents)
        if index is not None:
            raise unstorable(index, sent=False)
    name = operation_name(operation)
    found = await Creation(session, call, name, expected).run(request, operation.parse_result)
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

    async def run(
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
            await self._call.acquire(self._name, equals, 1)
            try:
                await self._call.acquire(self._name, limits.creates, limits.creates_limit)
                try:
                    return await self._run_with_lease(request, parse)
                finally:
                    limits.creates.release()
            finally:
                equals.release()

    async def _run_with_lease(
        self, request: Request, parse: Callable[[RawResponse], T]
    ) -> T | Conversation:
        lease = await self._call.acquire_lease(self._name)
        try:
            return await self._send_until_certain(request, parse)
        finally:
            if lease is not None:
                await async_release(lease.release)

    async def _send_until_certain(
        self,
        request: Request,
        parse: Callable[[RawResponse], T],
    ) -> T | Conversation:
        with self._limits.claims.under_way():
            while True:
                began = present()
                outcome = await self._call.attempt(self._name, request, self._history)
                if isinstance(outcome, RawResponse) and outcome.is_success:
                    try:
                        return self._accepted(request, outcome, parse, began)
                    except SekhaError as error:
                        problem = error
                else:
                    problem = error_from(self._name, outcome, self._history)
                doubtful = is_doubtful(outcome)
                if doubtful:
                    row = await self._find(outcome, problem, began)
                    if row is not None:
                        return row
                decision = self._decide(outcome, doubtful)
                if not isinstance(decision, Again):
                    raise problem
                await self._call.wait_to_repeat(self._name, decision, self._history)

    def _accepted(
        self,
        request: Request,
        response: RawResponse,
        parse: Callable[[RawResponse], T],
        began: Instant,
    ) -> T:
        """What a success means, if it is one and about this create.

        Raises:
            SekhaAPIError: it is not.
        """
        claims = self._limits.claims

        def understand(answer: RawResponse) -> T:
            result = parse(answer)
            made = made_by(result)
            if made is not None and made.already_stored is True:
                # About a conversation that this or another client has stored before.
                return result
            conversation_id = created_id(result, self._expected)
            if not claims.take(conversation_id):
                raise Mismatch("an answer with the id of another conversation")
            return result

        result = self._call.parsed(self._name, request, response, understand)
        made = made_by(result)
        if made is not None:
            self._limits.note_creates(made.creates_at_once)
        if isinstance(made, api.CreatedConversation) and made.already_stored is not True:
            # What was said long ago is stored now.
            stored_at = made.stored_at or made.created_at
            self._limits.clock.note(parse_time(stored_at), began, present())
        return result

    def _decide(self, outcome: RawResponse | Failure, doubtful: bool) -> Decision:
        """Once a doubt was reconciled to "not stored", it is like one that was never sent. A 500 or
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
            now=datetime.now(timezone.utc),
        )

    async def _find(
        self, outcome: RawResponse | Failure, problem: SekhaError, began: Instant
    ) -> Conversation | None:
        """Look for the row until it is certain whether it is there.

        Returns:
            the row, or None if there is none.
        """
        lasted = min(time.monotonic() - began.monotonic, self._session.config.timeout)
        reconciliation = Reconciliation(lasted, may_go_on=may_go_on(outcome, lasted))
        clock = ClockReader(self._call, self._limits.clock, began)
        delay, failed = 0.0, 0
        log.info("%s: unknown outcome; looks whether it was stored", self._name)
        while True:
            try:
                if delay:
                    await self._call.pause(self._name, delay)
                since = await clock.read()
                found = await find_candidates(
                    self._call, self._expected, since, self._limits.claims.is_free
                )
            except SekhaError as error:
                failed += 1
                # What makes no sense comes from something between, and need not come again.
                if not isinstance(error, SekhaResponseError) or failed >= outcomes.LOOKS_THAT_FAIL:
                    reason = f"looking for it failed too ({error.message})"
                    unknown = self._unknown(problem, reason, ())
                    break
            else:
                failed = 0
                self._check_storable(outcome, found)
                match reconciliation.observe(found, now=time.monotonic()):
                    case Stored(row) if self._limits.claims.take(row.id):
                        log.info("%s: it was stored, as %s", self._name, row.id)
                        return row
                    case Unclear(ids, reason):
                        unknown = self._unknown(problem, reason, tuple(ids))
                        break
                    case "absent":
                        log.info("%s: it was not stored", self._name)
                        return None
            delay = min(max(1.5 * delay, LOOK_INTERVAL), LOOK_INTERVAL_CAP)
        raise unknown

    def _check_storable(self, outcome: RawResponse | Failure, found: Candidates) -> None:
        """A drop that leaves a part behind is no riddle after a text that kills the handler."""
        index = first_unstorable(self._expected.contents)
        dropped = isinstance(outcome, Failure) and outcome.dropped
        if index is None or not dropped or found.whole or not found.parts:
            return
        self._session.known.text_killed_handler = True
        raise unstorable(index, sent=True, rows=tuple(row.id for row in found.parts))

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


def _fingerprint(body: Body) -> Fingerprint:
    expected = Fingerprint.of_body(body)
    texts = [
        expected.label,
        expected.folder,
        *(each for pair in expected.messages for each in pair),
    ]
    if not all(isinstance(each, str) for each in texts):
        raise SekhaValidationError("body", "label, folder, roles and contents are texts")
    return expected
