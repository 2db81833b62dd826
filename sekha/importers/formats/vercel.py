"""Messages of the Vercel AI SDK, as programs made with it keep them: lists of typed parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat
from ..drafts import Draft, Skip
from ..folding import Groups
from ..texts import identity

NAME = "vercel-ai"
TITLE = "Vercel AI SDK messages"
HOW = "the UI messages (role and parts) that a program made with the SDK stores, as JSON or lines"
FOLDER = "/imports/vercel-ai"

_SHAPE = chat.Shape(text=("parts", "content"), id=("id", "chatId"))


def recognises(record: Mapping[str, Any]) -> bool:
    listed = record.get("messages")
    if isinstance(listed, list):
        return bool(listed) and _is_message(listed[0])
    return "chatId" in record and _is_message(record)


def is_message(value: Mapping[str, Any]) -> bool:
    """Whether it is a message by itself; a database's rows say of which chat they are."""
    return "chatId" not in value and _is_message(value)


def _is_message(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("role"), str):
        return False
    listed = value.get("parts")
    return isinstance(listed, list) and all(
        isinstance(part, dict) and isinstance(part.get("type"), str) for part in listed[:1]
    )


class FOLD(Groups):
    """A chat with its messages is one conversation; rows of messages are gathered by their chat."""

    def key(self, record: Mapping[str, Any]) -> str | None:
        return None if "messages" in record else identity(record.get("chatId"))

    def drafts(self, key: str, kept: list[Any]) -> list[Draft | Skip]:
        work = self.origin.conversion()
        if not key:
            return [chat.draft(kept[0], work, _SHAPE)]
        turns = chat.in_order(chat.turns(kept, work, _SHAPE))
        times = [turn.time for turn in turns if turn.time is not None]
        first, last = min(times, default=None), max(times, default=None)
        return [work.draft(turns, source_id=key, created_at=first, updated_at=last)]
