"""The context builder: what would go to a model for a question, and why."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ...errors import SekhaError
from ...models import ContextMessage
from ..failures import said
from ..forms import Form, form_of, number
from ..rendering import is_part, page
from ..state import browse_of
from ..text import Marker, passage

DEFAULT_BUDGET = 4000
MOST = 1_000_000
PASSAGE = 420
LEAST_SIMILARITY = 0.05
"""Less says nothing."""


async def context(request: Request) -> Response:
    """The form."""
    memory = browse_of(request)
    await memory.catalogue.ready()
    labels = [each for each, _ in memory.catalogue.common_labels()]
    return page(request, "context.html", known_labels=labels, **_asked(Form()), built=None)


async def build(request: Request) -> Response:
    """The context for what was asked."""
    memory = browse_of(request)
    given = await form_of(request)
    asked = _asked(given)
    values: dict[str, Any] = {**asked, "built": None, "problem": None, "chosen": []}
    try:
        built = await memory.client.assemble_context(
            asked["question"],
            [asked["prefer"]] if asked["prefer"] else None,
            asked["budget"],
            under=asked["under"] or None,
        )
        marker = Marker.of(asked["question"])
        values["built"] = built
        values["chosen"] = [
            {
                "message": each,
                "passage": passage(each.content, marker, PASSAGE),
                "why": why(each, asked["prefer"]),
            }
            for each in built.messages
        ]
    except SekhaError as error:
        values["problem"] = said(error)
    if is_part(request):
        return page(request, "_context.html", **values)
    labels = [each for each, _ in memory.catalogue.common_labels()]
    return page(request, "context.html", known_labels=labels, **values)


def why(message: ContextMessage, prefer: str = "") -> list[str]:
    """Why a message is in the context, in a few words each."""
    reasons = []
    if message.matched:
        reasons.append("has the words " + ", ".join(message.matched))
    if message.similarity is not None and message.similarity >= LEAST_SIMILARITY:
        reasons.append(f"{message.similarity:.0%} alike in meaning")
    if message.neighbour_of is not None:
        reasons.append("stands beside a match")
    if prefer and message.label == prefer:
        reasons.append("of the label that you prefer")
    if message.score is None:
        reasons.append("pinned, or recent in a label that you prefer")
    if message.is_cut:
        reasons.append("only its best passage, for the budget")
    return reasons or ["fits the question as a whole"]


def _asked(given: Form) -> dict[str, Any]:
    budget = number(given.one("budget"), DEFAULT_BUDGET, digits=8)
    return {
        "question": given.one("question").strip(),
        "budget": min(MOST, max(1, budget)),
        "prefer": given.one("prefer").strip(),
        "under": given.one("under").strip(),
        "problem": None,
        "chosen": [],
    }
