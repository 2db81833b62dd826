"""A conversation: its messages a piece at a time, and its neighbours in time."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ...errors import SekhaNotFoundError
from ...models import Conversation, Message
from ..filters import Filters
from ..forms import number
from ..markdown import LONGEST, is_plain, plain, rendered
from ..rendering import is_part, page
from ..state import Browse, browse_of
from ..text import Marker
from .listing import results_of, sidebar

PIECE = 30
"""Messages that are fetched at a time."""
NEIGHBOURS = 3
PIECE_CHARACTERS = 120_000
"""Text of a piece of a conversation; it holds one message at least."""


async def conversation(request: Request) -> Response:
    """The conversation, beside the list when the whole page is asked for."""
    memory = browse_of(request)
    filters = Filters.of(request.query_params)
    await memory.catalogue.ready(look=not is_part(request))
    values = await reader_of(request, memory, filters)
    if is_part(request):
        return page(request, "_reader.html", **values)
    results = await results_of(request, filters)
    values.update(sidebar(memory), **results, reader=True)
    return page(request, "browse.html", **values)


async def messages(request: Request) -> Response:
    """A further piece of the conversation."""
    memory = browse_of(request)
    filters = Filters.of(request.query_params)
    found = await memory.conversation(request.path_params["id"])
    first = number(request.query_params.get("first"), 0, digits=8)
    last = number(request.query_params.get("last"), -1, digits=8)
    piece = await _piece(found, filters, first, None if last < 0 else last, None)
    return page(request, "_messages.html", row=found, filters=filters, **piece)


async def message(request: Request) -> Response:
    """The whole of a long message, as it is written."""
    memory = browse_of(request)
    found = await memory.conversation(request.path_params["id"])
    index = int(request.path_params["index"])
    if not found.messages or index >= len(found.messages):
        raise SekhaNotFoundError("no such message", conversation_id=found.id)
    marker = _marker(Filters.of(request.query_params))
    content = found.messages[index].content
    return page(request, "_whole.html", body=await run_in_threadpool(plain, content, marker))


async def reader_of(request: Request, memory: Browse, filters: Filters) -> dict[str, Any]:
    """A conversation for a template."""
    conversation_id = request.path_params["id"].lower()
    found = await memory.conversation(conversation_id, anew=True)
    wanted = request.query_params.get("m")
    row = memory.catalogue.get(conversation_id) or found
    older, newer = memory.catalogue.around(conversation_id, NEIGHBOURS)
    start = _start(found.messages or (), wanted)
    return {
        "row": row,
        "filters": filters,
        "count": len(found.messages or ()),
        "older": older,
        "newer": newer[::-1],
        **await _piece(found, filters, start, None, wanted),
    }


def _start(messages: tuple[Message, ...], wanted: str | None) -> int:
    for index, each in enumerate(messages):
        if each.id == wanted:
            return 0 if index < PIECE // 2 else index - 3
    return 0


def _marker(filters: Filters) -> Marker:
    return Marker.of(filters.q, filters.how)


async def _piece(
    found: Conversation, filters: Filters, first: int, last: int | None, wanted: str | None
) -> dict[str, Any]:
    every = found.messages or ()
    most = min(last if last is not None else len(every), first + PIECE, len(every))
    end, size = first, 0
    while end < most and (end == first or size < PIECE_CHARACTERS):
        size += min(len(every[end].content), LONGEST)
        end += 1
    marker = _marker(filters)
    # Not in the event loop: a parser takes its time.
    shown = await run_in_threadpool(
        lambda: [_shown(each, index, marker) for index, each in enumerate(every[first:end], first)]
    )
    dated = len({each.timestamp for each in every}) > 1
    limit = last if last is not None else len(every)
    return {
        "messages": shown,
        "wanted": wanted,
        "dated": dated,
        "earlier": first if last is None else None,
        "next": end if end < limit else None,
        "until": last,
    }


def _shown(message: Message, index: int, marker: Marker) -> dict[str, Any]:
    content = message.content
    cut = len(content) > LONGEST
    body: Markup
    if cut or is_plain(content):
        body = plain(content[:LONGEST], marker)
    else:
        body = rendered(content, marker)
    return {
        "id": message.id,
        "index": index,
        "role": message.role,
        "said": message.timestamp,
        "body": body,
        "cut": len(content) - LONGEST if cut else 0,
    }
