"""The text of a ChatGPT message, whatever the type of its content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import texts
from ..drafts import Conversion
from ..texts import as_text, first, join, text_of
from . import chatgpt_links

Content = Mapping[str, Any]


def message_text(message: Content, metadata: Content, work: Conversion) -> str:
    """All that the message says, with markers for what is no text; empty if there is nothing."""
    content = message.get("content")
    parts = _Parts(metadata, work)
    body = parts.of(content) if isinstance(content, dict) else as_text(content)
    body = chatgpt_links.linked(body, metadata, work)
    recipient = text_of(message.get("recipient"))
    if recipient not in ("", "all", "assistant") and body.strip():
        body = texts.tool_call(recipient, body)
    return join([body, *parts.attachments()])


class _Parts:
    """The content of one message, and the files that came with it."""

    def __init__(self, metadata: Content, work: Conversion) -> None:
        listed = metadata.get("attachments")
        self._files = (
            [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        )
        self._shown: set[str] = set()
        self._work = work

    def of(self, content: Content) -> str:
        kind = text_of(content.get("content_type"))
        return _KINDS.get(kind, _Parts._other)(self, content)

    def attachments(self) -> list[str]:
        """The marks of the files that have none in the content."""
        found = []
        for item in self._files:
            if text_of(item.get("id")) in self._shown:
                continue
            kind = text_of(first(item, ("mime_type", "mimeType")))
            mark = texts.image if kind.startswith("image/") else texts.file
            found.append(mark(self._work, item.get("name")))
        return found

    def _said(self, content: Content) -> str:
        parts = content.get("parts")
        if not isinstance(parts, list):
            return as_text(parts) or text_of(content.get("text"))
        return join(part if isinstance(part, str) else self._part(part) for part in parts)

    def _part(self, part: object) -> str:
        if not isinstance(part, dict):
            return as_text(part)
        kind = text_of(part.get("content_type"))
        if kind == "image_asset_pointer":
            return texts.image(self._work, self._name(part))
        if kind == "audio_asset_pointer":
            return texts.audio(self._work)
        if kind == "real_time_user_audio_video_asset_pointer":
            return self._recording(part)
        if "video" in kind and "pointer" in kind:
            return texts.video(self._work)
        return self.of(part)

    def _name(self, part: Content) -> object:
        """The name of an image's file, or what it was made from."""
        pointer = text_of(part.get("asset_pointer")).rpartition("//")[2].partition("#")[0]
        for item in self._files:
            name = text_of(item.get("id"))
            if name and name.replace("_", "-") == pointer.replace("_", "-"):
                self._shown.add(name)
                return item.get("name")
        metadata = part.get("metadata")
        made = metadata.get("dalle") if isinstance(metadata, dict) else None
        return first(made, ("prompt", "serialization_title"))

    def _recording(self, part: Content) -> str:
        keys = ("video_container_asset_pointer", "frames_asset_pointers")
        with_video = any(part.get(key) for key in keys)
        return join(
            [texts.audio(self._work), texts.video(self._work) if with_video else ""],
        )

    def _code(self, content: Content) -> str:
        code = text_of(content.get("text")) or self._said(content)
        return texts.fenced(code, content.get("language")) if code.strip() else ""

    def _quote(self, content: Content) -> str:
        source = text_of(content.get("url")) or text_of(content.get("domain"))
        said = text_of(content.get("text")) or text_of(content.get("snippet"))
        return join([text_of(content.get("title")), source, said])

    def _browsing(self, content: Content) -> str:
        return join([as_text(content.get("result")), as_text(content.get("summary"))])

    def _context(self, content: Content) -> str:
        """Custom instructions and remembered facts, in the key each version uses."""
        keys = ("user_profile", "user_instructions", "model_set_context", "text")
        return join([text_of(content.get(key)) for key in keys] + [self._only_parts(content)])

    def _thoughts(self, content: Content) -> str:
        thoughts = content.get("thoughts")
        if not isinstance(thoughts, list):
            return texts.thinking(self._said(content))
        told = (thought for thought in thoughts if isinstance(thought, dict))
        return texts.thinking(
            join(join([text_of(t.get("summary")), text_of(t.get("content"))]) for t in told)
        )

    def _recap(self, content: Content) -> str:
        self._work.note('"thought for N seconds" left out')
        return ""

    def _error(self, content: Content) -> str:
        return join([text_of(content.get("name")), text_of(content.get("text"))])

    def _only_parts(self, content: Content) -> str:
        return self._said(content) if isinstance(content.get("parts"), list) else ""

    def _other(self, content: Content) -> str:
        """A type that is not known: the text of the keys that types use for text, else a marker."""
        keys = ("title", "text", "result", "content", "summary", "value", "output_str")
        told = content.get("context_parts")
        inner = [text_of(first(each, ("text",))) for each in told] if isinstance(told, list) else []
        said = (as_text(content.get(key)) for key in keys)
        body = join([*said, *inner, self._only_parts(content)])
        if body or not content.get("content_type"):
            return body
        return texts.unknown(self._work, content.get("content_type"))


_KINDS: Mapping[str, Callable[[_Parts, Content], str]] = {
    "text": _Parts._said,
    "multimodal_text": _Parts._said,
    "audio_transcription": _Parts._said,
    "code": _Parts._code,
    "execution_output": _Parts._said,
    "tether_quote": _Parts._quote,
    "sonic_webpage": _Parts._quote,
    "tether_browsing_display": _Parts._browsing,
    "user_editable_context": _Parts._context,
    "model_editable_context": _Parts._context,
    "thoughts": _Parts._thoughts,
    "reasoning_recap": _Parts._recap,
    "system_error": _Parts._error,
}
