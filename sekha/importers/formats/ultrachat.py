"""UltraChat: a conversation a record, as a list of texts that take turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..drafts import FOREIGN, Conversion, Draft, Skip
from ..texts import as_text, identity

NAME = "ultrachat"
TITLE = "UltraChat"
HOW = "the data set UltraChat as JSON lines (ultrachat_200k is read as OpenAI messages)"
FOLDER = "/imports/ultrachat"


def recognises(record: Mapping[str, Any]) -> bool:
    listed = record.get("data")
    return (
        "id" in record and isinstance(listed, list) and bool(listed) and isinstance(listed[0], str)
    )


def convert(record: Mapping[str, Any], work: Conversion) -> Draft | Skip:
    """The user speaks first."""
    listed = record.get("data")
    if not isinstance(listed, list):
        return Skip(FOREIGN, "it has no list of texts")
    made = (
        work.turn("assistant" if number % 2 else "user", as_text(said), raw=said)
        for number, said in enumerate(listed)
    )
    turns = [turn for turn in made if turn is not None]
    return work.draft(turns, source_id=identity(record.get("id")))
