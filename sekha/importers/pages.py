"""The activities in the HTML that Google Takeout writes, in the form of its JSON."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from .html_text import html_text
from .streaming import UNREADABLE, Damage, Element
from .times import of_words
from .utf8 import Utf8Chunks

_CELL = b'<div class="outer-cell'
_HEADER = '<p class="mdl-typography--title">'
_BODY = '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">'
_NEXT = '<div class="content-cell'
_LARGEST = 1 << 25
_FIRST = 4096
"""Characters in which a heading and the link of an activity stand."""
_LINK = re.compile(r'<a\s[^>]*href="([^"]*)"', re.IGNORECASE)
_CHAT = re.compile(r"https://(?:gemini|bard)\.google\.com/[^\"\s<]+")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def first_activities(body: bytes) -> Iterator[dict[str, Any]]:
    """The activities in the beginning of a page: those of several products may be in one."""
    for cell in body.split(_CELL)[1:]:
        activity = _activity(cell.decode("utf-8", "replace"))
        if activity is not None:
            yield activity


def activities(chunks: Utf8Chunks) -> Iterator[Element | Damage]:
    """All activities, one at a time, in the memory of the largest."""
    pending = b""
    number = -1
    searched = 0

    def made(cell: bytes) -> Element | Damage | None:
        if len(cell) > _LARGEST:
            return Damage(number, f"larger than {_LARGEST >> 20} MB")
        activity = _activity(cell.decode("utf-8", "replace"))
        return None if activity is None else Element(number, activity)

    for chunk in chunks:
        pending += chunk
        while (place := pending.find(_CELL, searched)) >= 0:
            if number >= 0:
                item = made(pending[:place])
                if item is not None:
                    yield item
            number += 1
            pending, searched = pending[place + len(_CELL) :], 0
        searched = max(0, len(pending) - len(_CELL))
        if number < 0 or len(pending) > _LARGEST:
            # What stands before the first activity is of no use, and of a too large one enough.
            pending = pending[-len(_CELL) :] if number < 0 else pending[: _LARGEST + 1]
            searched = 0 if number < 0 else searched
    if number >= 0:
        item = made(pending)
        if item is not None:
            yield item
    if chunks.failure is not None:
        yield Damage(number + 1, UNREADABLE, chunks.failure)


def _activity(cell: str) -> dict[str, Any] | None:
    _, titled, header = cell.partition(_HEADER)
    _, opening, content = cell.partition(_BODY)
    if not titled or not opening:
        return None
    body, _, rest = content.partition(_NEXT)
    asked, when, answer = _split(body.rstrip().removesuffix("</div>"))
    chat = _CHAT.search(html.unescape(rest)) or _CHAT.search(html.unescape(asked))
    link = _LINK.search(asked[:_FIRST])
    url = chat[0] if chat else html.unescape(link[1]) if link else ""
    found: dict[str, Any] = {
        "header": html_text(header[:_FIRST].partition("</p>")[0]),
        "title": html_text(asked, links=False),
        "titleUrl": url,
        "time": when,
    }
    if answer.strip():
        found["safeHtmlItem"] = [{"html": answer}]
    return found


def _split(body: str) -> tuple[str, str, str]:
    """What was asked, when, and the answer: the line that is a time stands between the two."""
    lines = _BREAK.split(body)
    for number, line in enumerate(lines):
        # The answer may begin in the line of the time, with a tag of its own.
        words, tag, answer = line.partition("<")
        said = html.unescape(words).strip()
        if number and 8 <= len(said) <= 60 and of_words(said) is not None:
            return (
                "<br>".join(lines[:number]),
                said,
                "<br>".join([tag + answer, *lines[number + 1 :]]),
            )
    return body, "", ""
