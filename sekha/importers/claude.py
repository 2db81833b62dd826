"""Claude's data export: conversations with a list of messages, each of typed blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from . import texts, tree
from .records import Draft, Reservation, Skip
from .texts import Notes, as_text, join, text_of
from .times import moment

NAME = "claude"
TITLE = "Claude"
FOLDER = "/imports/claude"

ROLES = {"human": "user"}
_PARENT = "parent_message_uuid"
_UNSUPPORTED = "This block is not supported on your current device yet."
"""What the export writes into `text` in the place of a block that is in `content`."""


def recognises(record: Mapping[str, Any]) -> bool:
    return "chat_messages" in record


def convert(record: Mapping[str, Any]) -> Draft | Skip:
    """All messages in order, or, if they name their parents, those of the branch shown last."""
    listed = record.get("chat_messages")
    if not isinstance(listed, list):
        return Skip("not a conversation of this format", "chat_messages is not a list")
    notes: Notes = Counter()
    messages = [message for message in listed if isinstance(message, dict)]
    if len(messages) < len(listed):
        notes["message that is not an object left out"] += len(listed) - len(messages)
    turns = []
    for message in _branch(record, messages):
        text = _text(message, notes)
        if text.strip():
            turns.append(
                Reservation(_role(message, notes), text, moment(message.get("created_at")))
            )
    return Draft(
        turns=turns,
        source_id=text_of(record.get("uuid")) or None,
        title=text_of(record.get("name")) or None,
        created_at=moment(record.get("created_at")),
        updated_at=moment(record.get("updated_at")),
        notes=notes,
    )


def _branch(record: Mapping[str, Any], messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Most exports give the messages of one branch and no parents; then their order is all."""
    nodes = {text_of(message.get("uuid")): message for message in messages}
    linked = all(_PARENT in message for message in messages)
    parent_of = tree.parents(nodes, _PARENT, "")
    # An edited first message makes two roots, which then name the same parent.
    roots = {
        text_of(nodes[name].get(_PARENT)) for name, parent in parent_of.items() if parent is None
    }
    if not linked or len(nodes) < len(messages) or len(roots) > 1:
        return messages
    leaf: str | None = text_of(record.get("current_leaf_message_uuid"))
    if leaf not in nodes:
        leaf = tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))
    return [] if leaf is None else [nodes[name] for name in tree.path(leaf, parent_of)]


def _time_order(message: Mapping[str, Any]) -> float:
    time = moment(message.get("created_at"))
    return 0.0 if time is None else time.timestamp()


def _role(message: Mapping[str, Any], notes: Notes) -> str:
    transport = text_of(message.get("transport")) or text_of(message.get("role"))
    if not transport.strip():
        notes["message without a role kept as unknown"] += 1
        return "unknown"
    return ROLES.get(transport, transport)


def _text(message: Mapping[str, Any], notes: Notes) -> str:
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    said = [_block(block, notes) for block in blocks]
    plain = text_of(message.get("text"))
    has_text = any(
        isinstance(block, dict) and block.get("type") == "text" and text_of(block.get("text"))
        for block in blocks
    )
    if not has_text and plain.replace(_UNSUPPORTED, "").strip(" `\n"):
        said.insert(0, plain)
    elif isinstance(content, str) and not plain.strip():
        said.append(content)
    return join([*said, *_files(message, notes)])


def _block(block: object, notes: Notes) -> str:
    if not isinstance(block, dict):
        return as_text(block)
    kind = text_of(block.get("type"))
    if kind == "text":
        return text_of(block.get("text"))
    if kind == "thinking":
        thought = text_of(block.get("thinking")) or text_of(block.get("text"))
        return f"[thinking]\n{thought}" if thought.strip() else ""
    if kind == "redacted_thinking":
        notes["redacted thinking left out"] += 1
        return ""
    if kind.endswith("tool_use"):
        return texts.tool_call(block.get("name"), block.get("input"))
    if kind.endswith("tool_result"):
        return _tool_result(block, notes)
    if kind == "image":
        return texts.image(notes)
    if kind in ("token_budget", "flag"):
        return ""
    return as_text(block.get("text")) or texts.unknown(notes, kind)


def _tool_result(block: Mapping[str, Any], notes: Notes) -> str:
    name = texts.one_line(block.get("name"))
    heading = f"[tool result: {name}]" if name else "[tool result]"
    content = block.get("content")
    if isinstance(content, list):
        return join([heading, *(_result_part(part, notes) for part in content)])
    return join([heading, as_text(content)])


def _result_part(part: object, notes: Notes) -> str:
    """A part of a tool's answer: a block as in messages, or a page that a search found."""
    if isinstance(part, dict) and part.get("type") == "knowledge":
        page = (text_of(part.get("title")), text_of(part.get("url")), text_of(part.get("text")))
        return join(page)
    return _block(part, notes)


def _files(message: Mapping[str, Any], notes: Notes) -> list[str]:
    attachments = message.get("attachments")
    files = message.get("files")
    pieces: list[str] = []
    shown: set[str] = set()
    for item in attachments if isinstance(attachments, list) else ():
        if isinstance(item, dict):
            name = texts.one_line(item.get("file_name"))
            shown.add(name)
            extracted = text_of(item.get("extracted_content"))
            heading = f"[attachment: {name}]" if name else "[attachment]"
            pieces.append(join([heading, extracted]) if extracted else texts.file(notes, name))
    for item in files if isinstance(files, list) else ():
        name = texts.one_line(item.get("file_name")) if isinstance(item, dict) else as_text(item)
        if name not in shown or not name:
            shown.add(name)
            pieces.append(texts.file(notes, name))
    return pieces
