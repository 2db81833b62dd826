"""Claude's artifacts and thoughts, which an answer holds in tags, and its calls of tools."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .. import texts
from ..texts import join, text_of

_ARTIFACT = re.compile(r"<antArtifact\b([^>]{0,2000})>(.*?)(?:</antArtifact>|\Z)", re.DOTALL)
_THOUGHT = re.compile(r"<antThinking>(.*?)(?:</antThinking>|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_CODE = "application/vnd.ant.code"
_LANGUAGES = {
    "text/html": "html",
    "image/svg+xml": "svg",
    "application/vnd.ant.mermaid": "mermaid",
    "application/vnd.ant.react": "jsx",
}


def unwrapped(text: str) -> str:
    """The text with its thoughts and artifacts in the form that all formats share."""
    if "<ant" not in text:
        return text
    text = _THOUGHT.sub(lambda match: f"{texts.thinking(match[1].strip())}\n", text)
    return _ARTIFACT.sub(lambda match: _tagged(match[1], match[2]), text).strip("\n")


def _tagged(attributes: str, content: str) -> str:
    about = dict(_ATTRIBUTE.findall(attributes))
    return artifact({**about, "content": content.strip("\n")})


def artifact(about: Mapping[str, Any]) -> str:
    """An artifact, or what a call changed in it, as text that can be searched."""
    title = texts.one_line(about.get("title")) or texts.one_line(
        about.get("id") or about.get("identifier")
    )
    heading = f"[artifact: {title}]" if title else "[artifact]"
    before, after = text_of(about.get("old_str")), text_of(about.get("new_str"))
    if before or after:
        return join([heading, "[replaced]", before, "[with]", after])
    content = text_of(about.get("content"))
    kind = text_of(about.get("type"))
    language = text_of(about.get("language")) or _LANGUAGES.get(kind, "")
    if content.strip() and (language or kind == _CODE):
        content = texts.fenced(content, language)
    return join([heading, content])


def tool_call(block: Mapping[str, Any]) -> str:
    """A block in which a tool is called; artifacts are made in this way too."""
    given = block.get("input")
    if text_of(block.get("name")) == "artifacts" and isinstance(given, dict):
        return artifact(given)
    return texts.tool_call(block.get("name"), given)
