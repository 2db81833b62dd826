"""TypingMind's export of its data: a list of chats among the program's other data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat
from ..drafts import Conversion, Draft, Skip

NAME = "typingmind"
TITLE = "TypingMind"
HOW = "Settings > App data & storage > Export"
FOLDER = "/imports/typingmind"

_SHAPE = chat.Shape(
    id=("chatID", "id"),
    title=("chatTitle", "preview"),
    thinking=("reasoning", "reasoning_content", "thinkingContent"),
)


def recognises(record: Mapping[str, Any]) -> bool:
    return "chatID" in record or ("chatTitle" in record and "messages" in record)


def convert(record: Mapping[str, Any], work: Conversion) -> Draft | Skip:
    """The messages in order."""
    return chat.draft(record, work, _SHAPE)
