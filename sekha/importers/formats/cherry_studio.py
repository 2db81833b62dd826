"""Cherry Studio's backup (data.json): topics whose messages are made of blocks in another table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .. import chat, parts, texts
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..texts import as_text, first, identity, join, text_of
from ..times import moment

NAME = "cherry-studio"
TITLE = "Cherry Studio"
HOW = "Settings > Data > Backup: the zip with data.json (newer backups hold the program's own \
database, which is not read: there export the topics)"
FOLDER = "/imports/cherry-studio"


def recognises(record: Mapping[str, Any]) -> bool:
    return "localStorage" in record and ("indexedDB" in record or "version" in record)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft | Skip] | Skip:
    """A conversation for each topic; its assistant's name is the folder."""
    tables = record.get("indexedDB")
    topics = tables.get("topics") if isinstance(tables, dict) else None
    if not isinstance(tables, dict) or not isinstance(topics, list):
        return Skip(FOREIGN, "it has no topics")
    listed = tables.get("message_blocks")
    blocks: dict[str, list[Mapping[str, Any]]] = {}
    for block in listed if isinstance(listed, list) else ():
        if isinstance(block, dict):
            blocks.setdefault(text_of(block.get("messageId")), []).append(block)
    names = _names(record.get("localStorage"))
    return [
        _draft(topic, blocks, names, work.apart()) for topic in topics if isinstance(topic, dict)
    ]


def _names(storage: object) -> dict[str, tuple[str, str]]:
    """Each topic's title and its assistant's name, which are JSON in JSON."""
    kept = _of_json(first(storage, ("persist:cherry-studio",)))
    assistants = first(_of_json(first(kept, ("assistants",))), ("assistants",))
    found = {}
    for assistant in assistants if isinstance(assistants, list) else ():
        topics = first(assistant, ("topics",))
        for topic in topics if isinstance(topics, list) else ():
            name = identity(first(topic, ("id",)))
            if name:
                about = (first(topic, ("name",)), first(assistant, ("name",)))
                found[name] = (text_of(about[0]), text_of(about[1]))
    return found


def _of_json(value: object) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _draft(
    topic: Mapping[str, Any],
    blocks: Mapping[str, list[Mapping[str, Any]]],
    names: Mapping[str, tuple[str, str]],
    work: Conversion,
) -> Draft | Skip:
    listed = topic.get("messages")
    if not isinstance(listed, list):
        return Skip(FOREIGN, "a topic without messages")
    made = (_turn(each, blocks, work) for each in listed if isinstance(each, dict))
    turns = [turn for turn in made if turn is not None]
    times = [turn.time for turn in turns if turn.time is not None]
    topic_id = identity(topic.get("id"))
    title, assistant = names.get(topic_id or "", ("", ""))
    return work.draft(
        turns,
        source_id=topic_id,
        title=title or text_of(topic.get("name")) or None,
        project=assistant or None,
        created_at=moment(topic.get("createdAt")) or min(times, default=None),
        updated_at=moment(topic.get("updatedAt")) or max(times, default=None),
    )


def _turn(
    message: Mapping[str, Any], blocks: Mapping[str, list[Mapping[str, Any]]], work: Conversion
) -> Turn | None:
    if message.get("type") == "clear":
        return None
    own = {text_of(each.get("id")): each for each in blocks.get(text_of(message.get("id")), ())}
    order = message.get("blocks")
    named = (
        [own[name] for name in order if name in own]
        if isinstance(order, list) and all(isinstance(name, str) for name in order)
        else []
    )
    mine = named + [each for name, each in own.items() if each not in named]
    if chat.role_of(message) == "assistant":
        work.model(message.get("modelId"))
    # Before blocks there were, the text was in the message.
    said = [as_text(message.get("content")), *(_block(each, work) for each in mine)]
    raw = [message.get("content"), [each.get("content") for each in mine]]
    return work.turn(chat.role_of(message), join(said), moment(message.get("createdAt")), raw=raw)


def _block(block: Mapping[str, Any], work: Conversion) -> str:
    kind = text_of(block.get("type"))
    content = block.get("content")
    if kind == "thinking":
        return texts.thinking(as_text(content))
    if kind == "code":
        return texts.fenced(as_text(content), block.get("language"))
    if kind == "tool":
        call = texts.tool_call(block.get("toolName") or block.get("toolId"), block.get("arguments"))
        given = parts.text(content, work)
        return join([call, texts.tool_result(work, None, given) if given.strip() else ""])
    if kind in ("image", "file", "video"):
        name = first(block.get("file"), ("origin_name", "name"))
        return {"image": texts.image, "file": texts.file, "video": texts.video}[kind](work, name)
    if kind == "citation":
        results = first(block.get("response"), ("results",))
        listed = results if isinstance(results, list) else first(results, ("results",))
        pages = (
            [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        )
        links = (texts.link(each.get("title"), first(each, ("url", "link"))) for each in pages)
        return "\n".join(f"- {link}" for link in links if link)
    if kind == "error":
        return text_of(first(block.get("error"), ("message",)))
    return parts.text(content, work)
