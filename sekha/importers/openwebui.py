"""Open WebUI's export of chats: trees of messages beside a list of those that were shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from . import texts, tree
from .records import Draft, Reservation, Skip
from .texts import Notes, join, parts_text, text_of
from .times import moment

NAME = "open-webui"
TITLE = "Open WebUI"
FOLDER = "/imports/open-webui"


def recognises(record: Mapping[str, Any]) -> bool:
    chat = record.get("chat")
    if isinstance(chat, dict):
        return "history" in chat or "messages" in chat
    history = record.get("history")
    return isinstance(history, dict) and ("messages" in history or "currentId" in history)


def convert(record: Mapping[str, Any]) -> Draft | Skip:
    """The branch from the root to `currentId`, or the chat's own list if there is no tree."""
    inner = record.get("chat")
    chat: Mapping[str, Any] = inner if isinstance(inner, dict) else record
    messages = _branch(chat)
    if messages is None:
        return Skip("not a conversation of this format", "it has neither a tree nor messages")
    notes: Notes = Counter()
    turns = []
    for message in messages:
        text = _text(message, notes)
        if text.strip():
            role = text_of(message.get("role")).strip()
            if not role:
                notes["message without a role kept as unknown"] += 1
            turns.append(Reservation(role or "unknown", text, moment(message.get("timestamp"))))
    return Draft(
        turns=turns,
        source_id=text_of(record.get("id")) or text_of(chat.get("id")) or None,
        title=text_of(record.get("title")) or text_of(chat.get("title")) or None,
        status="archived" if record.get("archived") is True else None,
        created_at=moment(record.get("created_at")) or moment(chat.get("timestamp")),
        updated_at=moment(record.get("updated_at")),
        notes=notes,
    )


def _branch(chat: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    history = chat.get("history")
    tree_messages = history.get("messages") if isinstance(history, dict) else None
    listed = chat.get("messages")
    if isinstance(history, dict) and isinstance(tree_messages, dict) and tree_messages:
        nodes = {name: node for name, node in tree_messages.items() if isinstance(node, dict)}
        parent_of = tree.parents(nodes, "parentId", "childrenIds")
        current = history.get("currentId")
        if not isinstance(current, str) or current not in nodes:
            current = tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))
        return [] if current is None else [nodes[name] for name in tree.path(current, parent_of)]
    if isinstance(listed, list):
        return [message for message in listed if isinstance(message, dict)]
    return [] if isinstance(tree_messages, dict) else None


def _time_order(message: Mapping[str, Any]) -> float:
    time = moment(message.get("timestamp"))
    return 0.0 if time is None else time.timestamp()


def _text(message: Mapping[str, Any], notes: Notes) -> str:
    pieces = [parts_text(message.get("content"), notes)]
    files = message.get("files")
    for item in files if isinstance(files, list) else ():
        if isinstance(item, dict) and item.get("type") == "image":
            pieces.append(texts.image(notes))
        elif isinstance(item, dict):
            inner = item.get("file")
            name = item.get("name") or (inner.get("filename") if isinstance(inner, dict) else None)
            pieces.append(texts.file(notes, name))
    return join(pieces)
