"""ChatGPT's data export: conversations as trees of messages, one branch of which was shown last.

The browser extensions that save what ChatGPT's own pages load write the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from .. import branches, tree
from ..drafts import FOREIGN, HIDDEN, TOOL_ROLES, Conversion, Draft, Skip, Turn, is_blank
from ..texts import join, text_of
from ..times import moment
from .chatgpt_content import message_text

NAME = "chatgpt"
TITLE = "ChatGPT"
HOW = "Settings > Data controls > Export data: the zip that the e-mail links to"
FOLDER = "/imports/chatgpt"

_PROJECT = "g-p-"
"""What the id of a project begins with; other "gizmos" are custom GPTs."""


def recognises(record: Mapping[str, Any]) -> bool:
    mapping = record.get("mapping")
    if "mapping" not in record or "chat_messages" in record:
        return False
    return not isinstance(mapping, dict) or not mapping or _is_tree(mapping)


def _is_tree(mapping: Mapping[str, Any]) -> bool:
    """Whether its nodes are of this format, as far as they are known: others have trees too."""
    nodes = [node for node in mapping.values() if isinstance(node, dict)]
    messages = [node["message"] for node in nodes if isinstance(node.get("message"), dict)]
    told = [each for each in messages[:5] if each]
    return not told or any("author" in each or "content" in each for each in told)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft | Skip] | Skip:
    """The branch from the root to `current_node`, or to the newest leaf if that is not known."""
    mapping = record.get("mapping")
    if not isinstance(mapping, dict):
        return Skip(FOREIGN, "it has no tree of messages")
    nodes = {name: node for name, node in mapping.items() if isinstance(node, dict)}
    if not _is_tree(nodes):
        return Skip(FOREIGN, "the messages of its tree have neither author nor content")
    parent_of = tree.parents(nodes, "parent", "children")
    current = record.get("current_node")
    if not isinstance(current, str) or current not in nodes:
        current = tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))
    gizmo = text_of(record.get("gizmo_id")) or text_of(record.get("conversation_template_id"))
    base = Draft(
        turns=[],
        source_id=text_of(record.get("conversation_id")) or text_of(record.get("id")) or None,
        title=text_of(record.get("title")) or None,
        project=text_of(record.get("project_name"))
        or (gizmo if gizmo.startswith(_PROJECT) else None),
        status="archived" if record.get("is_archived") is True else None,
        created_at=moment(record.get("create_time")),
        updated_at=moment(record.get("update_time")),
    )
    drafts = branches.drafts(base, nodes, parent_of, current, _turn, work, _says)
    return [*drafts, *_instructions(nodes)]


def _time_order(node: Mapping[str, Any]) -> float:
    message = node.get("message")
    time = moment(message.get("create_time")) if isinstance(message, dict) else None
    return 0.0 if time is None else time.timestamp()


def _turn(node: Mapping[str, Any], work: Conversion) -> Turn | None:
    message = node.get("message")
    if not isinstance(message, dict) or _context(message) is not None:
        return None
    metadata = message.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    author = message.get("author")
    role = text_of(author.get("role")).strip() if isinstance(author, dict) else ""
    hidden = metadata.get("is_visually_hidden_from_conversation") is True
    if hidden and role not in TOOL_ROLES and work.wishes.tool_output != "keep":
        work.note(HIDDEN)
        return None
    if role == "assistant":
        work.model(metadata.get("model_slug"))
    text = message_text(message, metadata, work)
    if role in TOOL_ROLES and text.strip():
        text = work.output(text)
        if not text:
            return None
    if not text.strip() and not _is_said(message):
        # The roots of all trees, and what a program left there for itself.
        return None
    time = moment(message.get("create_time"))
    return work.turn(role, text, time, raw=message.get("content"))


def _is_said(message: Mapping[str, Any]) -> bool:
    """Whether a message is one for its reader, not the recap of a thought or the like."""
    content = message.get("content")
    kind = content.get("content_type") if isinstance(content, dict) else None
    author = message.get("author")
    role = author.get("role") if isinstance(author, dict) else None
    return role != "system" and kind not in (
        "reasoning_recap",
        "model_editable_context",
        "thoughts",
    )


def _says(node: Mapping[str, Any]) -> bool:
    """Whether a node is a message with something in it, and not a hidden one."""
    message = node.get("message")
    if not isinstance(message, dict) or not _is_said(message):
        return False
    metadata = message.get("metadata")
    hidden = isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation")
    return hidden is not True and not is_blank(message.get("content"))


def _context(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The custom instructions, where this message is the hidden one that repeats them in every
    conversation."""
    metadata = message.get("metadata")
    content = message.get("content")
    if not isinstance(metadata, dict) or not isinstance(content, dict):
        return None
    if metadata.get("is_visually_hidden_from_conversation") is not True:
        return None
    return content if content.get("content_type") == "user_editable_context" else None


def _instructions(nodes: Mapping[str, Any]) -> list[Draft]:
    """The custom instructions, once for all conversations that had them."""
    for node in nodes.values():
        message = node.get("message")
        content = _context(message) if isinstance(message, dict) else None
        if content is None or not isinstance(message, dict):
            continue
        told = message["metadata"].get("user_context_message_data")
        told = told if isinstance(told, dict) else {}
        about = text_of(told.get("about_user_message")) or text_of(content.get("user_profile"))
        wish = text_of(told.get("about_model_message"))
        text = join([about, wish or text_of(content.get("user_instructions"))], gap="\n\n")
        if text.strip():
            known = blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
            return [
                Draft(
                    turns=[Turn("system", text)],
                    source_id=f"custom-instructions-{known}",
                    title="Custom instructions",
                    once=True,
                )
            ]
    return []
