"""What a file is, told from its beginning: how its records lie in it, and of which format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import frozen

from .._core.transfer.format import SCHEMA
from . import own, pages, table
from .guard import before_long_number
from .registry import BY_NAME, Format, format_of, format_of_message
from .streaming import Anchor, load_ijson

HEAD = 1 << 18
"""Bytes of a file's beginning that are looked at."""

_LINE_NAMES = (".jsonl", ".ndjson")
_LOOKED_AT = 50
_STRING = rb'"(?:[^"\\]|\\.){0,1000}"'
_SCALAR = rb"(?:" + _STRING + rb"|[-+.\w]{1,40})"
_FIRST_KEYS = re.compile(
    rb"\{(\s*)(" + _STRING + rb")\s*:\s*(?:" + _SCALAR + rb"\s*,\s*(" + _STRING + rb")\s*:)?"
)
_RECORD_START = re.compile(rb"[\[,\n]\s*(?=\{)")


@frozen
class Unrecognised:
    """Why a file cannot be read."""

    reason: str


@frozen
class Layout:
    """How the records lie in the file.

    Attributes:
        kind: "array" (of the document, or the one to which the keys of `path` lead), "lines",
            "values" (one document, or several one after the other), "messages" (an array that is
            one conversation), "table" (CSV) or "page" (HTML).
        anchor: what a record of the array begins with.
        lines: the messages stand on lines of their own.
    """

    kind: Literal["array", "lines", "values", "messages", "table", "page"]
    path: tuple[str, ...] = ()
    anchor: Anchor | None = None
    lines: bool = False


@frozen
class Recognised:
    """A file that can be read; `format` is None if there is nothing in it."""

    layout: Layout
    format: Format | None


def recognise(head: bytes, name: str, forced: Format | None = None) -> Recognised | Unrecognised:
    """What the file is.

    Args:
        head: its first HEAD bytes, or all if it is shorter, as UTF-8.
        name: its name, which tells lines from a document if the content does not.
        forced: the format that the caller says it is.
    """
    body = head.lstrip()
    if not body:
        return Unrecognised("it is empty")
    if body.startswith(b"["):
        return _of_array(body, forced)
    if name.lower().endswith(_LINE_NAMES) or _has_lines(body):
        return _of_lines(body, forced)
    if body.startswith(b"{"):
        return _of_object(body, forced)
    if body.startswith(b"<"):
        return _of_page(body, forced)
    names = table.columns(body)
    found = forced or format_of(dict.fromkeys(names, "")) if len(names) > 1 else None
    if found is not None and found.recognises(dict.fromkeys(names, "")):
        return Recognised(Layout("table"), found)
    begins = body[:20].decode("utf-8", "replace")
    return Unrecognised(f"it is not JSON: it begins with {begins!r}")


def _of_page(body: bytes, forced: Format | None) -> Recognised | Unrecognised:
    found = _first_format(pages.first_activities(body))
    if found is None or forced not in (None, found):
        return Unrecognised("it is HTML without chats that are known")
    return Recognised(Layout("page"), found)


def _of_array(body: bytes, forced: Format | None) -> Recognised | Unrecognised:
    elements = outline(body)
    elements = elements if isinstance(elements, list) else []
    if forced is None and body.translate(None, b" \t\r\n") == b"[]":
        return Recognised(Layout("array"), None)
    objects = [element for element in elements[:_LOOKED_AT] if isinstance(element, dict)]
    found = forced or _first_format(objects)
    if objects and (found is None or (forced is not None and not forced.recognises(objects[0]))):
        of_message = format_of_message(objects[0])
        if of_message is not None and forced in (None, of_message):
            return Recognised(Layout("messages"), of_message)
    start = body.find(b"{")
    if found is None:
        start, found = _beyond_damage(body)
    if found is None:
        return Unrecognised("its records are of no known format")
    return Recognised(Layout("array", (), _anchor(body, start, elements, found)), found)


def _of_object(body: bytes, forced: Format | None) -> Recognised | Unrecognised:
    root = outline(body)
    if not isinstance(root, dict):
        return Unrecognised("it is not valid JSON from its beginning")
    if root.get("schema") == SCHEMA:
        problem = own.version_problem(root)
        if problem is not None:
            return Unrecognised(problem)
        return _wrapped(body, root, ("conversations",), BY_NAME[own.NAME])
    found = forced or format_of(root)
    if found is not None and found.recognises(root):
        return Recognised(Layout("values"), found)
    lists = _lists(root)
    for path, elements in lists:
        inner = forced or _first_format([item for item in elements if isinstance(item, dict)])
        if inner is not None:
            return _wrapped(body, root, path, inner)
    last = lists[-1][0] if lists else ()
    if last and _is_last(root, last):
        # The last list may go on beyond what is broken in it.
        start, inner = _beyond_damage(body)
        if inner is not None:
            return _wrapped(body, root, last, inner, start)
    if forced is not None:
        return Recognised(Layout("values"), forced)
    return Unrecognised("it is an object of no known format")


