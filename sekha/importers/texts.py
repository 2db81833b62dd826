"""Text as it is stored: markers for what is no text, labels, and what a controller can take."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

LABEL_LENGTH = 60
LONGEST_LABEL = 200
UNTITLED = "Untitled"

IMAGE = "[image]"
AUDIO = "[audio]"
VIDEO = "[video]"

Notes = Counter[str]
"""What was changed or left out in a record, and how often."""


def image(notes: Notes) -> str:
    notes["image replaced by a marker"] += 1
    return IMAGE


def audio(notes: Notes) -> str:
    notes["audio replaced by a marker"] += 1
    return AUDIO


def video(notes: Notes) -> str:
    notes["video replaced by a marker"] += 1
    return VIDEO


def file(notes: Notes, name: object) -> str:
    notes["file replaced by a marker"] += 1
    return f"[file: {one_line(name)}]" if text_of(name).strip() else "[file]"


def unknown(notes: Notes, kind: object) -> str:
    notes["content of an unknown kind replaced by a marker"] += 1
    return f"[{one_line(kind) or 'unknown content'}]"


def tool_call(name: object, arguments: object) -> str:
    """A call of a tool by the model."""
    return join([f"[tool call: {one_line(name) or 'unnamed'}]", as_text(arguments)])


def fenced(code: str, language: object = None) -> str:
    """Code as Markdown, whatever backticks it holds."""
    fence = "```"
    while fence in code:
        fence += "`"
    name = one_line(language)
    return f"{fence}{'' if name == 'unknown' else name}\n{code.rstrip()}\n{fence}"


def join(pieces: Iterable[str], gap: str = "\n") -> str:
    """The pieces that are not blank, one below the other."""
    return gap.join(piece for piece in pieces if piece.strip())


def text_of(value: object) -> str:
    """The value if it is text, else nothing."""
    return value if isinstance(value, str) else ""


def as_text(value: object) -> str:
    """Text as it is, nothing for None, anything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def one_line(value: object) -> str:
    return " ".join(text_of(value).split())


def storable(text: str) -> str:
    """The text with halves of characters (lone surrogates), which UTF-8 cannot hold, replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def label(title: object, said: Iterable[tuple[str, str]]) -> str:
    """The title in one line, or the beginning of what the user (or else anyone) said.

    Args:
        said: role and text of each message.
    """
    named = one_line(title)
    if named:
        return _shortened(named, LONGEST_LABEL)
    spoken = [(role, text) for role, text in said if text and not text.isspace()]
    first = next((text for role, text in spoken if role == "user"), None)
    if first is None:
        first = spoken[0][1] if spoken else ""
    return _shortened(one_line(first[: 20 * LABEL_LENGTH]), LABEL_LENGTH) or UNTITLED


def _shortened(words: str, length: int) -> str:
    if len(words) <= length:
        return words
    head = words[:length]
    # Text without spaces, such as Japanese, has no place between words to cut at.
    return (head.rsplit(" ", 1)[0] if " " in head else head) + "…"


def parts_text(parts: object, notes: Notes) -> str:
    """Content in the form of chat APIs: text, or a list of typed parts."""
    if not isinstance(parts, list):
        return as_text(parts)
    return join(_part(part, notes) for part in parts)


def _part(part: object, notes: Notes) -> str:
    if not isinstance(part, dict):
        return as_text(part)
    kind = text_of(part.get("type"))
    if "image" in kind:
        return image(notes)
    if "audio" in kind:
        return join([text_of(_inner(part, kind).get("transcript")), audio(notes)])
    if "video" in kind:
        return video(notes)
    if "file" in kind:
        inner = _inner(part, kind)
        return file(notes, inner.get("filename") or inner.get("name") or inner.get("file_id"))
    for key in ("text", "refusal", "content"):
        if isinstance(part.get(key), str):
            return str(part[key])
    return unknown(notes, kind)


def _inner(part: dict[str, Any], kind: str) -> dict[str, Any]:
    inner = part.get(kind)
    return inner if isinstance(inner, dict) else part
