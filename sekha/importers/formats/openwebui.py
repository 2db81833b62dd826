"""Open WebUI's export of chats: trees of messages beside a list of those that were shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import branches, chat, tree
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..texts import text_of
from ..times import moment
from . import openwebui_details

NAME = "open-webui"
TITLE = "Open WebUI"
HOW = "Settings > Data controls (or Chats) > Export chats"
FOLDER = "/imports/open-webui"


def recognises(record: Mapping[str, Any]) -> bool:
    inner = record.get("chat")
    if isinstance(inner, dict):
        return "history" in inner or "messages" in inner
    history = record.get("history")
    return isinstance(history, dict) and ("messages" in history or "currentId" in history)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """The branch from the root to `currentId`, or the chat's own list if there is no tree."""
    inner = record.get("chat")
    talk: Mapping[str, Any] = inner if isinstance(inner, dict) else record
    found = _tree(talk)
    if found is None:
        return Skip(FOREIGN, "it has neither a tree nor messages")
    base = Draft(
        turns=[],
        source_id=text_of(record.get("id")) or text_of(talk.get("id")) or None,
        title=text_of(record.get("title")) or text_of(talk.get("title")) or None,
        status="archived" if record.get("archived") is True else None,
        created_at=moment(record.get("created_at")) or moment(talk.get("timestamp")),
        updated_at=moment(record.get("updated_at")),
    )
    return branches.drafts(base, *found, _turn, work)


def _turn(message: Mapping[str, Any], work: Conversion) -> Turn | None:
    """Newer versions keep what an answer is made of in `output`, and may leave its text empty."""
    content, output = message.get("content"), message.get("output")
    if isinstance(output, list) and not text_of(content).strip():
        message = {**message, "content": output}
    elif isinstance(content, str):
        message = {**message, "content": openwebui_details.plain(content, work)}
    return chat.turn(message, work)


def _tree(
    talk: Mapping[str, Any],
) -> tuple[dict[str, dict[str, Any]], dict[str, str | None], str | None] | None:
    history = talk.get("history")
    messages = history.get("messages") if isinstance(history, dict) else None
    listed = talk.get("messages")
    if isinstance(history, dict) and isinstance(messages, dict) and messages:
        nodes = {name: node for name, node in messages.items() if isinstance(node, dict)}
        parent_of = tree.parents(nodes, "parentId", "childrenIds")
        current = history.get("currentId")
        if not isinstance(current, str) or current not in nodes:
            current = tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))
        return nodes, parent_of, current
    if isinstance(listed, list):
        return tree.line([message for message in listed if isinstance(message, dict)])
    return tree.line([]) if isinstance(messages, dict) else None


def _time_order(message: Mapping[str, Any]) -> float:
    time = moment(message.get("timestamp"))
    return 0.0 if time is None else time.timestamp()
