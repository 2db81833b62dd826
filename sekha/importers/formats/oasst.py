"""OpenAssistant's data sets: trees of messages, or the messages of many trees one after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import branches
from ..drafts import Conversion, Draft, Skip, Turn
from ..folding import Groups
from ..texts import identity, text_of
from ..times import moment

NAME = "oasst"
TITLE = "OpenAssistant trees"
HOW = "the data sets oasst1 and oasst2: the .trees.jsonl.gz or .messages.jsonl.gz"
FOLDER = "/imports/oasst"

_ROLES = {"prompter": "user"}


def recognises(record: Mapping[str, Any]) -> bool:
    if "message_tree_id" not in record:
        return False
    return "prompt" in record or "message_id" in record or "tree_state" in record


class FOLD(Groups):
    """A conversation for each tree: at each message the reply that was ranked first."""

    def key(self, record: Mapping[str, Any]) -> str | None:
        return None if "prompt" in record else identity(record.get("message_tree_id"))

    def drafts(self, key: str, kept: list[Any]) -> list[Draft | Skip]:
        if key:
            return list(_drafts(key, kept, self.origin.conversion()))
        record = kept[0]
        name = identity(record.get("message_tree_id")) or ""
        return list(_drafts(name, _flat(record.get("prompt")), self.origin.conversion()))


def _flat(prompt: object) -> list[Mapping[str, Any]]:
    """The messages of a tree, each with its parent."""
    found: list[Mapping[str, Any]] = []
    waiting: list[tuple[Any, object]] = [(prompt, None)]
    while waiting:
        message, parent = waiting.pop()
        if not isinstance(message, dict):
            continue
        known = {key: value for key, value in message.items() if key != "replies"}
        known["parent_id"] = parent
        found.append(known)
        replies = message.get("replies")
        listed = replies if isinstance(replies, list) else []
        waiting += [(each, message.get("message_id")) for each in reversed(listed)]
    return found


def _drafts(name: str, messages: list[Mapping[str, Any]], work: Conversion) -> list[Draft]:
    nodes = {
        identity(each.get("message_id")) or f"message {n}": each for n, each in enumerate(messages)
    }
    parent_of: dict[str, str | None] = {}
    children: dict[str | None, list[str]] = {}
    for node, message in nodes.items():
        parent = identity(message.get("parent_id"))
        parent_of[node] = parent if parent in nodes and parent != node else None
        children.setdefault(parent_of[node], []).append(node)
    times = [time for time in (moment(each.get("created_date")) for each in messages) if time]
    base = Draft(
        turns=[],
        source_id=name or None,
        created_at=min(times, default=None),
        updated_at=max(times, default=None),
    )
    return branches.drafts(base, nodes, parent_of, _best(children, nodes), _turn, work)


def _best(children: Mapping[str | None, list[str]], nodes: Mapping[str, Any]) -> str | None:
    """The end of the way that goes on with the best reply."""
    leaf: str | None = None
    seen: set[str] = set()
    while True:
        replies = [name for name in children.get(leaf, ()) if name not in seen]
        if not replies:
            return leaf
        leaf = min(replies, key=lambda name: _rank(nodes[name]))
        seen.add(leaf)


def _rank(message: Mapping[str, Any]) -> float:
    rank = message.get("rank")
    return float(rank) if isinstance(rank, int | float) else float("inf")


def _turn(message: Mapping[str, Any], work: Conversion) -> Turn | None:
    role = text_of(message.get("role"))
    work.model(message.get("model_name"))
    text = text_of(message.get("text"))
    time = moment(message.get("created_date"))
    return work.turn(_ROLES.get(role, role), text, time, raw=message.get("text"))
