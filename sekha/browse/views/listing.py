"""The list: all conversations, those that filters leave, or what a search finds."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ...errors import SekhaError, SekhaValidationError
from ..catalogue import Key
from ..failures import said
from ..filters import Filters
from ..finding import MOST, PAGE, find
from ..folders import tree
from ..forms import number
from ..rendering import is_part, page, part
from ..state import Browse, browse_of

ROWS = 60
"""Of one page of the list."""
LABELS = 12
"""Named beside the list; all others can be typed."""


async def browse(request: Request) -> Response:
    """The page, or its list alone when a filter changes."""
    memory = browse_of(request)
    filters = Filters.of(request.query_params)
    await memory.catalogue.ready(look=not is_part(request))
    results = await results_of(request, filters)
    if is_part(request):
        answer = page(request, "_results.html", **results)
        query = filters.query()
        base = request.scope.get("root_path", "")
        answer.headers["hx-push-url"] = f"{base}/{'?' * bool(query)}{query}"
        return answer
    return page(request, "browse.html", reader=None, **sidebar(memory), **results)


async def more(request: Request) -> Response:
    """What comes after what has been scrolled to."""
    memory = browse_of(request)
    filters = Filters.of(request.query_params)
    if filters.q:
        return page(request, "_items.html", **await results_of(request, filters))
    after = key_of(request.query_params.get("after", ""))
    rows, end = memory.catalogue.page(filters.wanted(memory.catalogue), after, ROWS)
    return page(request, "_items.html", **_listed(filters, rows, end))


async def total(request: Request) -> Response:
    """How many there are, while they are still read."""
    memory = browse_of(request)
    filters = Filters.of(request.query_params)
    return page(request, "_total.html", filters=filters, **_counted(memory, filters))


def key_of(text: str) -> Key | None:
    """A place in the list, as an address has it."""
    number, _, conversation_id = text.partition("_")
    try:
        return (float(number), conversation_id) if conversation_id else None
    except ValueError:
        return None


async def results_of(request: Request, filters: Filters) -> dict[str, Any]:
    """The list for a template; what is wrong with the filters, or with the memory, in words."""
    memory = browse_of(request)
    catalogue = memory.catalogue
    values: dict[str, Any] = {"filters": filters, "problem": None, "items": [], "after": None}
    values.update(searched=bool(filters.q), limit=0, total=0, complete=True)
    try:
        if filters.q:
            limit = _limit(request)
            found, may_be_more = await find(memory.client, catalogue, filters, limit)
            values.update(items=found, total=len(found))
            values["limit"] = min(MOST, limit * 2) if may_be_more else 0
        else:
            rows, end = catalogue.page(filters.wanted(catalogue), None, ROWS)
            values.update(_listed(filters, rows, end), **_counted(memory, filters))
            if catalogue.error is not None:
                values["problem"] = said(catalogue.error)
    except SekhaValidationError as error:
        values["problem"] = error.message
    except SekhaError as error:
        values["problem"] = said(error)
    return values


def _limit(request: Request) -> int:
    return min(MOST, max(PAGE, number(request.query_params.get("limit"), PAGE, digits=5)))


def _listed(filters: Filters, rows: list[Any], end: Key | None) -> dict[str, Any]:
    after = None if end is None else f"{end[0]!r}_{end[1]}"
    return {"filters": filters, "items": rows, "after": after, "searched": False, "limit": 0}


def _counted(memory: Browse, filters: Filters) -> dict[str, Any]:
    catalogue = memory.catalogue
    wanted = filters.wanted(catalogue)
    known = len(catalogue) if wanted is None else len(wanted)
    return {"total": known, "complete": catalogue.complete or catalogue.error is not None}


def sidebar(memory: Browse) -> dict[str, Any]:
    """What the filters offer."""
    catalogue = memory.catalogue
    labels = catalogue.common_labels()
    sources = catalogue.counts("source")
    return {
        "labels": labels[:LABELS],
        "known_labels": [each for each, _ in labels],
        "folders": catalogue.once("tree", lambda: tree(catalogue.counts("folder"))),
        "sources": sorted(source for source in sources if source),
    }


def row_part(request: Request, row: Any) -> Any:
    """One row of the list, to take the place of its former self."""
    return part(request, "_row_swap.html", row=row)
