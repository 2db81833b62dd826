"""What several calls look up on their way: lists, where conversations are kept, and whether an
empty answer means that there is nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from sekha_api import models as api
from sekha_api.api.conversations import count_conversations, list_conversations
from sekha_api.api.retrieval import semantic_query
from sekha_api.api.system import get_health
from sekha_api.api.tools import memory_get_context
from sekha_api.types import UNSET

from .. import models
from .._concurrency import async_bounded_map
from .._core.listing import SCAN_PAGE_SIZE, Filter, Reading, Row, scope, wire_time
from .._core.search.outage import MAX_CONVERSATIONS_TO_CHECK, outage
from .._core.wire import rows as wire
from .._core.wire.times import parse_time
from ..errors import SekhaNotFoundError, SekhaResponseError, SekhaServerError
from .session import Call

if TYPE_CHECKING:
    from ..models import Conversation, Health

READS_AT_ONCE = 8
"""How many conversations one call reads at the same time."""
FIRST_LOOK, FURTHER = 500, 4
"""Where what is closest is not filtered by the controller: so many messages are looked through
first, and then so many times more."""
READ_ONE_BY_ONE = 4
"""Of more conversations than these it is asked first whether the list takes fewer requests."""


async def ask_health(call: Call) -> Health:
    """How the controller says it is; its 503 says "unhealthy" (compatibility row 16)."""
    try:
        return wire.health(await call(get_health))
    except SekhaServerError as error:
        if error.status_code != 503:
            raise
        return models.Health("unhealthy")


async def pages(
    begin: Callable[[], Call], filter: Filter, page_size: int = SCAN_PAGE_SIZE
) -> AsyncGenerator[list[Conversation]]:
    """The conversations that match, last changed first, page by page (compatibility row 6).

    The controller's own filter is asked first. If it gives nothing, counting tells whether
    there is anything to scan for, and then all pages are read and matched here.

    Args:
        begin: gives the call whose deadline holds for the next page.
    """
    asked, reading = filter, Reading(filter, page_size)
    rows, total, scoped = await _page(begin(), asked, reading)
    if scoped:
        # What was said when is for the controller to know: its rows tell only the last change.
        filter = evolve(filter, under=None, said_since=None, said_until=None)
        reading = Reading(filter, page_size)
    elif not filter.is_any and not any(map(filter.matches, rows)):
        if await _surely_none(begin(), filter):
            return
        asked, reading = Filter(), Reading(filter, SCAN_PAGE_SIZE)
        rows, total, _ = await _page(begin(), asked, reading)
    while True:
        yield [wire.row_conversation(row) for row in reading.take(rows, total)]
        if reading.complete:
            return
        if reading.endless:
            reason = "list_conversations: pages that bring nothing new, and no end"
            raise SekhaResponseError(reason, status_code=200)
        rows, total, _ = await _page(begin(), asked, reading)


async def _page(call: Call, asked: Filter, reading: Reading) -> tuple[list[Row], int, bool]:
    return await call.read(
        list_conversations,
        wire.listed,
        label=UNSET if asked.label is None else asked.label,
        folder=UNSET if asked.folder is None else asked.folder,
        under=UNSET if asked.under is None else asked.under,
        since=wire_time(asked.said_since),
        until=wire_time(asked.said_until),
        pinned=UNSET if asked.pinned is None else asked.pinned,
        archived=UNSET if asked.archived is None else asked.archived,
        page=reading.page,
        page_size=reading.page_size,
    )


async def _surely_none(call: Call, filter: Filter) -> bool:
    """Whether counting alone shows that nothing matches. The controller's count of a label
    means "contains": 0 of it is 0 (compatibility row 8)."""
    if filter.label is not None:
        if (await call(count_conversations, label=filter.label)).count == 0:
            return True
    if filter.folder is not None:
        return (await call(count_conversations, folder=filter.folder)).count == 0
    return False


async def closest(
    call: Call, query: str, limit: int, filter: Filter | None = None
) -> list[api.SearchResult]:
    """The messages closest in meaning that a filter wants, the closest first; raises if there are
    none and it is not sure that there are none."""
    filter = filter or Filter()
    body = api.QueryRequest(query=query)
    if not filter.is_any:
        body.scope = scope(filter)
    most = limit
    while True:
        body.limit = most
        page = await call(semantic_query, body=body)
        if not page.results and page.scoped is not True:
            await require_nothing_to_find(call)
        if filter.is_any or page.scoped is True:
            break
        found = [
            each
            for each in page.results
            if filter.has_place(each.label, each.folder)
            and filter.has_time(parse_time(each.timestamp))
        ]
        if len(found) >= limit or len(page.results) < most:
            return found[:limit]
        # It gives what is closest wherever it is kept (compatibility row 15): more is asked for.
        most = max(FIRST_LOOK, FURTHER * most)
    if not page.results and not filter.is_any:
        await closest(call, query, 1)
    return page.results


async def require_nothing_to_find(call: Call) -> None:
    """Raise unless it is sure that an empty answer means that nothing is stored."""
    health = await ask_health(call)
    stored = (await call(count_conversations)).count if health.healthy else 0
    has_messages = stored > MAX_CONVERSATIONS_TO_CHECK
    if health.healthy and 0 < stored <= MAX_CONVERSATIONS_TO_CHECK:
        async for page in pages(lambda: call, Filter()):
            for row in page:
                has_messages = has_messages or await _has_messages(call, row.id)
    problem = outage(health, stored=stored, has_messages=has_messages)
    if problem is not None:
        raise problem


async def _has_messages(call: Call, conversation_id: str) -> bool:
    try:
        return bool((await call.export(conversation_id))["messages"])
    except SekhaNotFoundError:
        return False


async def locate(
    call: Call, ids: Sequence[str], filter: Filter | None = None
) -> dict[str, Conversation]:
    """These conversations without their messages, as far as they are kept where the filter wants
    them; those that were deleted meanwhile are missing. Read one by one, or from the list if that
    takes fewer requests."""
    filter = filter or Filter()
    if len(ids) > READ_ONE_BY_ONE:
        stored = (await call(count_conversations)).count
        if stored / SCAN_PAGE_SIZE < len(ids):
            return await _from_list(call, ids, filter)
    found = {}
    async for each in async_bounded_map(
        lambda conversation_id: _details(call, conversation_id), ids, READS_AT_ONCE
    ):
        if each is not None and filter.has_place(each.label, each.folder):
            found[each.id] = each
    return found


async def _from_list(call: Call, ids: Sequence[str], filter: Filter) -> dict[str, Conversation]:
    asked = set(ids)
    found = {}
    place = Filter(label=filter.label, folder=filter.folder, under=filter.under)
    async for page in pages(lambda: call, place):
        found.update({each.id: each for each in page if each.id in asked})
    return found


async def _details(call: Call, conversation_id: str) -> Conversation | None:
    try:
        details = await call.tool(
            memory_get_context,
            body=api.MemoryGetContextRequest(conversation_id=conversation_id),
        )
    except SekhaNotFoundError:
        return None
    return wire.detailed_conversation(details)