def _lists(root: Mapping[str, Any]) -> list[tuple[tuple[str, ...], list[Any]]]:
    """The lists in a document, or in an object in it, and the keys that lead to them."""
    found: list[tuple[tuple[str, ...], list[Any]]] = []
    for key, value in root.items():
        if "." in key:
            continue
        if isinstance(value, list):
            found.append(((key,), value))
        elif isinstance(value, dict):
            inside = ((name, each) for name, each in value.items() if isinstance(each, list))
            found += [((key, name), each) for name, each in inside if "." not in name]
    return found


def _is_last(root: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether nothing stands behind it, as far as the document is known."""
    level: Any = root
    for key in path:
        if list(level)[-1] != key:
            return False
        level = level[key]
    return True


def _wrapped(
    body: bytes,
    root: Mapping[str, Any],
    path: tuple[str, ...],
    format: Format,
    start: int | None = None,
) -> Recognised:
    elements: Any = root
    place = 0
    for key in path:
        elements = elements.get(key) if isinstance(elements, dict) else None
        opening = re.search(rb"%s\s*:\s*[\[{]" % re.escape(json.dumps(key).encode()), body[place:])
        place = place + opening.end() if opening and place >= 0 else -1
    if start is None:
        start = body.find(b"{", place) if place >= 0 else -1
    listed = elements if isinstance(elements, list) else []
    return Recognised(Layout("array", path, _anchor(body, start, listed, format)), format)


def _of_lines(body: bytes, forced: Format | None) -> Recognised | Unrecognised:
    records = [record for record in map(_parsed, _first_lines(body)) if record is not None]
    for record in records:
        if isinstance(record, dict) and record.get("schema") == SCHEMA:
            problem = own.version_problem(record)
            if problem is not None:
                return Unrecognised(problem)
            return Recognised(Layout("lines"), BY_NAME[own.NAME])
    objects = [record for record in records if isinstance(record, dict)]
    found = forced or _first_format(objects)
    of_message = format_of_message(objects[0]) if objects else None
    if of_message is not None and found in (None, of_message):
        return Recognised(Layout("messages", lines=True), of_message)
    if found is None:
        return Unrecognised("its lines are of no known format")
    return Recognised(Layout("lines"), found)


def _first_format(records: Iterator[Any] | list[Any]) -> Format | None:
    return next((found for found in map(format_of, records) if found is not None), None)


def _has_lines(body: bytes) -> bool:
    """Whether whole values stand on lines of their own, which no JSON document's do."""
    first = _first_lines(body)
    if len(first) < 2:
        return False
    whole = [isinstance(_parsed(line, partial=False), dict) for line in first[:3]]
    return whole[0] or (all(whole[1:]) and len(whole) == 3)


def _first_lines(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]


def _parsed(line: bytes, partial: bool = True) -> Any:
    try:
        return json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return outline(line) if partial else None


def _beyond_damage(body: bytes) -> tuple[int, Format | None]:
    """Where the first record of a known format begins, if those before it are broken."""
    for number, match in enumerate(_RECORD_START.finditer(body)):
        if number >= _LOOKED_AT:
            break
        found = format_of(outline(body[match.end() :]))
        if found is not None:
            return match.end(), found
    return -1, None


def outline(head: bytes) -> Any:
    """The value that begins here, as far as it can be read: broken off, but of the right form."""
    ijson = load_ijson()
    builder = ijson.ObjectBuilder()
    try:
        for event, value in ijson.basic_parse(
            before_long_number(head), use_float=True, buf_size=1 << 12
        ):
            builder.event(event, value)
    except (ijson.JSONError, UnicodeDecodeError):
        # The second is of half a character that stands as an escape.
        whole = _lenient(head)
        if whole is not None:
            return whole
    return getattr(builder, "value", None)


def _lenient(head: bytes) -> Any:
    """A whole value that only Python's parser takes: with huge numbers, or raw control characters."""
    try:
        return json.JSONDecoder(strict=False).raw_decode(head.decode("utf-8", "replace").lstrip())[
            0
        ]
    except (ValueError, RecursionError):
        return None


def _anchor(body: bytes, start: int, elements: list[Any], format: Format) -> Anchor | None:
    """What the records begin with: the first one's brace and keys, with its white space.

    None if objects inside the records begin so, too: then they could not be told apart. Whole
    records inside a record are no such objects, but what follows one that is not closed.
    """
    match = _FIRST_KEYS.match(body, start) if start >= 0 else None
    if match is None:
        return None
    space, first, second = match.groups()
    try:
        keys = [json.loads(key, strict=False) for key in (first, second) if key is not None]
    except ValueError:
        return None
    inside = (value for element in elements for value in _inner(element))
    if any(_begins_with(keys, value) and not format.recognises(value) for value in inside):
        return None
    pattern = rb"\{" + re.escape(space) + re.escape(first) + rb"\s*:"
    if second is not None:
        pattern += rb"\s*" + _SCALAR + rb"\s*,\s*" + re.escape(second) + rb"\s*:"
    return re.compile(pattern)


def _begins_with(keys: list[str], value: Mapping[str, Any]) -> bool:
    return list(value)[: len(keys)] == keys


def _inner(element: Any) -> Iterator[dict[str, Any]]:
    """All objects inside the element, itself not included."""
    waiting = _children(element)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
        waiting += _children(value)


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []
