"""What frameworks' items say in words, and what a model is told of what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .codec import Said, strings_of
from .labels import BatchLabel, VersionLabel

if TYPE_CHECKING:
    from ...models import RecallResult

TEXT_KEYS = (
    *("text", "content", "contents", "parts", "blocks", "summary", "transcript", "refusal"),
    *("arguments", "args", "input", "output", "result", "response"),
)
"""Where the items of model APIs keep what people could read."""
NESTED_KEYS = (
    *("function", "function_call", "functionCall", "tool_calls"),
    *("function_response", "functionResponse"),
)
"""Where they keep the calls of tools."""
MOST_CHARACTERS = 8_000
LONGEST_MESSAGE = 1_500


def item_words(item: Any) -> Said:
    """What an item of OpenAI's APIs says: a message, a call of a tool, its output, a reasoning."""
    if not isinstance(item, Mapping):
        return Said("unknown", " ".join(strings_of(item)))
    role = item.get("role")
    if not isinstance(role, str) or not role.strip():
        role = "tool" if "call" in str(item.get("type", "")) else "assistant"
    return Said(role, " ".join(part for part in _parts(item) if part))


def _parts(value: Any) -> Iterable[str]:
    match value:
        case str():
            yield value
        case Mapping():
            name = value.get("name")
            if isinstance(name, str) and ("arguments" in value or "args" in value):
                yield name
            for key in TEXT_KEYS:
                if key in value:
                    yield from _parts(value[key])
            for key in NESTED_KEYS:
                if key in value:
                    yield from _parts(value[key])
        case list() | tuple():
            for each in value:
                yield from _parts(each)


def title(label: str) -> str:
    """A label for people, without what it carries for programs."""
    parsed = BatchLabel.parse(label) or VersionLabel.parse(label)
    return parsed.title if parsed is not None else label


def shortened(text: str, most: int) -> str:
    """The text, or its beginning with a mark."""
    return text if len(text) <= most else text[: max(0, most - 2)] + " …"


def found_lines(found: Iterable[RecallResult], most: int = MOST_CHARACTERS) -> str:
    """What was found, one line each, for a model; or that nothing was."""
    return fitting_lines(found, most) or "Nothing about this is stored."


def fitting_lines(found: Iterable[RecallResult], most: int) -> str:
    """What was found, one line each, as many as fit into so many bytes."""
    lines: list[str] = []
    room = most
    for each in found:
        day = f"{each.timestamp:%Y-%m-%d}, " if each.timestamp else ""
        said = " ".join(shortened(each.content.strip(), LONGEST_MESSAGE).split())
        line = f"[{day}{title(each.label)}] {each.role or 'unknown'}: {said}"
        size = len(line.encode()) + 1
        if size <= room:
            lines.append(line)
            room -= size
    return "\n".join(lines)
