"""ShareGPT files: `conversations` with `from` and `value`, as data sets for fine-tuning are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat
from ..drafts import FOREIGN, Conversion, Draft, Skip
from ..texts import one_line
from . import preferences

NAME = "sharegpt"
TITLE = "ShareGPT"
HOW = "a data set for fine-tuning, as JSON or JSON lines"
FOLDER = "/imports/sharegpt"

SHAPE = chat.Shape(
    messages=("conversations", "conversation"),
    role=("from", "role"),
    text=("value", "content", "text"),
    roles={"human": "user", "gpt": "assistant", "observation": "tool"},
)
"""The roles one to one, so that the way back is unambiguous; all other names stay as they are."""


def recognises(record: Mapping[str, Any]) -> bool:
    turns = _turns(record)
    first = turns[0] if turns else None
    if turns == []:
        return "schema" not in record
    return isinstance(first, dict) and ("from" in first or "role" in first)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """The turns in order. `label`, `folder` and `importance` of the record are used."""
    listed = _turns(record)
    if listed is None:
        return Skip(FOREIGN, "it has no list of conversations")
    for index, item in enumerate(listed):
        source = (item.get("from") or item.get("role")) if isinstance(item, dict) else None
        if not isinstance(source, str) or not source.strip():
            return Skip("a turn without a speaker", f"turn {index}")
    importance = record.get("importance")
    draft = chat.drafted(
        record,
        chat.turns(listed, work, SHAPE),
        work,
        SHAPE,
        label=one_line(record.get("label")) or None,
        folder=one_line(record.get("folder")) or None,
        importance=importance if type(importance) is int and 1 <= importance <= 10 else None,
    )
    return preferences.drafts(record, draft, work, SHAPE)


def _turns(record: Mapping[str, Any]) -> list[Any] | None:
    for key in SHAPE.messages:
        if isinstance(record.get(key), list):
            return list(record[key])
    return None
