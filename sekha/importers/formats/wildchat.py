"""WildChat: a conversation a record, with its messages in `conversation`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat
from ..drafts import Conversion, Draft, Skip

NAME = "wildchat"
TITLE = "WildChat"
HOW = "the data set WildChat as JSON lines"
FOLDER = "/imports/wildchat"

_SHAPE = chat.Shape(
    messages=("conversation",),
    id=("conversation_hash", "conversation_id"),
    created=("timestamp",),
    updated=("timestamp",),
    time=("timestamp", "created"),
)


def recognises(record: Mapping[str, Any]) -> bool:
    listed = record.get("conversation")
    if not isinstance(listed, list) or not (
        "conversation_hash" in record or "conversation_id" in record
    ):
        return False
    return not listed or (isinstance(listed[0], dict) and "content" in listed[0])


def convert(record: Mapping[str, Any], work: Conversion) -> Draft | Skip:
    """The messages in order; the record's time is that of the last."""
    return chat.draft(record, work, _SHAPE)
