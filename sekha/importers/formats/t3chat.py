"""T3 Chat's export: a list of threads, and one of the messages of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat
from ..drafts import FOREIGN, Conversion, Draft, Skip
from ..texts import first, identity, text_of
from ..times import moment

NAME = "t3-chat"
TITLE = "T3 Chat"
HOW = "Settings > History & sync > Export history"
FOLDER = "/imports/t3-chat"

_SHAPE = chat.Shape(
    text=("parts", "content"),
    time=("createdAt", "created_at", "_creationTime"),
    files=("files", "attachments"),
)
_IDS = ("threadId", "id", "_id")
_CREATED = ("createdAt", "created_at", "_creationTime")
_UPDATED = ("lastMessageAt", "last_message_at", "updatedAt", "updated_at")


def recognises(record: Mapping[str, Any]) -> bool:
    messages = record.get("messages")
    if not isinstance(messages, list):
        return "threads" in record and "version" in record and isinstance(record["threads"], list)
    if messages:
        return isinstance(messages[0], dict) and "threadId" in messages[0]
    return isinstance(record.get("threads"), list)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """A conversation for each thread, its messages by their times."""
    messages = record.get("messages")
    if not isinstance(messages, list):
        return Skip(FOREIGN, "it has no list of messages")
    listed = record.get("threads")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    threads = {identity(row[key]) or "": row for row in rows for key in _IDS if row.get(key)}
    groups: dict[str, list[Any]] = {}
    for message in messages:
        if isinstance(message, dict):
            groups.setdefault(identity(message.get("threadId")) or "", []).append(message)
    return [
        _draft(name, threads.get(name, {}), kept, work.apart()) for name, kept in groups.items()
    ]


def _draft(name: str, thread: Mapping[str, Any], kept: list[Any], work: Conversion) -> Draft:
    turns = chat.in_order(chat.turns(kept, work, _SHAPE))
    times = [turn.time for turn in turns if turn.time is not None]
    return work.draft(
        turns,
        source_id=name or None,
        title=text_of(first(thread, ("title", "userSetTitle"))) or None,
        created_at=moment(first(thread, _CREATED)) or min(times, default=None),
        updated_at=moment(first(thread, _UPDATED)) or max(times, default=None),
    )
