"""OpenAI chat messages: `messages` with `role` and `content`, one conversation a record or line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..texts import first, identity, one_line, text_of
from . import preferences

NAME = "openai"
TITLE = "OpenAI chat messages"
HOW = "messages with role and content, as programs and data sets for fine-tuning keep them"
FOLDER = "/imports/openai"

_CREATED = ("created_at", "createdAt", "created", "create_time", "created_utc", "timestamp", "date")
_SHAPE = chat.Shape(
    text=("content", "parts", "text", "value"),
    title=("title", "name", "subject"),
    created=_CREATED,
    updated=("updated_at", "updatedAt", "update_time", "updated_utc"),
    time=_CREATED,
)


def recognises(record: Mapping[str, Any]) -> bool:
    messages = record.get("messages")
    if isinstance(messages, list):
        return not messages or is_message(messages[0])
    chosen = record.get("chosen")
    return isinstance(chosen, list) and bool(chosen) and is_message(chosen[0])


def is_message(value: object) -> bool:
    """Whether it is a chat message by itself."""
    if not isinstance(value, dict) or not isinstance(value.get("role"), str) or "from" in value:
        return False
    return bool(_SAYS & value.keys())


_SAYS = frozenset(("content", "tool_calls", "function_call", "refusal", "text", "parts", "value"))


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """The messages in order; the calls of tools are written into the text."""
    messages = record.get("messages")
    if messages is None and isinstance(record.get("chosen"), list):
        messages = []
    if not isinstance(messages, list):
        return Skip(FOREIGN, "it has no list of messages")
    said = chat.turns(messages, work, _SHAPE)
    prompt = text_of(record.get("prompt"))
    if not said and prompt.strip() and "chosen" in record:
        said = [Turn("user", prompt)]
    draft = chat.drafted(
        record,
        said,
        work,
        _SHAPE,
        source_id=identity(first(record, ("id", "prompt_id"))),
        label=one_line(record.get("label")) or None,
        folder=one_line(record.get("folder")) or None,
    )
    return preferences.drafts(record, draft, work, _SHAPE)
