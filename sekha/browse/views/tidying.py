"""Tidying: what could be archived, one conversation after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from attrs import define, field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ..._core.pruning import pruning_suggestion
from ...errors import SekhaError, SekhaNotFoundError
from ...models import Conversation, PruningSuggestion
from ..failures import said
from ..forms import form_of, number
from ..rendering import is_part, page
from ..state import Browse, browse_of
from ..text import Marker, passage
from ..undo import Step

DAYS, IMPORTANCE = 90, 5
KEPT_SECONDS = 600.0
MESSAGES = 2
PASSAGE = 600


@define
class Round:
    """Suggestions that are gone through.

    Attributes:
        decided: ids of which something was decided.
    """

    suggestions: list[PruningSuggestion]
    made: float
    decided: dict[str, str] = field(factory=dict)

    @property
    def left(self) -> list[PruningSuggestion]:
        return [each for each in self.suggestions if each.id not in self.decided]


async def tidy(request: Request) -> Response:
    """The next suggestion."""
    days, importance = _asked(request.query_params.get)
    anew = "anew" in request.query_params
    return await _next(request, days, importance, anew=anew)


async def decide(request: Request) -> Response:
    """Keep, archive or pin one; and the next."""
    memory = browse_of(request)
    given = await form_of(request)
    days, importance = _asked(given.one)
    conversation_id, decision = given.one("id"), given.one("decision")
    current = await _round(request, memory, days, importance)
    words, step, problem = "", None, ""
    row = memory.catalogue.get(conversation_id)
    try:
        if decision == "archive":
            await memory.client.archive(conversation_id)
            words = "Archived 1 conversation"
        elif decision == "pin":
            await memory.client.pin(conversation_id)
            words = "Pinned 1 conversation"
        current.decided[conversation_id] = decision
        if words:
            memory.forget([conversation_id])
            await memory.catalogue.reread(1)
            if row is not None and not memory.undo.limited:
                step = memory.undo.add(Step(words, (row,)))
    except SekhaNotFoundError as error:
        current.decided[conversation_id] = "gone"
        problem = said(error)
    except SekhaError as error:
        problem = said(error)
    return await _next(request, days, importance, words=words, step=step, problem=problem)


async def _next(
    request: Request, days: int, importance: int, *, anew: bool = False, **told: Any
) -> Response:
    memory = browse_of(request)
    await memory.catalogue.ready()
    values: dict[str, Any] = {
        "days": days,
        "importance": importance,
        "words": "",
        "step": None,
        "problem": "",
        "suggestion": None,
        "messages": [],
        "place": 0,
        "total": 0,
        "decided": {},
        **told,
    }
    try:
        current = await _round(request, memory, days, importance, anew=anew)
        values.update(total=len(current.suggestions), decided=current.decided)
        values.update(await _suggested(memory, current))
    except SekhaError as error:
        values["problem"] = said(error)
    return page(request, "_card.html" if is_part(request) else "tidy.html", **values)


async def _suggested(memory: Browse, current: Round) -> dict[str, Any]:
    for each in current.left:
        try:
            found = await memory.conversation(each.id)
        except SekhaNotFoundError:
            current.decided[each.id] = "gone"
            continue
        every = found.messages or ()
        shown = [
            (message.role, passage(message.content, Marker(), PASSAGE))
            for message in every[:MESSAGES]
        ]
        return {
            "suggestion": each,
            "messages": shown,
            "further": len(every) - len(shown),
            "place": len(current.decided) + 1,
        }
    return {}


async def _round(
    request: Request, memory: Browse, days: int, importance: int, *, anew: bool = False
) -> Round:
    rounds: dict[tuple[int, int], Round] = request.app.state.rounds
    known = rounds.get((days, importance))
    if known is None or anew or time.monotonic() - known.made > KEPT_SECONDS:
        await memory.catalogue.whole()
        suggestions = await run_in_threadpool(
            _suggestions, list(memory.catalogue), days, importance
        )
        known = Round(suggestions, time.monotonic())
        rounds[days, importance] = known
    return known


def _asked(given: Callable[[str], str | None]) -> tuple[int, int]:
    """Days and importance, as an address or a form has them."""
    days = number(given("days"), DAYS, digits=6)
    importance = number(given("importance"), IMPORTANCE, digits=6)
    return min(36_500, days), min(10, importance)


def _suggestions(rows: list[Conversation], days: int, importance: int) -> list[PruningSuggestion]:
    """As `get_pruning_suggestions` has them, from rows that are here already."""
    now = datetime.now(timezone.utc)
    found = (
        pruning_suggestion(
            row, now=now, threshold_days=days, importance_threshold=float(importance)
        )
        for row in rows
    )
    return sorted(filter(None, found), key=lambda each: each.updated_at)
