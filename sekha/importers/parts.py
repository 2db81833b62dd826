"""Content in the form of chat APIs: text, or a list of typed parts, whoever's types they are."""

from __future__ import annotations

from typing import Any

from . import texts
from .drafts import Conversion
from .texts import as_text, first, join, text_of

_SAID = (
    *("text", "value", "content", "output", "thinking", "think", "reasoning"),
    *("refusal", "error", "summary", "say", "message", "parts"),
)
"""Where parts of all kinds keep their text."""

_CALLS = frozenset(
    (
        *("tool_use", "server_tool_use", "mcp_tool_use", "function_call", "tool_call"),
        *("custom_tool_call", "tool_invocation", "dynamic_tool", "toolcall", "toolcallrequest"),
    )
)
_RESULTS = frozenset(("tool_response", "observation", "toolcallresult", "toolresult"))
_SILENT = frozenset(("step_start", "step_finish", "token_budget", "flag", "redacted_reasoning"))
_NAMES = ("filename", "file_name", "name", "title", "origin_name", "file_id", "fileIdentifier")
_DEEPEST = 12
_LONGEST_NAME = 255


def text(content: object, work: Conversion, depth: int = 0) -> str:
    """All that the content says, with markers for what is no text."""
    if isinstance(content, list):
        return join(_part(part, work, depth) for part in content)
    if isinstance(content, dict):
        return _part(content, work, depth)
    return as_text(content)


def files(listed: object, work: Conversion) -> list[str]:
    """The marks of the files that came with a message."""
    found = []
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, str):
            # Some programs list the content itself, as base64.
            found.append(texts.file(work, item if len(item) <= _LONGEST_NAME else None))
        elif isinstance(item, dict):
            found.append(_file(item, work))
    return [mark for mark in found if mark]


def _file(item: dict[str, Any], work: Conversion) -> str:
    inner = item.get("file")
    known = {**item, **inner} if isinstance(inner, dict) else item
    kind = text_of(first(known, ("mime_type", "mimeType", "mediaType", "contentType", "type")))
    name = first(known, _NAMES)
    if "image" in kind.lower():
        return texts.image(work, name)
    said = first(known, ("extracted_content", "content", "text"))
    return texts.file(work, name, said if isinstance(said, str) else None)


def _part(part: object, work: Conversion, depth: int) -> str:
    if not isinstance(part, dict):
        return as_text(part)
    if depth > _DEEPEST:
        return texts.unknown(work, "nested content")
    kind = text_of(part.get("type")).lower().replace("-", "_")
    if kind in _SILENT:
        return ""
    if "think" in kind or "reasoning" in kind:
        return _thought(part, work, depth)
    if kind in _CALLS or (kind.startswith("tool_") and ("input" in part or "output" in part)):
        return _call(part, kind, work, depth)
    if kind.startswith("source") and part.get("url"):
        return texts.link(part.get("title"), part.get("url"))
    if kind.endswith(("_result", "_output")) or kind in _RESULTS:
        return _result(part, work, depth)
    if "image" in kind:
        return texts.image(work, _named(part, kind))
    if "audio" in kind:
        said = text_of(first(_inner(part, kind), ("transcript",)))
        return join([said, texts.audio(work)])
    if "video" in kind:
        return texts.video(work, _named(part, kind))
    if "file" in kind or kind == "document":
        return _document(part, kind, work, depth)
    said = _words(part, work, depth)
    if said.strip() or _holds(part):
        return said
    # Without a type it is no part of a message, but an object that was said.
    return texts.unknown(work, part["type"]) if part.get("type") else _whole(part)


def _whole(value: dict[str, Any]) -> str:
    return texts.spread(value) if value else ""


def _words(part: dict[str, Any], work: Conversion, depth: int) -> str:
    for key in _SAID:
        if key in part and part[key] not in (None, "", [], {}):
            return text(part[key], work, depth + 1)
    return ""


def _holds(part: dict[str, Any]) -> bool:
    """Whether it is of a form that is understood, and has nothing in it."""
    return any(key in part for key in _SAID)


def _thought(part: dict[str, Any], work: Conversion, depth: int) -> str:
    said = _words(part, work, depth)
    if not said.strip() and not _holds(part):
        work.note("redacted thinking left out")
    return texts.thinking(said)


def _call(part: dict[str, Any], kind: str, work: Conversion, depth: int) -> str:
    # The call may stand in a key named like the type, or be the part itself; the tool's name may
    # be in the type.
    inner = first(part, ("tool_call", "toolInvocation", "function"))
    call = inner if isinstance(inner, dict) else part
    name = first(call, ("name", "toolName", "tool_name"))
    if name is None and kind not in _CALLS:
        name = text_of(part.get("type"))[len("tool-") :]
    given = first(call, ("input", "arguments", "args", "parameters"))
    result = first(call, ("output", "result"))
    said = texts.tool_call(name, given)
    if result is None:
        return said
    return join([said, texts.tool_result(work, name, text(result, work, depth + 1))])


def _result(part: dict[str, Any], work: Conversion, depth: int) -> str:
    given = first(part, ("content", "output", "result", "text", "value"))
    name = first(part, ("name", "toolName", "tool_name"))
    return texts.tool_result(work, name, _page(given, work, depth))


def _page(given: object, work: Conversion, depth: int) -> str:
    """What a tool gave back; pages that a search found as links with what they say."""
    if not isinstance(given, list):
        return text(given, work, depth + 1)
    pieces = []
    for item in given:
        if isinstance(item, dict) and item.get("url") and not item.get("image_url"):
            pieces.append(texts.link(item.get("title"), item.get("url")))
            pieces.append(_words(item, work, depth + 1))
        else:
            pieces.append(_part(item, work, depth + 1))
    return join(pieces)


def _document(part: dict[str, Any], kind: str, work: Conversion, depth: int) -> str:
    inner = _inner(part, kind)
    source = part.get("source")
    said = first(source, ("text",)) if isinstance(source, dict) else None
    media = text_of(first(inner, ("mediaType", "mimeType", "media_type")))
    name = first(inner, _NAMES)
    if media.startswith("image/"):
        return texts.image(work, name)
    return texts.file(work, name, said)


def _named(part: dict[str, Any], kind: str) -> object:
    return first(_inner(part, kind), ("filename", "file_name", "name", "alt", "altText"))


def _inner(part: dict[str, Any], kind: str) -> dict[str, Any]:
    for key in (text_of(part.get("type")), kind):
        if isinstance(part.get(key), dict):
            return dict(part[key])
    return part
