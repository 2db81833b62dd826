"""LobeChat's export: tables of messages, topics and sessions, or one topic by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat, texts
from ..drafts import FOREIGN, Conversion, Draft, Skip
from ..texts import first, identity, text_of
from ..times import moment

NAME = "lobechat"
TITLE = "LobeChat"
HOW = "Settings > Data storage > Export data; or a topic's menu > Export > JSON"
FOLDER = "/imports/lobechat"

_TABLES = frozenset(("messages", "topics", "sessions", "sessionGroups"))
_SHAPE = chat.Shape(files=("files", "fileList", "imageList"))


def recognises(record: Mapping[str, Any]) -> bool:
    if "exportedAt" in record and "messages" in record and "version" in record:
        return "threads" not in record
    tables = record.get("state", record.get("data"))
    if not isinstance(tables, dict):
        return False
    told = {"exportType", "schemaHash", "mode", "version"} & record.keys()
    return (
        bool(told or _TABLES & tables.keys())
        and "chats" not in tables
        and bool(_TABLES & tables.keys() or {"schemaHash", "exportType"} & record.keys())
    )


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft | Skip] | Draft | Skip:
    """A conversation for each topic, and for what of a session is in none."""
    tables = record.get("state", record.get("data"))
    if not isinstance(tables, dict):
        return chat.draft(_spoken(record), work, _SHAPE)
    messages = tables.get("messages")
    if not isinstance(messages, list):
        return Skip(FOREIGN, "it has no messages")
    topics = _by_id(tables.get("topics"))
    sessions = {**_by_id(tables.get("agents")), **_by_id(tables.get("sessions"))}
    groups: dict[tuple[str, str], list[Any]] = {}
    for message in messages:
        if isinstance(message, dict):
            session = message.get("sessionId") or message.get("agentId")
            key = (identity(session) or "", identity(message.get("topicId")) or "")
            groups.setdefault(key, []).append(message)
    return [
        _draft(kept, topics.get(topic), sessions.get(session), topic or session, work.apart())
        for (session, topic), kept in groups.items()
    ]


def _by_id(listed: object) -> dict[str, Mapping[str, Any]]:
    rows = listed if isinstance(listed, list) else []
    return {identity(row.get("id")) or "": row for row in rows if isinstance(row, dict)}


def _draft(
    messages: list[Any],
    topic: Mapping[str, Any] | None,
    session: Mapping[str, Any] | None,
    name: str,
    work: Conversion,
) -> Draft:
    turns = chat.in_order(chat.turns(map(_spoken_message, messages), work, _SHAPE))
    times = [turn.time for turn in turns if turn.time is not None]
    named = text_of(first(session, ("title",))) or text_of(
        first(first(session, ("meta",)), ("title",))
    )
    return work.draft(
        turns,
        source_id=name or None,
        title=text_of(first(topic, ("title",))) or named or None,
        project=named or None,
        created_at=moment(first(topic, ("createdAt",))) or min(times, default=None),
        updated_at=moment(first(topic, ("updatedAt",))) or max(times, default=None),
    )


def _spoken(record: Mapping[str, Any]) -> Mapping[str, Any]:
    listed = record.get("messages")
    told = [_spoken_message(each) for each in listed] if isinstance(listed, list) else listed
    return {**record, "messages": told}


def _spoken_message(message: Any) -> Any:
    """A message whose calls of tools have the keys that all others use."""
    if not isinstance(message, dict) or not isinstance(message.get("tools"), list):
        return message
    calls = [
        {"name": ".".join(_names(tool)), "arguments": tool.get("arguments")}
        for tool in message["tools"]
        if isinstance(tool, dict)
    ]
    return {**message, "tool_calls": calls}


def _names(tool: Mapping[str, Any]) -> list[str]:
    return [texts.one_line(tool.get(key)) for key in ("identifier", "apiName") if tool.get(key)]
