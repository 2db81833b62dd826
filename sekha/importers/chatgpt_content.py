"""The text of a ChatGPT message, whatever the type of its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from . import texts
from .texts import Notes, as_text, join, text_of

_CITATION = re.compile("\ue200(?:file)?cite\ue202[^\ue201]{0,500}\ue201")
"""A reference to search results that the export does not hold, in private-use characters."""

Content = Mapping[str, Any]


def message_text(message: Mapping[str, Any], metadata: Mapping[str, Any], notes: Notes) -> str:
    """All that the message says, with markers for what is no text; empty if there is nothing."""
    content = message.get("content")
    body = _content_text(content, notes) if isinstance(content, dict) else as_text(content)
    body, citations = _CITATION.subn("", body)
    if citations:
        notes["citation mark left out"] += citations
    recipient = text_of(message.get("recipient"))
    if recipient not in ("", "all", "assistant") and body.strip():
        body = texts.tool_call(recipient, body)
    return join([body, *_attachments(metadata, notes)])


def _content_text(content: Content, notes: Notes) -> str:
    kind = text_of(content.get("content_type"))
    return _KINDS.get(kind, _other)(content, notes)


def _parts(content: Content, notes: Notes) -> str:
    parts = content.get("parts")
    if not isinstance(parts, list):
        return as_text(parts) or text_of(content.get("text"))
    return join(part if isinstance(part, str) else _part(part, notes) for part in parts)


def _part(part: object, notes: Notes) -> str:
    if not isinstance(part, dict):
        return as_text(part)
    kind = text_of(part.get("content_type"))
    if kind == "image_asset_pointer":
        return texts.image(notes)
    if kind == "audio_asset_pointer":
        return texts.audio(notes)
    if kind == "real_time_user_audio_video_asset_pointer":
        return _recording(part, notes)
    if "video" in kind and "pointer" in kind:
        return texts.video(notes)
    return _content_text(part, notes)


def _recording(part: Content, notes: Notes) -> str:
    video_keys = ("video_container_asset_pointer", "frames_asset_pointers")
    markers = [texts.audio(notes)]
    if any(part.get(key) for key in video_keys):
        markers.append(texts.video(notes))
    return join(markers)


def _code(content: Content, notes: Notes) -> str:
    code = text_of(content.get("text")) or _parts(content, notes)
    return texts.fenced(code, content.get("language")) if code.strip() else ""


def _quote(content: Content, notes: Notes) -> str:
    source = text_of(content.get("url")) or text_of(content.get("domain"))
    said = text_of(content.get("text")) or text_of(content.get("snippet"))
    return join([text_of(content.get("title")), source, said])


def _browsing(content: Content, notes: Notes) -> str:
    return join([as_text(content.get("result")), as_text(content.get("summary"))])


def _context(content: Content, notes: Notes) -> str:
    """Custom instructions and remembered facts, in the key each version uses."""
    keys = ("user_profile", "user_instructions", "model_set_context", "text")
    return join([text_of(content.get(key)) for key in keys] + [_only_parts(content, notes)])


def _thoughts(content: Content, notes: Notes) -> str:
    thoughts = content.get("thoughts")
    if not isinstance(thoughts, list):
        body = _parts(content, notes)
    else:
        body = join(
            join([text_of(thought.get("summary")), text_of(thought.get("content"))])
            for thought in thoughts
            if isinstance(thought, dict)
        )
    return f"[thinking]\n{body}" if body.strip() else ""


def _recap(content: Content, notes: Notes) -> str:
    notes['"thought for N seconds" left out'] += 1
    return ""


def _error(content: Content, notes: Notes) -> str:
    return join([text_of(content.get("name")), text_of(content.get("text"))])


def _only_parts(content: Content, notes: Notes) -> str:
    return _parts(content, notes) if isinstance(content.get("parts"), list) else ""


def _other(content: Content, notes: Notes) -> str:
    """A type that is not known: the text of the keys that types use for text, else a marker."""
    said = [as_text(content.get(key)) for key in ("title", "text", "result", "content", "summary")]
    body = join([*said, _only_parts(content, notes)])
    if body or not content.get("content_type"):
        return body
    return texts.unknown(notes, content.get("content_type"))


_KINDS: Mapping[str, Callable[[Content, Notes], str]] = {
    "text": _parts,
    "multimodal_text": _parts,
    "audio_transcription": _parts,
    "code": _code,
    "execution_output": _parts,
    "tether_quote": _quote,
    "sonic_webpage": _quote,
    "tether_browsing_display": _browsing,
    "user_editable_context": _context,
    "model_editable_context": _context,
    "thoughts": _thoughts,
    "reasoning_recap": _recap,
    "system_error": _error,
}


def _attachments(metadata: Mapping[str, Any], notes: Notes) -> list[str]:
    attachments = metadata.get("attachments")
    listed = attachments if isinstance(attachments, list) else []
    # An image that was uploaded is also a part of the message, and has its marker there.
    return [
        texts.file(notes, item.get("name"))
        for item in listed
        if isinstance(item, dict)
        and not text_of(item.get("mime_type") or item.get("mimeType")).startswith("image/")
    ]
