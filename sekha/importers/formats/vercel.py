"""Messages of the Vercel AI SDK, as programs made with it keep them: lists of typed parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat
from ..drafts import Conversion, Draft, Skip

NAME = "vercel-ai"
TITLE = "Vercel AI SDK messages"
HOW = "the UI messages (role and parts) that a program made with the SDK stores, as JSON or lines"
FOLDER = "/imports/vercel-ai"

_SHAPE = chat.Shape(text=("parts", "content"), id=("id", "chatId"))


def recognises(record: Mapping[str, Any]) -> bool:
    listed = record.get("messages")
    return isinstance(listed, list) and bool(listed) and is_message(listed[0])


def is_message(value: object) -> bool:
    """Whether it is a message by itself."""
    if not isinstance(value, dict) or not isinstance(value.get("role"), str):
        return False
    listed = value.get("parts")
    return isinstance(listed, list) and all(
        isinstance(part, dict) and isinstance(part.get("type"), str) for part in listed[:1]
    )


def convert(record: Mapping[str, Any], work: Conversion) -> Draft | Skip:
    """The messages in order."""
    return chat.draft(record, work, _SHAPE)
