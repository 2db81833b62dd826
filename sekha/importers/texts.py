"""Text as it is stored: markers for what is no text, labels, and what a controller can take."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .drafts import Conversion

LABEL_LENGTH = 60
LONGEST_LABEL = 200
UNTITLED = "Untitled"

_TICKS = re.compile("`{3,}")

Notes = Counter[str]
"""What was changed or left out in a record, and how often."""


def image(work: Conversion, name: object = None) -> str:
    """The mark of an image; `name` is its file's, or says what it shows."""
    work.note("image replaced by a marker")
    return _mark("image", name)


def audio(work: Conversion, name: object = None) -> str:
    work.note("audio replaced by a marker")
    return _mark("audio", name)


def video(work: Conversion, name: object = None) -> str:
    work.note("video replaced by a marker")
    return _mark("video", name)


def file(work: Conversion, name: object = None, said: object = None) -> str:
    """The mark of a file, or what it says below its name."""
    if text_of(said).strip():
        named = one_line(name)
        return join([f"[attachment: {named}]" if named else "[attachment]", text_of(said)])
    work.note("file replaced by a marker")
    return _mark("file", name)


def unknown(work: Conversion, kind: object) -> str:
    work.note("content of an unknown kind replaced by a marker")
    return f"[{one_line(kind) or 'unknown content'}]"


def _mark(kind: str, name: object) -> str:
    named = one_line(name)[:LONGEST_LABEL]
    return f"[{kind}: {named}]" if named else f"[{kind}]"


def thinking(thought: str) -> str:
    """What a model thought before it answered."""
    return f"[thinking]\n{thought}" if thought.strip() else ""


def tool_call(name: object, arguments: object) -> str:
    """A call of a tool by the model."""
    return join([f"[tool call: {one_line(name) or 'unnamed'}]", spread(arguments)])


def tool_result(work: Conversion, name: object, output: str) -> str:
    """What a tool gave back, as much as is wished."""
    kept = work.output(output)
    if not kept and output.strip():
        return ""
    named = one_line(name)
    return join([f"[tool result: {named}]" if named else "[tool result]", kept])


def link(title: object, url: object) -> str:
    """A Markdown link; what of the two there is, if one is missing."""
    address = text_of(url).strip().replace(" ", "%20")
    named = one_line(title).replace("[", "(").replace("]", ")")
    if not address.lower().startswith(("http://", "https://")):
        return named
    if "(" in address or ")" in address or "<" in address:
        address = f"<{address.replace('<', '%3C').replace('>', '%3E')}>"
    return f"[{named or address}]({address})"


def fenced(code: str, language: object = None) -> str:
    """Code as Markdown, whatever backticks it holds."""
    longest = max(map(len, _TICKS.findall(code)), default=2)
    fence = "`" * (longest + 1)
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


def spread(value: object) -> str:
    """As `as_text`, but an object with text of several lines one key after the other: escaped
    line ends would hide its words from every search."""
    if not isinstance(value, dict):
        return as_text(value)
    if not any(isinstance(inner, str) and "\n" in inner for inner in value.values()):
        return as_text(value)
    lines = []
    for key, inner in value.items():
        text = as_text(inner)
        lines.append(f"{key}:\n{text}" if "\n" in text else f"{key}: {text}")
    return "\n".join(lines)


def one_line(value: object) -> str:
    return " ".join(text_of(value).split())


def first(record: Any, keys: Iterable[str]) -> Any:
    """The first of the record's values that is neither missing nor empty."""
    if isinstance(record, dict):
        for key in keys:
            if record.get(key) not in (None, "", [], {}):
                return record[key]
    return None


def identity(value: object) -> str | None:
    """A source's own id as text; None if it is none."""
    if isinstance(value, dict):
        value = value.get("$oid")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


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
