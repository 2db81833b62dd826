"""big-AGI's backup: conversations whose messages are lists of fragments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat, parts, texts
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..texts import as_text, first, identity, join, text_of
from ..times import moment

NAME = "big-agi"
TITLE = "big-AGI"
HOW = "Export > Backup (…agi.json), or a chat's menu > Export > JSON"
FOLDER = "/imports/big-agi"


def recognises(record: Mapping[str, Any]) -> bool:
    listed = record.get("messages")
    if not isinstance(listed, list):
        return False
    if "systemPurposeId" in record:
        return True
    fragments = first(listed[0], ("fragments",)) if listed else None
    return isinstance(fragments, list) and first(fragments[0], ("ft",)) is not None


def convert(record: Mapping[str, Any], work: Conversion) -> Draft | Skip:
    """The messages in order."""
    listed = record.get("messages")
    if not isinstance(listed, list):
        return Skip(FOREIGN, "it has no list of messages")
    turns = [turn for turn in (_turn(each, work) for each in listed) if turn is not None]
    return work.draft(
        turns,
        source_id=identity(record.get("id")),
        title=text_of(first(record, ("userTitle", "autoTitle"))) or None,
        status="archived" if record.get("isArchived") is True else None,
        created_at=moment(record.get("created")),
        updated_at=moment(record.get("updated")),
    )


def _turn(message: Any, work: Conversion) -> Turn | None:
    if not isinstance(message, dict):
        return work.turn("", "", raw=message)
    fragments = message.get("fragments")
    listed = (
        [each for each in fragments if isinstance(each, dict)]
        if isinstance(fragments, list)
        else []
    )
    role = chat.role_of(message, chat.Shape(role=("role", "sender")))
    if role == "assistant":
        work.model(first(message.get("generator"), ("name",)) or message.get("originLLM"))
    # Before fragments there were, a message had its text.
    said = [as_text(message.get("text")), *(_fragment(each, work) for each in listed)]
    raw = [message.get("text"), [each for each in listed if each.get("ft") != "void"]]
    return work.turn(role, join(said), moment(message.get("created")), raw=raw)


def _fragment(fragment: Mapping[str, Any], work: Conversion) -> str:
    part = fragment.get("part")
    if not isinstance(part, dict):
        return ""
    kind = text_of(part.get("pt"))
    if kind == "ma":
        return texts.thinking(text_of(part.get("aText")))
    if kind in ("ph", "_pt_sentinel"):
        return ""
    if kind == "annotations":
        listed = part.get("annotations")
        pages = (
            [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        )
        links = (texts.link(each.get("title"), each.get("url")) for each in pages)
        return "\n".join(f"- {link}" for link in links if link)
    if kind == "doc":
        name = first(part, ("l1Title", "ref")) or fragment.get("title")
        return texts.file(work, name, first(part.get("data"), ("text",)))
    if kind in ("image_ref", "reference", "image"):
        sound = part.get("assetType") == "audio"
        name = first(part, ("altText",)) or first(first(part, ("zRefSummary",)), ("text",))
        return (
            texts.audio(work, name) if sound else texts.image(work, name or fragment.get("title"))
        )
    if kind == "tool_invocation":
        call = part.get("invocation")
        return texts.tool_call(first(call, ("name", "type")), first(call, ("args", "code")))
    if kind == "tool_response":
        answer = part.get("response")
        given = as_text(first(answer, ("result",)))
        return texts.tool_result(work, first(answer, ("name", "type")), given)
    return parts.text(first(part, ("text", "error")), work) or texts.unknown(work, kind)
