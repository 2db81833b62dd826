"""What browser extensions save of a chat in a form of their own: the "ChatGPT Exporter" family
(`role` Prompt or Response, and what they `say`), and lists of pairs as text generation programs
keep them. Extensions that save ChatGPT's own form are read as that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import chat
from ..drafts import FOREIGN, Conversion, Draft, Skip
from ..texts import first, text_of
from ..times import moment

NAME = "chatgpt-exporter"
TITLE = "ChatGPT exporter extensions"
HOW = "the extension's Export > JSON, on the page of the chat"
FOLDER = "/imports/chatgpt-exporter"

_SHAPE = chat.Shape(
    text=("say", "content"),
    time=("time", "createdAt", "create_time", "timestamp"),
    roles={"Prompt": "user", "Response": "assistant"},
)


def recognises(record: Mapping[str, Any]) -> bool:
    if isinstance(record.get("visible"), list) and isinstance(record.get("internal"), list):
        return True
    listed = record.get("messages")
    if not isinstance(listed, list) or not listed or not isinstance(listed[0], dict):
        return False
    about = record.get("metadata")
    powered = isinstance(about, dict) and "powered_by" in about
    return powered or ("say" in listed[0] and "role" in listed[0])


def convert(record: Mapping[str, Any], work: Conversion) -> Draft | Skip:
    if isinstance(record.get("visible"), list):
        return _of_pairs(record, work)
    listed = record.get("messages")
    if not isinstance(listed, list):
        return Skip(FOREIGN, "it has no list of messages")
    about = record.get("metadata")
    about = about if isinstance(about, dict) else {}
    dates = about.get("dates")
    link = text_of(about.get("link")) or text_of(record.get("link"))
    return chat.drafted(
        record,
        chat.turns(listed, work, _SHAPE),
        work,
        _SHAPE,
        source_id=link.rstrip("/").rpartition("/")[2] or None,
        title=text_of(record.get("title")) or text_of(about.get("title")) or None,
        created_at=moment(first(dates, ("created",))),
        updated_at=moment(first(dates, ("updated",))),
    )


def _of_pairs(record: Mapping[str, Any], work: Conversion) -> Draft:
    turns = []
    for pair in record["visible"]:
        for role, said in zip(
            ("user", "assistant"), pair if isinstance(pair, list) else (), strict=False
        ):
            # What begins such a list is said to nobody.
            if text_of(said) not in ("", "<|BEGIN-VISIBLE-CHAT|>"):
                turn = work.turn(role, text_of(said), raw=said)
                turns += [] if turn is None else [turn]
    return work.draft(turns)
