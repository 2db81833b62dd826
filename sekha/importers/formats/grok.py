"""Grok's account export: `conversations` of a `conversation` and its `responses`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import branches, texts, tree
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..texts import as_text, first, identity, join, text_of
from ..times import moment

NAME = "grok"
TITLE = "Grok"
HOW = "accounts.x.ai/data > Download: the zip with prod-grok-backend.json"
FOLDER = "/imports/grok"


def recognises(record: Mapping[str, Any]) -> bool:
    about = record.get("conversation")
    return isinstance(about, dict) and ("responses" in record or "leaf_response_id" in about)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """The branch to `leaf_response_id`, or the responses in order if they name no parents."""
    about, listed = record.get("conversation"), record.get("responses")
    if not isinstance(about, dict) or not isinstance(listed, list):
        return Skip(FOREIGN, "it has no list of responses")
    responses = []
    for item in listed:
        inner = item.get("response") if isinstance(item, dict) else None
        responses.append(inner if isinstance(inner, dict) else item)
    messages = [each for each in responses if isinstance(each, dict)]
    base = Draft(
        turns=[],
        source_id=identity(about.get("id")),
        title=text_of(about.get("title")) or None,
        created_at=moment(about.get("create_time")),
        updated_at=moment(about.get("modify_time")),
    )
    nodes, parent_of, leaf = _tree(about, messages)
    return branches.drafts(base, nodes, parent_of, leaf, _turn, work)


def _tree(
    about: Mapping[str, Any], messages: list[dict[str, Any]]
) -> tuple[dict[str, dict[str, Any]], dict[str, str | None], str | None]:
    nodes = {identity(each.get("_id")) or "": each for each in messages}
    parents = [each.get("parent_response_id") for each in messages]
    linked = sum(isinstance(each, str) and each in nodes for each in parents)
    if len(nodes) < len(messages) or not linked:
        return tree.line(messages)
    parent_of = tree.parents(nodes, "parent_response_id", "")
    # A message that names no parent goes on from the one before it.
    names = list(nodes)
    for before, name in zip(names, names[1:], strict=False):
        if parent_of[name] is None and not nodes[name].get("parent_response_id"):
            parent_of[name] = before
    leaf = identity(about.get("leaf_response_id"))
    if leaf not in nodes:
        leaf = tree.newest_leaf(parent_of, lambda name: _time_order(nodes[name]))
    return nodes, parent_of, leaf


def _time_order(message: Mapping[str, Any]) -> float:
    time = moment(message.get("create_time"))
    return 0.0 if time is None else time.timestamp()


def _turn(message: Mapping[str, Any], work: Conversion) -> Turn | None:
    sender = text_of(message.get("sender")).lower()
    # The answers are signed with "assistant", "ASSISTANT" or the name of a model.
    role = "user" if sender in ("human", "user") else "assistant"
    if role == "assistant":
        work.model(message.get("model"))
    said = [
        texts.thinking(_thought(message)),
        as_text(message.get("message")),
        *_marks(message, work),
        _sources(message),
        text_of(message.get("error")) if not message.get("message") else "",
    ]
    raw = [message.get(key) for key in ("message", "query", "error")]
    return work.turn(role, join(said), moment(message.get("create_time")), raw=raw)


def _thought(message: Mapping[str, Any]) -> str:
    thought = text_of(message.get("thinking_trace"))
    if thought.strip():
        return thought
    traces = message.get("agent_thinking_traces")
    listed = traces if isinstance(traces, list) else []
    return join(text_of(first(each, ("thinking_trace",))) for each in listed)


def _marks(message: Mapping[str, Any], work: Conversion) -> list[str]:
    images = message.get("generated_image_urls")
    made = (
        [texts.image(work, message.get("query")) for _ in images or ()]
        if isinstance(images, list)
        else []
    )
    files = message.get("file_attachments")
    for item in files if isinstance(files, list) else ():
        name = first(item, ("file_name", "fileName", "name")) if isinstance(item, dict) else item
        made.append(texts.file(work, name))
    return made


def _sources(message: Mapping[str, Any]) -> str:
    """The pages that the answer names."""
    listed = message.get("cited_web_search_results")
    pages = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    links = (texts.link(each.get("title"), each.get("url")) for each in pages)
    return "\n".join(f"- {link}" for link in dict.fromkeys(links) if link)
