"""LM Studio's conversations: a file for each, whose messages have versions, and those steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import branches, parts, texts
from ..drafts import FOREIGN, OTHER_BRANCH, Conversion, Draft, Skip, Turn
from ..texts import first, identity, join, text_of
from ..times import moment

NAME = "lm-studio"
TITLE = "LM Studio"
HOW = "the folder ~/.lmstudio/conversations, or one of its .conversation.json files"
FOLDER = "/imports/lm-studio"


def recognises(record: Mapping[str, Any]) -> bool:
    listed = record.get("messages")
    if not isinstance(listed, list):
        return False
    if not listed:
        return "perChatPredictionConfig" in record
    return isinstance(listed[0], dict) and "versions" in listed[0]


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """Of each message the version that is selected; the others are other branches. Messages have
    no times of their own."""
    listed = record.get("messages")
    if not isinstance(listed, list):
        return Skip(FOREIGN, "it has no list of messages")
    turns: list[Turn] = []
    others: list[list[Turn]] = []
    for message in listed:
        selected, rest = _versions(message)
        if work.wishes.branches == "all":
            made = [turn for turn in (_turn(each, work.apart()) for each in rest) if turn]
            others += [[*turns[-1:], turn] for turn in made]
        else:
            work.note(OTHER_BRANCH, len(rest))
        turn = _turn(selected, work)
        turns += [] if turn is None else [turn]
    system = text_of(record.get("systemPrompt")) or _configured(record)
    if system.strip() and turns:
        turns.insert(0, Turn("system", system))
    work.model(first(first(record, ("lastUsedModel",)), ("identifier", "name")))
    whole = work.draft(
        turns,
        source_id=identity(record.get("id")),
        title=text_of(record.get("name")) or None,
        created_at=moment(record.get("createdAt")),
        updated_at=moment(first(record, ("assistantLastMessagedAt", "userLastMessagedAt"))),
    )
    return [whole, *branches.beside(whole, others)]


def _configured(record: Mapping[str, Any]) -> str:
    fields = first(record.get("perChatPredictionConfig"), ("fields",))
    for each in fields if isinstance(fields, list) else ():
        if isinstance(each, dict) and each.get("key") == "llm.prediction.systemPrompt":
            return text_of(each.get("value"))
    return ""


def _versions(message: Any) -> tuple[Any, list[Any]]:
    """The version of a message that is selected, and the others."""
    versions = message.get("versions") if isinstance(message, dict) else None
    if not isinstance(versions, list) or not versions:
        return message, []
    chosen = message.get("currentlySelected")
    number = chosen if type(chosen) is int and 0 <= chosen < len(versions) else 0
    return versions[number], versions[:number] + versions[number + 1 :]


def _turn(version: Any, work: Conversion) -> Turn | None:
    if not isinstance(version, dict):
        return work.turn("", "", raw=version)
    steps = version.get("steps")
    if isinstance(steps, list):
        said = join(_step(step, work) for step in steps if isinstance(step, dict))
    else:
        said = parts.text(version.get("content"), work)
    raw = [version.get("content"), steps, version.get("versions")]
    return work.turn(version.get("role"), said, raw=raw)


def _step(step: Mapping[str, Any], work: Conversion) -> str:
    if step.get("type") not in ("contentBlock", None):
        return ""
    said = parts.text(step.get("content"), work)
    thought = first(step.get("style"), ("type",)) == "thinking"
    return texts.thinking(said) if thought else said
