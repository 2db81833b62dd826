"""Mistral's Le Chat: a file of messages for each chat, in no order of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat, parts, texts
from ..drafts import Conversion, Draft, Skip, Turn
from ..folding import Groups
from ..texts import identity, join, text_of
from ..times import moment

NAME = "mistral"
TITLE = "Mistral Le Chat"
HOW = "Settings (Admin console) > Export my data: the zip with a chat-….json for each chat"
FOLDER = "/imports/mistral"


def recognises(record: Mapping[str, Any]) -> bool:
    return "chatId" in record and "role" in record and bool(_KEYS & record.keys())


_CHUNKS = "contentChunks"
_KEYS = frozenset((_CHUNKS, "parentVersion", "reaction", "canvas"))
"""What other programs whose messages name a `chatId` do not have."""


class FOLD(Groups):
    """Gathers the messages of a chat, in the order of their times."""

    def key(self, record: Mapping[str, Any]) -> str | None:
        return identity(record.get("chatId"))

    def drafts(self, key: str, kept: list[Any]) -> list[Draft | Skip]:
        work = self.origin.conversion()
        made = (_turn(message, work) for message in kept)
        turns = chat.in_order([turn for turn in made if turn is not None])
        times = [turn.time for turn in turns if turn.time is not None]
        return [
            work.draft(
                turns,
                source_id=key or None,
                created_at=min(times, default=None),
                updated_at=max(times, default=None),
            )
        ]


def _turn(message: Mapping[str, Any], work: Conversion) -> Turn | None:
    chunks = message.get(_CHUNKS)
    listed = [each for each in chunks if isinstance(each, dict)] if isinstance(chunks, list) else []
    thought = join(parts.text([each], work) for each in listed if _is_thought(each))
    said = [each for each in listed if not _is_thought(each)]
    content = parts.text(message.get("content"), work)
    # The last chunk says the content again; others are what was looked up and made on the way.
    if not content.strip() or any(text_of(each.get("text")) == content for each in said):
        content = ""
    text = join(
        [
            texts.thinking(thought),
            parts.text(said, work),
            content,
            *parts.files(message.get("files"), work),
            *parts.files(message.get("canvas"), work),
        ]
    )
    raw = [message.get(key) for key in ("content", _CHUNKS, "files")]
    return work.turn(message.get("role"), text, moment(message.get("createdAt")), raw=raw)


def _is_thought(chunk: Mapping[str, Any]) -> bool:
    context = chunk.get("_context")
    kind = context.get("type") if isinstance(context, dict) else chunk.get("type")
    return text_of(kind) in ("reasoning", "thinking")
