"""DeepSeek's data export: trees like ChatGPT's, whose messages are lists of fragments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import branches, parts, texts, tree
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..texts import as_text, identity, join, text_of
from ..times import moment

NAME = "deepseek"
TITLE = "DeepSeek"
HOW = "Settings > Data > Export all chats: the zip with conversations.json"
FOLDER = "/imports/deepseek"

_USER = "REQUEST"

_ASKS = "asks"


def recognises(record: Mapping[str, Any]) -> bool:
    mapping = record.get("mapping")
    if not isinstance(mapping, dict):
        return False
    if "inserted_at" in record:
        return True
    messages = [node.get("message") for node in mapping.values() if isinstance(node, dict)]
    return any(isinstance(message, dict) and "fragments" in message for message in messages)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """The branch to the newest leaf: the export does not say which was shown."""
    mapping = record.get("mapping")
    if not isinstance(mapping, dict):
        return Skip(FOREIGN, "it has no tree of messages")
    nodes = {name: node for name, node in mapping.items() if isinstance(node, dict)}
    parent_of = tree.parents(nodes, "parent", "children")
    nodes = _with_roles(nodes, parent_of)
    leaf = tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))
    base = Draft(
        turns=[],
        source_id=identity(record.get("id")),
        title=text_of(record.get("title")) or None,
        created_at=moment(record.get("inserted_at")),
        updated_at=moment(record.get("updated_at")),
    )
    return branches.drafts(base, nodes, parent_of, leaf, _turn, work)


def _with_roles(
    nodes: Mapping[str, dict[str, Any]], parent_of: Mapping[str, str | None]
) -> dict[str, dict[str, Any]]:
    """Older exports do not say who speaks: the one that stands below the root asks, and then the
    two take turns."""
    asks: dict[str, bool] = {}
    for name in nodes:
        way: dict[str, None] = {}
        above: str | None = name
        while above is not None and above not in asks and above not in way:
            way[above] = None
            above = parent_of.get(above)
        before = asks.get(above, False) if above is not None else False
        for each in reversed(way):
            # The root says nothing.
            before = not before if isinstance(nodes[each].get("message"), dict) else False
            asks[each] = before
    return {name: {**node, _ASKS: asks[name]} for name, node in nodes.items()}


def _time_order(node: Mapping[str, Any]) -> float:
    message = node.get("message")
    time = moment(message.get("inserted_at")) if isinstance(message, dict) else None
    return 0.0 if time is None else time.timestamp()


def _turn(node: Mapping[str, Any], work: Conversion) -> Turn | None:
    message = node.get("message")
    if not isinstance(message, dict):
        return None
    listed = message.get("fragments")
    fragments = (
        [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    )
    role = text_of(message.get("role")).lower()
    if not role:
        kinds = {text_of(each.get("type")).upper() for each in fragments}
        asked = _USER in kinds if fragments else node.get(_ASKS) is True
        role = "user" if asked else "assistant"
    if role == "assistant":
        work.model(message.get("model"))
    # Older exports have the text in the message itself.
    said = [
        texts.thinking(text_of(message.get("reasoning_content"))),
        as_text(message.get("content")),
        *(_fragment(each, work) for each in fragments),
        *parts.files(message.get("files"), work),
    ]
    raw = [message.get("content"), fragments, message.get("files")]
    return work.turn(role, join(said), moment(message.get("inserted_at")), raw=raw)


def _fragment(fragment: Mapping[str, Any], work: Conversion) -> str:
    kind = text_of(fragment.get("type")).upper()
    content = as_text(fragment.get("content"))
    if kind == "THINK":
        return texts.thinking(content)
    results = fragment.get("results")
    if isinstance(results, list):
        pages = [each for each in results if isinstance(each, dict)]
        links = [texts.link(each.get("title"), each.get("url")) for each in pages]
        found = texts.tool_result(work, "search", "\n".join(filter(None, links)))
        return join([content, found])
    return content
