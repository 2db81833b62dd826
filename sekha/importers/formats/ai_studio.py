"""Prompts of Google AI Studio, as it keeps them in Google Drive: a list of chunks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from .. import parts, texts
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..texts import as_text, first, identity, join, text_of
from ..times import moment

NAME = "ai-studio"
TITLE = "Google AI Studio"
HOW = 'Google Drive, folder "Google AI Studio" (or Takeout > Drive): the files without an ending'
FOLDER = "/imports/ai-studio"

_ROLES = {"model": "assistant"}
_FRAME = frozenset(("branchParent", "branchChildren", "thoughtSignatures", "safetyRatings"))
_DRIVE = {"driveImage": texts.image, "driveVideo": texts.video, "driveAudio": texts.audio}


def recognises(record: Mapping[str, Any]) -> bool:
    return "chunkedPrompt" in record or ("runSettings" in record and "systemInstruction" in record)


def convert(record: Mapping[str, Any], work: Conversion) -> Draft | Skip:
    """The chunks in order; those that were thought are put before what they led to."""
    prompt = record.get("chunkedPrompt")
    chunks = prompt.get("chunks") if isinstance(prompt, dict) else None
    if not isinstance(chunks, list):
        return Skip(FOREIGN, "it has no list of chunks")
    settings = record.get("runSettings")
    work.model(text_of(first(settings, ("model",))).removeprefix("models/"))
    turns: list[Turn] = []
    system = record.get("systemInstruction")
    told = parts.text(first(system, ("text", "parts")), work) if isinstance(system, dict) else ""
    if told.strip():
        turns.append(Turn("system", told))
    thought = ""
    for chunk in chunks:
        if not isinstance(chunk, dict):
            continue
        text = _text(chunk, work)
        if chunk.get("isThought") is True:
            thought = join([thought, text])
            continue
        said = join([texts.thinking(thought), text])
        thought = ""
        role = text_of(chunk.get("role"))
        raw = [
            value
            for key, value in chunk.items()
            if key == "text" or (isinstance(value, dict | list) and key not in _FRAME)
        ]
        time = moment(first(chunk, ("createTime", "timestamp")))
        made = work.turn(_ROLES.get(role, role), said, time, raw=raw)
        if made is not None:
            turns.append(made)
    if thought:
        turns.append(Turn("assistant", texts.thinking(thought)))
    # The file has no title in it: its name is that.
    name = PurePosixPath(work.name).name
    return work.draft(
        turns,
        source_id=identity(record.get("id")),
        title=text_of(first(record, ("title", "displayName")))
        or name.removesuffix(".json")
        or None,
        created_at=moment(record.get("createTime")),
    )


def _text(chunk: Mapping[str, Any], work: Conversion) -> str:
    said = as_text(chunk.get("text"))
    if not said:
        inner = chunk.get("parts")
        said = (
            "".join(text_of(first(each, ("text",))) for each in inner or () if each)
            if isinstance(inner, list)
            else ""
        )
    pieces = [said]
    for key, mark in _DRIVE.items():
        if isinstance(chunk.get(key), dict):
            pieces.append(mark(work, first(chunk[key], ("name", "title"))))
    for key in ("driveDocument", "inlineFile", "file"):
        if isinstance(chunk.get(key), dict):
            pieces.append(texts.file(work, first(chunk[key], ("name", "title"))))
    if isinstance(chunk.get("inlineData"), dict) or isinstance(chunk.get("inlineImage"), dict):
        pieces.append(texts.image(work))
    video = chunk.get("youtubeVideo")
    if isinstance(video, dict):
        pieces.append(f"https://www.youtube.com/watch?v={text_of(video.get('id'))}")
    code = chunk.get("executableCode")
    if isinstance(code, dict):
        pieces.append(
            texts.fenced(text_of(code.get("code")), text_of(code.get("language")).lower())
        )
    result = chunk.get("codeExecutionResult")
    if isinstance(result, dict):
        pieces.append(texts.tool_result(work, "code", text_of(result.get("output"))))
    pieces += [_sources(chunk.get("grounding")), text_of(chunk.get("errorMessage"))]
    return join(pieces)


def _sources(grounding: object) -> str:
    """The pages on which an answer stands, as links below it."""
    listed = first(grounding, ("groundingSources", "groundingChunks"))
    links = []
    for each in listed if isinstance(listed, list) else ():
        page = first(each, ("web",)) or each
        links.append(texts.link(first(page, ("title",)), first(page, ("uri", "url"))))
    return "\n".join(f"- {link}" for link in dict.fromkeys(links) if link)
