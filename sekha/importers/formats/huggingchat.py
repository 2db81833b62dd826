"""HuggingChat's export: conversations whose messages say whom they are `from`, often as a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import branches, chat, tree
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..texts import first, identity, text_of
from ..times import moment

NAME = "huggingchat"
TITLE = "HuggingChat"
HOW = "Settings > Export data (of a chat-ui server): the zip with conversations.json"
FOLDER = "/imports/huggingchat"

_SHAPE = chat.Shape(role=("from",), model=(), thinking=("reasoning",))


def recognises(record: Mapping[str, Any]) -> bool:
    listed = record.get("messages")
    if not isinstance(listed, list):
        return False
    if not listed:
        return "rootMessageId" in record
    return isinstance(listed[0], dict) and "from" in listed[0] and "content" in listed[0]


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """The branch to the newest message, or all in order if they name no ancestors."""
    listed = record.get("messages")
    if not isinstance(listed, list):
        return Skip(FOREIGN, "it has no list of messages")
    messages = [each for each in listed if isinstance(each, dict)]
    # A root without text stands above the first message.
    messages = [each for each in messages if each.get("content") or each.get("from") != "system"]
    work.model(record.get("model"))
    base = Draft(
        turns=[],
        source_id=identity(first(record, ("_id", "id", "sessionId"))),
        title=text_of(record.get("title")) or None,
        created_at=moment(record.get("createdAt")),
        updated_at=moment(record.get("updatedAt")),
    )
    return branches.drafts(base, *_tree(messages), _turn, work)


def _turn(message: Mapping[str, Any], work: Conversion) -> Turn | None:
    return chat.turn(message, work, _SHAPE)


def _tree(
    messages: list[dict[str, Any]],
) -> tuple[dict[str, dict[str, Any]], dict[str, str | None], str | None]:
    nodes = {text_of(each.get("id")): each for each in messages}
    linked = any(each.get("ancestors") for each in messages)
    if not linked or len(nodes) < len(messages):
        return tree.line(messages)
    parent_of: dict[str, str | None] = {}
    for name, message in nodes.items():
        ancestors = message.get("ancestors")
        known = (
            [each for each in ancestors if each in nodes]
            if isinstance(ancestors, list) and all(isinstance(each, str) for each in ancestors)
            else []
        )
        parent_of[name] = known[-1] if known else None
    return nodes, parent_of, tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))


def _time_order(message: Mapping[str, Any]) -> float:
    time = moment(message.get("createdAt"))
    return 0.0 if time is None else time.timestamp()
