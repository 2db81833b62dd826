"""Gemini in Google Takeout (My Activity as JSON or HTML): one entry for each prompt, with its
answer. Where entries name their chat, those of one chat are one conversation."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .. import chat, texts
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..folding import Groups
from ..html_text import html_text
from ..texts import as_text, first, join, text_of
from ..times import moment

NAME = "gemini"
TITLE = "Gemini (Google Takeout)"
HOW = "takeout.google.com > My Activity > only Gemini Apps; JSON rather than HTML"
FOLDER = "/imports/gemini"

_PRODUCTS = ("gemini", "bard")
_PROMPT = re.compile(
    r"(?:Prompted with:|Asked Gemini:|Asked Bard:|Asked:|Typed:|Submitted query|Query submitted"
    r"|Prompted|Branched|Answered|Asked|Said)(?:\s+|$)"
)
"""What stands before a prompt in `title`. Other languages have their own words, which are left
where they are, but for those that set them off with a colon."""

_OTHER_ACTIVITY = re.compile(
    r"(?:Created|Used|Added|Gave|Selected|Shared|Deleted|Viewed|Visited|Searched|Edited|Pinned"
    r"|Renamed|Exported|Updated)\s"
)
_CHAT = re.compile(
    r"(?:gemini|bard)\.google\.com/(?:u/\d+/)?(?:app|chat|gem/[^/?#]+)/(?:c/)?([\w-]{6,})"
)
_ROLES = {
    **dict.fromkeys(("request", "prompt", "query", "user query"), "user"),
    **dict.fromkeys(("response", "answer", "reply", "model response"), "assistant"),
}


def recognises(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("title"), str) and "time" in record and _is_gemini(record)


def convert(record: Mapping[str, Any], work: Conversion) -> Draft | Skip:
    """A prompt and its answer, if it has one."""
    title = text_of(record.get("title")).strip()
    if not title:
        return Skip(FOREIGN, "it has no title")
    if not _is_gemini(record):
        return Skip("the activity of another product", texts.one_line(record.get("header")), True)
    time = moment(record.get("time"))
    turns = _told(record, time, work)
    if not turns:
        answer = _answer(record)
        prompt = _prompt(title, answered=bool(answer))
        if prompt is None:
            return Skip("an activity that is not a prompt", texts.one_line(title)[:80], True)
        turns = [
            Turn("user", join([prompt, *_files(record, work)]), time),
            Turn("assistant", answer, time),
        ]
    said = [turn for turn in turns if turn.text.strip()]
    return work.draft(said, created_at=time, updated_at=time)


class FOLD(Groups):
    """Gathers the entries of a chat, which are written the newest first."""

    def key(self, record: Mapping[str, Any]) -> str | None:
        found = _CHAT.search(text_of(record.get("titleUrl")))
        if found is not None:
            return found[1]
        # Since 2026 the chat is named among the details.
        details = record.get("details")
        listed = (
            [first(each, ("url", "name")) for each in details] if isinstance(details, list) else []
        )
        named = {match[1] for each in listed if (match := _CHAT.search(text_of(each)))}
        return named.pop() if len(named) == 1 else None

    def keep(self, record: Mapping[str, Any]) -> Draft | Skip:
        return convert(record, self.origin.conversion())

    def drafts(self, key: str, kept: list[Any]) -> list[Draft | Skip]:
        told = [each for each in kept if isinstance(each, Draft) and each.turns]
        others = [each for each in kept if not isinstance(each, Draft) or not each.turns]
        if not key or not told:
            return [*told, *others]
        work = self.origin.conversion()
        for each in told:
            work.notes.update(each.notes)
        times = [each.created_at for each in told if each.created_at is not None]
        # Equal times keep the order that the file has, turned round.
        turns = chat.in_order([turn for each in reversed(told) for turn in each.turns])
        whole = work.draft(
            turns,
            source_id=key,
            created_at=min(times, default=None),
            updated_at=max(times, default=None),
        )
        return [whole, *others]


def _is_gemini(record: Mapping[str, Any]) -> bool:
    products = record.get("products")
    names = [record.get("header"), *(products if isinstance(products, list) else [])]
    told = [name.lower() for name in names if isinstance(name, str)]
    if not told:
        return "safeHtmlItem" in record
    return any(product in name for name in told for product in _PRODUCTS)


def _told(record: Mapping[str, Any], time: datetime | None, work: Conversion) -> list[Turn]:
    """What entries say that keep both sides in fields of their own."""
    turns = []
    details = record.get("details")
    for item in details if isinstance(details, list) else ():
        role = _ROLES.get(text_of(first(item, ("name",))).lower())
        said = text_of(first(item, ("value",)))
        if role and said.strip():
            turns.append(Turn(role, said, time))
    interactions = record.get("userInteractions")
    for item in interactions if isinstance(interactions, list) else ():
        inner = first(item, ("userInteraction",))
        for key in ("request", "response"):
            said = _of_json(first(inner, (key,)))
            if said.strip():
                turns.append(Turn(_ROLES[key], said, time))
    if turns and turns[0].role == "user":
        marks = join([turns[0].text, *_files(record, work)])
        turns[0] = Turn("user", marks, time)
    return turns


def _of_json(value: object) -> str:
    """The words in a field that holds JSON as text; the field itself if it does not."""
    said = as_text(value)
    try:
        told = json.loads(said) if said[:1] in "[{" else said
    except (ValueError, RecursionError):
        return said
    if isinstance(told, str):
        return told
    found, waiting = [], [told]
    while waiting:
        inner = waiting.pop(0)
        if isinstance(inner, dict):
            words = first(inner, ("text", "prompt", "content", "value"))
            if isinstance(words, str):
                found.append(words)
            else:
                waiting = [*inner.values(), *waiting]
        elif isinstance(inner, list):
            waiting = [*inner, *waiting]
    return join(found) or said


def _prompt(title: str, *, answered: bool) -> str | None:
    beginning = _PROMPT.match(title)
    if beginning:
        return title[beginning.end() :].strip()
    if not answered:
        return None
    if _OTHER_ACTIVITY.match(title):
        # What was made, such as a canvas, is said below.
        return title
    # Other languages set their word for it off with a space that does not break.
    before, colon, said = title.partition("\u00a0:")
    return said.strip() if colon and len(before) < 40 and said.strip() else title


def _answer(record: Mapping[str, Any]) -> str:
    items = record.get("safeHtmlItem")
    listed = items if isinstance(items, list) else [items]
    pages = [
        text_of(item.get("html") or item.get("htmlValue"))
        for item in listed
        if isinstance(item, dict)
    ]
    return join((html_text(page) for page in pages), gap="\n\n")


def _files(record: Mapping[str, Any], work: Conversion) -> list[str]:
    found = [texts.image(work, record.get("imageFile"))] if record.get("imageFile") else []
    attached = record.get("attachedFiles")
    for item in attached if isinstance(attached, list) else ():
        found.append(texts.file(work, item.get("name") if isinstance(item, dict) else item))
    for item in record["subtitles"] if isinstance(record.get("subtitles"), list) else ():
        if isinstance(item, dict) and item.get("url"):
            found.append(texts.link(item.get("name"), item.get("url")))
    if record.get("audioFiles"):
        found.append(texts.audio(work))
    return found
