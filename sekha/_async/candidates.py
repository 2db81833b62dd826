"""Candidates of a create: the rows that are, whole or in part, what was to be stored."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from sekha_api import models as api
from sekha_api.api.conversations import list_conversations
from sekha_api.api.system import get_health
from sekha_api.types import RawResponse

from .._core.create.clock import Instant, Moment, Reading, ServerClock
from .._core.create.fingerprint import Fingerprint
from .._core.create.outcome import Candidates, Match, match_row
from .._core.listing import PAGE_SIZE, Row
from .._core.request.retry import History
from .._core.wire.rows import exported_conversation, listed
from .._core.wire.schema import Mismatch
from .._core.wire.times import parse_http_date, parse_time
from ..errors import SekhaAPIError, SekhaNotFoundError, SekhaResponseError
from .session import Call

MOST_PAGES = 50
"""Pages of rows changed since a create began after which a list is taken for one without end."""


class ClockReader:
    """Tells when a create began, on the controller's clock.

    Args:
        clock: what is known of it already.
        began: the same moment here.
    """

    def __init__(self, call: Call, clock: ServerClock, began: Instant) -> None:
        self._call = call
        self._clock = clock
        self._began = began
        self._moment: Moment | None = None

    async def read(self) -> Moment:
        """The moment, as precisely as it can be told; read again until it is precise."""
        if self._moment is None or not self._moment.is_precise:
            reading = self._clock.fresh(present())
            if reading is not None and reading.moment(self._began).is_precise:
                self._moment = reading.moment(self._began)
            else:
                self._moment = (await read_clock(self._call)).moment(self._began)
        return self._moment


async def read_clock(call: Call) -> Reading:
    """What the controller's clock shows, from its health answer; if there is none, from whatever
    clock dates its answers.

    Raises:
        SekhaError: it does not answer at all.
    """
    sent = present()
    request = get_health.build_request()
    outcome = await call.attempt("get_health", request, History())
    received = present()
    if isinstance(outcome, RawResponse) and outcome.is_success:
        try:
            told = call.parsed("get_health", request, outcome, _health_time)
        except SekhaAPIError:
            pass
        else:
            return Reading(told, sent, received)
    sent = present()
    request = list_conversations.build_request(page=1, page_size=1)
    answer = await call.exchange("list_conversations", request)
    date = parse_http_date(answer.headers.get("date", "")) or datetime.now(timezone.utc)
    return Reading.of_gateway(date, sent, present())


def _health_time(answer: RawResponse) -> datetime:
    told = parse_time(answer.json()["timestamp"])
    if told is None:
        raise Mismatch("a time that is none")
    return told


async def find_candidates(
    call: Call,
    expected: Fingerprint,
    since: Moment,
    is_free: Callable[[str], bool],
    *,
    page_size: int = PAGE_SIZE,
    most_pages: int = MOST_PAGES,
) -> Candidates:
    """Look once.

    Args:
        since: when the create began, on the controller's clock.
        is_free: whether a row belongs to no other create.
        most_pages: how many pages are read at most.

    Raises:
        SekhaResponseError: the list makes no sense.
        SekhaError: it cannot be read, or has no end.
    """
    found = Candidates()
    seen: set[str] = set()
    for page in range(1, most_pages + 1):
        rows, found.settled = await _page(call, page, page_size)
        for row in rows:
            changed = parse_time(row.stored or row.changed)
            if changed is None:
                reason = "list_conversations: a row without a time"
                raise SekhaResponseError(reason, status_code=200)
            if changed < since.earliest:
                return found
            # A row that another one pushed on to the next page comes twice.
            if row.id in seen or (row.label, row.folder) != (expected.label, expected.folder):
                continue
            seen.add(row.id)
            if is_free(row.id):
                await _sort_in(call, row.id, expected, since, found)
        if len(rows) < page_size:
            return found
    reason = f"list_conversations: a list that has no end in {most_pages} pages"
    raise SekhaAPIError(reason, status_code=200)


async def _page(call: Call, page: int, page_size: int) -> tuple[list[Row], bool]:
    def read(body: Any) -> tuple[list[Row], bool]:
        rows, _, _ = listed(body)
        return rows, body.get("settled") is True

    # A controller that dates rows by what was said in them has to be asked for the last stored; one
    # that does not has them in that order.
    return await call.read(
        list_conversations,
        read,
        page=page,
        page_size=page_size,
        order=api.ListConversationsOrder.STORED,
    )


async def _sort_in(
    call: Call, conversation_id: str, expected: Fingerprint, since: Moment, found: Candidates
) -> None:
    """Read a row and put it where it belongs. What cannot be read is not absent."""
    try:
        conversation = exported_conversation(await call.export(conversation_id))
    except SekhaNotFoundError:
        return
    except SekhaAPIError:
        found.unreadable.append(conversation_id)
        return
    match match_row(conversation, expected, since):
        case Match.WHOLE:
            found.whole.append(conversation)
        case Match.UNSURE:
            found.unsure.append(conversation)
        case Match.PART:
            found.parts.append(conversation)


def present() -> Instant:
    """The present on this machine's clocks."""
    return Instant(time.monotonic(), time.time())
