"""Gemini in Google Takeout (My Activity as JSON): one entry for each prompt, with its answer.

The export does not say which prompts were one conversation, so each is one of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from . import texts
from .html_text import html_text
from .records import Draft, Reservation, Skip
from .texts import Notes, join, text_of
from .times import moment

NAME = "gemini"
TITLE = "Gemini"
FOLDER = "/imports/gemini"

_PRODUCTS = ("gemini", "bard")
_PROMPTS = (
    "Prompted with: ",
    "Asked Gemini: ",
    "Asked Bard: ",
    "Prompted ",
    "Asked ",
    "Said ",
)
"""What stands before a prompt in `title`, the longer ones first. Other languages have their own
words, which are left where they are."""

_OTHER_ACTIVITY = (
    "Created ",
    "Used ",
    "Added ",
    "Gave ",
    "Selected ",
    "Shared ",
    "Deleted ",
    "Viewed ",
    "Visited ",
    "Searched ",
    "Edited ",
    "Pinned ",
    "Renamed ",
    "Exported ",
    "Updated ",
)


def recognises(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("title"), str) and "time" in record and _is_gemini(record)


def convert(record: Mapping[str, Any]) -> Draft | Skip:
    """A prompt and its answer, if it has one."""
    title = text_of(record.get("title")).strip()
    if not title:
        return Skip("not a conversation of this format", "it has no title")
    if not _is_gemini(record):
        return Skip("the activity of another product", texts.one_line(record.get("header")))
    notes: Notes = Counter()
    answer = _answer(record)
    prompt = _prompt(title, answered=bool(answer))
    if prompt is None:
        return Skip("an activity that is not a prompt", texts.one_line(title)[:80])
    time = moment(record.get("time"))
    asked = join([prompt, *_files(record, notes)])
    turns = [Reservation("user", asked, time)]
    if answer:
        turns.append(Reservation("assistant", answer, time))
    return Draft(turns=turns, created_at=time, updated_at=time, notes=notes)


def _is_gemini(record: Mapping[str, Any]) -> bool:
    products = record.get("products")
    names = [record.get("header"), *(products if isinstance(products, list) else [])]
    told = [name.lower() for name in names if isinstance(name, str)]
    if not told:
        return "safeHtmlItem" in record
    return any(product in name for name in told for product in _PRODUCTS)


def _prompt(title: str, *, answered: bool) -> str | None:
    for beginning in _PROMPTS:
        if title.startswith(beginning):
            return title[len(beginning) :].strip()
    if title.startswith(_OTHER_ACTIVITY) or not answered:
        return None
    return title


def _answer(record: Mapping[str, Any]) -> str:
    items = record.get("safeHtmlItem")
    listed = items if isinstance(items, list) else [items]
    pages = [
        text_of(item.get("html") or item.get("htmlValue"))
        for item in listed
        if isinstance(item, dict)
    ]
    return join((html_text(page) for page in pages), gap="\n\n")


def _files(record: Mapping[str, Any], notes: Notes) -> list[str]:
    found = [texts.image(notes)] if record.get("imageFile") else []
    attached = record.get("attachedFiles")
    for item in attached if isinstance(attached, list) else ():
        found.append(texts.file(notes, item.get("name") if isinstance(item, dict) else item))
    if record.get("audioFiles"):
        found.append(texts.audio(notes))
    return found
