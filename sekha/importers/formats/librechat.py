"""LibreChat's export of a conversation: a list of messages, or a tree of messages in messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import branches, chat, tree
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..texts import first, text_of
from ..times import moment

NAME = "librechat"
TITLE = "LibreChat"
HOW = "the menu of a conversation > Export > JSON"
FOLDER = "/imports/librechat"

_CONTENT = chat.Shape(text=("content", "text"))
_NO_PARENT = "00000000-0000-0000-0000-000000000000"


def recognises(record: Mapping[str, Any]) -> bool:
    if "conversationId" not in record:
        return False
    told = "messagesTree" in record or "messages" in record
    return told or ("endpoint" in record and "exportAt" in record)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """The branch to the newest message: the export does not say which was shown."""
    listed = first(record, ("messagesTree", "messages"))
    if isinstance(listed, dict):
        listed = [listed]
    if not isinstance(listed, list):
        return Skip(FOREIGN, "it has no messages")
    nodes = _flat(listed)
    if nodes and not any("parentMessageId" in node for node in nodes.values()):
        nodes, parent_of, leaf = tree.line(list(nodes.values()))
    else:
        parent_of = tree.parents(nodes, "parentMessageId", "")
        leaf = tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))
    base = Draft(
        turns=[],
        source_id=text_of(record.get("conversationId")) or None,
        title=text_of(record.get("title")) or None,
        created_at=moment(record.get("createdAt")),
        updated_at=moment(record.get("updatedAt")),
    )
    work.model(first(record.get("options"), ("model",)))
    return branches.drafts(base, nodes, parent_of, leaf, _turn, work)


def _flat(listed: list[Any]) -> dict[str, dict[str, Any]]:
    """All messages by their ids; those in another's `children` are its replies."""
    nodes: dict[str, dict[str, Any]] = {}
    waiting: list[tuple[Any, str | None]] = [(each, None) for each in reversed(listed)]
    while waiting:
        message, parent = waiting.pop()
        if not isinstance(message, dict):
            continue
        name = text_of(message.get("messageId")) or f"message {len(nodes)}"
        children = message.get("children")
        known = {key: value for key, value in message.items() if key != "children"}
        if parent is not None:
            known["parentMessageId"] = parent
        elif known.get("parentMessageId") == _NO_PARENT:
            known["parentMessageId"] = None
        nodes[name] = known
        if isinstance(children, list):
            waiting += [(each, name) for each in reversed(children)]
    return nodes


def _time_order(message: Mapping[str, Any]) -> float:
    time = moment(message.get("createdAt"))
    return 0.0 if time is None else time.timestamp()


def _turn(message: Mapping[str, Any], work: Conversion) -> Turn | None:
    by_user = message.get("isCreatedByUser") is True
    by_user = by_user or text_of(message.get("sender")).lower() == "user"
    return chat.turn({**message, "role": "user" if by_user else "assistant"}, work, _CONTENT)
