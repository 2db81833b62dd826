"""ShareGPT files: `conversations` with `from` and `value`, as data sets for fine-tuning are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from .records import Draft, Reservation, Skip
from .texts import Notes, as_text, one_line, text_of
from .times import moment

NAME = "sharegpt"
TITLE = "ShareGPT"
FOLDER = "/imports/sharegpt"

ROLES = {"human": "user", "gpt": "assistant", "observation": "tool"}
"""One to one, so that the way back is unambiguous; all other names stay as they are."""


def recognises(record: Mapping[str, Any]) -> bool:
    turns = _turns(record)
    first = turns[0] if turns else None
    if turns == []:
        return "schema" not in record
    return isinstance(first, dict) and ("from" in first or "role" in first)


def convert(record: Mapping[str, Any]) -> Draft | Skip:
    """The turns in order. `label`, `folder` and `importance` of the record are used."""
    listed = _turns(record)
    if listed is None:
        return Skip("not a conversation of this format", "it has no list of conversations")
    notes: Notes = Counter()
    turns: list[Reservation] = []
    for index, item in enumerate(listed):
        source = (item.get("from") or item.get("role")) if isinstance(item, dict) else None
        if not isinstance(source, str) or not source.strip():
            return Skip("a turn without a speaker", f"turn {index}")
        said = item["value"] if "value" in item else item.get("content")
        turns.append(Reservation(ROLES.get(source, source), as_text(said)))
    system = text_of(record.get("system"))
    if system.strip() and turns:
        turns.insert(0, Reservation("system", system))
    if record.get("tools"):
        notes["list of tools left out"] += 1
    importance = record.get("importance")
    usable = type(importance) is int and 1 <= importance <= 10
    return Draft(
        turns=turns,
        source_id=as_text(record.get("id")) or None,
        title=text_of(record.get("title")) or None,
        label=one_line(record.get("label")) or None,
        folder=one_line(record.get("folder")) or None,
        importance=importance if usable else None,
        created_at=moment(record.get("created_at")),
        updated_at=moment(record.get("updated_at")),
        notes=notes,
    )


def _turns(record: Mapping[str, Any]) -> list[Any] | None:
    for key in ("conversations", "conversation"):
        if isinstance(record.get(key), list):
            return list(record[key])
    return None
