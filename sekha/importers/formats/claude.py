"""Claude's data export: conversations with a list of messages, projects, and the memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import branches, chat, parts, texts, tree
from ..drafts import FOREIGN, NO_OBJECT, Conversion, Draft, Skip, Turn
from ..texts import as_text, join, text_of
from ..times import moment
from . import claude_more
from .claude_artifacts import tool_call, unwrapped

NAME = "claude"
TITLE = "Claude"
HOW = "Settings > Privacy > Export data: the zip, or the folder of zips, that the e-mail links to"
FOLDER = "/imports/claude"

_PARENT = "parent_message_uuid"
_UNSUPPORTED = "This block is not supported on your current device yet."
"""What the export writes into `text` in the place of a block that is in `content`."""


def recognises(record: Mapping[str, Any]) -> bool:
    return "chat_messages" in record or claude_more.recognises(record)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Draft | Skip:
    """All messages in order, or, if they name their parents, those of the branch shown last."""
    if "chat_messages" not in record and claude_more.recognises(record):
        return claude_more.convert(record, work)
    listed = record.get("chat_messages")
    if not isinstance(listed, list):
        return Skip(FOREIGN, "chat_messages is not a list")
    messages = [message for message in listed if isinstance(message, dict)]
    work.note(NO_OBJECT, len(listed) - len(messages))
    nodes, parent_of, leaf = _tree(record, messages)
    project = record.get("project")
    work.model(record.get("model"))
    base = Draft(
        turns=[],
        source_id=text_of(record.get("uuid")) or None,
        title=text_of(record.get("name")) or None,
        project=text_of(project.get("name")) if isinstance(project, dict) else None,
        created_at=moment(record.get("created_at")),
        updated_at=moment(record.get("updated_at")),
    )
    return branches.drafts(base, nodes, parent_of, leaf, _turn, work)


def _tree(
    record: Mapping[str, Any], messages: list[dict[str, Any]]
) -> tuple[dict[str, dict[str, Any]], dict[str, str | None], str | None]:
    """Most exports give the messages of one branch and no parents; then their order is all."""
    nodes = {text_of(message.get("uuid")): message for message in messages}
    linked = all(_PARENT in message for message in messages)
    parent_of = tree.parents(nodes, _PARENT, "")
    # An edited first message makes two roots, which then name the same parent.
    roots = {
        text_of(nodes[name].get(_PARENT)) for name, parent in parent_of.items() if parent is None
    }
    if not linked or len(nodes) < len(messages) or len(roots) > 1:
        return tree.line(messages)
    leaf: str | None = text_of(record.get("current_leaf_message_uuid"))
    if leaf not in nodes:
        leaf = tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))
    return nodes, parent_of, leaf


def _time_order(message: Mapping[str, Any]) -> float:
    time = moment(message.get("created_at"))
    return 0.0 if time is None else time.timestamp()


def _turn(message: Mapping[str, Any], work: Conversion) -> Turn | None:
    role = chat.role_of(message, chat.Shape(role=("sender", "role")))
    time = moment(message.get("created_at"))
    raw = [message.get(key) for key in ("text", "content", "attachments", "files")]
    return work.turn(role, _text(message, work), time, raw=[_shown(raw[1]), raw[0], *raw[2:]])


def _shown(content: object) -> object:
    """The content without the blocks that say nothing to anyone."""
    if not isinstance(content, list):
        return content
    silent = ("token_budget", "flag", "redacted_thinking")
    return [
        each for each in content if not isinstance(each, dict) or each.get("type") not in silent
    ]


def _text(message: Mapping[str, Any], work: Conversion) -> str:
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    said = [_block(block, work) for block in blocks]
    plain = text_of(message.get("text"))
    has_text = any(
        isinstance(block, dict) and block.get("type") == "text" and text_of(block.get("text"))
        for block in blocks
    )
    if not has_text and plain.replace(_UNSUPPORTED, "").strip(" `\n"):
        said.insert(0, unwrapped(plain))
    elif isinstance(content, str) and not plain.strip():
        said.append(unwrapped(content))
    return join([*said, *_files(message, work)])


def _block(block: object, work: Conversion) -> str:
    if not isinstance(block, dict):
        return as_text(block)
    kind = text_of(block.get("type"))
    if kind == "text":
        return join([unwrapped(text_of(block.get("text"))), _sources(block.get("citations"))])
    if kind == "redacted_thinking":
        work.note("redacted thinking left out")
        return ""
    if kind in ("token_budget", "flag"):
        return ""
    if kind.endswith("tool_use"):
        return tool_call(block)
    if kind.endswith("tool_result") and not block.get("content"):
        return texts.tool_result(work, block.get("name"), as_text(block.get("text")))
    return parts.text([block], work)


def _sources(citations: object) -> str:
    """The pages that an answer names, as links below it."""
    links = []
    for each in citations if isinstance(citations, list) else ():
        about = each.get("details") if isinstance(each, dict) else None
        known = {**each, **about} if isinstance(about, dict) else each
        if isinstance(known, dict) and text_of(known.get("url")):
            links.append(texts.link(known.get("title"), known.get("url")))
    return "\n".join(f"- {link}" for link in dict.fromkeys(links))


def _files(message: Mapping[str, Any], work: Conversion) -> list[str]:
    attachments = message.get("attachments")
    files = message.get("files")
    pieces: list[str] = []
    shown: set[str] = set()
    for item in attachments if isinstance(attachments, list) else ():
        if isinstance(item, dict):
            name = texts.one_line(item.get("file_name"))
            shown.add(name)
            pieces.append(texts.file(work, name, item.get("extracted_content")))
    for item in files if isinstance(files, list) else ():
        name = texts.one_line(item.get("file_name")) if isinstance(item, dict) else as_text(item)
        if name not in shown or not name:
            shown.add(name)
            kind = text_of(item.get("file_kind")) if isinstance(item, dict) else ""
            pieces.append((texts.image if kind == "image" else texts.file)(work, name))
    return pieces
