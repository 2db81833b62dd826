"""The two answers of a data set of preferences: the chosen one, and the rejected one as another
branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from .. import chat
from ..drafts import OTHER_BRANCH, Conversion, Draft, Turn
from ..texts import text_of

KEYS = ("chosen", "rejected")


def drafts(
    record: Mapping[str, Any], asked: Draft, work: Conversion, shape: chat.Shape
) -> list[Draft]:
    """The conversation with the chosen answer, and the rejected one if it is wished.

    Args:
        asked: what was said before the answer.
    """
    chosen = _answer(record.get("chosen"), work, shape)
    asked.turns = _after(asked.turns, chosen)
    apart = work.apart()
    rejected = _answer(record.get("rejected"), apart, shape)
    if not rejected:
        return [asked]
    if work.wishes.branches != "all":
        work.note(OTHER_BRANCH, len([each for each in rejected if each not in asked.turns]))
        return [asked]
    before = asked.turns[: len(asked.turns) - len(chosen)] if chosen else asked.turns
    return [
        asked,
        evolve(
            asked,
            turns=_after(before, rejected),
            source_id=f"{asked.source_id}#rejected" if asked.source_id else None,
            title=f"{asked.title} (rejected)" if asked.title else None,
            notes=apart.notes,
            unshown=apart.unshown,
        ),
    ]


def _after(before: list[Turn], answer: list[Turn]) -> list[Turn]:
    """The answer behind what was asked, which it may repeat."""
    repeated = before and answer[: len(before)] == before
    return list(answer) if repeated else [*before, *answer]


def _answer(given: Any, work: Conversion, shape: chat.Shape) -> list[Turn]:
    if isinstance(given, list):
        return chat.turns(given, work, shape)
    if isinstance(given, dict):
        return chat.turns([given], work, shape)
    return [Turn("assistant", given)] if text_of(given).strip() else []
