"""ChatGPT's data export: conversations as trees of messages, one branch of which was shown last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from . import tree
from .chatgpt_content import message_text
from .records import Draft, Reservation, Skip
from .texts import Notes, text_of
from .times import moment

NAME = "chatgpt"
TITLE = "ChatGPT"
FOLDER = "/imports/chatgpt"


def recognises(record: Mapping[str, Any]) -> bool:
    return "mapping" in record and "chat_messages" not in record


def convert(record: Mapping[str, Any]) -> Draft | Skip:
    """The branch from the root to `current_node`, or to the newest leaf if that is not known."""
    mapping = record.get("mapping")
    if not isinstance(mapping, dict):
        return Skip("not a conversation of this format", "it has no tree of messages")
    nodes = {name: node for name, node in mapping.items() if isinstance(node, dict)}
    notes: Notes = Counter()
    turns = []
    for name in _branch(record, nodes):
        turn = _turn(nodes[name].get("message"), notes)
        if turn is not None:
            turns.append(turn)
    return Draft(
        turns=turns,
        source_id=text_of(record.get("conversation_id")) or text_of(record.get("id")) or None,
        title=text_of(record.get("title")) or None,
        status="archived" if record.get("is_archived") is True else None,
        created_at=moment(record.get("create_time")),
        updated_at=moment(record.get("update_time")),
        notes=notes,
    )


def _branch(record: Mapping[str, Any], nodes: Mapping[str, dict[str, Any]]) -> list[str]:
    parent_of = tree.parents(nodes, "parent", "children")
    current = record.get("current_node")
    if not isinstance(current, str) or current not in nodes:
        current = tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))
    return [] if current is None else tree.path(current, parent_of)


def _time_order(node: Mapping[str, Any]) -> float:
    message = node.get("message")
    time = moment(message.get("create_time")) if isinstance(message, dict) else None
    return 0.0 if time is None else time.timestamp()


def _turn(message: object, notes: Notes) -> Reservation | None:
    if not isinstance(message, dict):
        return None
    metadata = message.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if metadata.get("is_visually_hidden_from_conversation") is True:
        notes["hidden message left out"] += 1
        return None
    text = message_text(message, metadata, notes)
    if not text.strip():
        return None
    author = message.get("author")
    role = text_of(author.get("role")).strip() if isinstance(author, dict) else ""
    if not role:
        notes["message without a role kept as unknown"] += 1
    return Reservation(role or "unknown", text, moment(message.get("create_time")))
