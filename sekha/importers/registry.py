"""The formats that are known, in the order in which a record is held against them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from attrs import frozen

from . import own
from .drafts import Conversion, Draft, Skip
from .folding import Fold, Origin
from .formats import (
    ai_studio,
    big_agi,
    chatbox,
    chatgpt,
    chatgpt_exporter,
    cherry_studio,
    claude,
    claude_code,
    codex,
    copilot,
    deepseek,
    gemini,
    grok,
    huggingchat,
    jan,
    librechat,
    lm_studio,
    lobechat,
    mistral,
    oasst,
    openai,
    openwebui,
    sharegpt,
    sillytavern,
    t3chat,
    typingmind,
    ultrachat,
    vercel,
    vscode,
    wildchat,
)

Made = Draft | Skip | Iterable[Draft | Skip]


@frozen
class Format:
    """One format of export.

    Attributes:
        name: what callers write, and the source of its conversations.
        title: what people read.
        how: how one gets the file.
        folder: where its conversations go if nobody says otherwise.
        recognises: whether a record, of which only the beginning may be known, is of this format.
        convert: a whole record as drafts, or why it is none. Raises nothing, whatever the record.
        fold: for formats whose conversations are more than a record.
        is_message: whether a record is a message by itself, so that the list is a conversation.
    """

    name: str
    title: str
    how: str
    folder: str
    recognises: Callable[[Mapping[str, Any]], bool]
    convert: Callable[[Mapping[str, Any], Conversion], Made]
    fold: Callable[[Origin], Fold] | None = None
    is_message: Callable[[Mapping[str, Any]], bool] | None = None


def _of(module: ModuleType) -> Format:
    return Format(
        name=module.NAME,
        title=module.TITLE,
        how=module.HOW,
        folder=module.FOLDER,
        recognises=module.recognises,
        convert=getattr(module, "convert", _folded),
        fold=getattr(module, "FOLD", None),
        is_message=getattr(module, "is_message", None),
    )


def _folded(record: Mapping[str, Any], work: Conversion) -> Made:
    return Skip("a part of a conversation by itself")


OWN = Format(
    name=own.NAME,
    title=own.TITLE,
    how="sekha-memory export FILE (docs/export-format.md); `restore` brings back more of it",
    folder=own.FOLDER,
    recognises=own.recognises,
    convert=lambda record, work: own.convert(record),
)

FORMATS = (
    OWN,
    *map(
        _of,
        (
            deepseek,
            chatgpt,
            claude,
            openwebui,
            gemini,
            ai_studio,
            grok,
            mistral,
            copilot,
            vscode,
            claude_code,
            codex,
            chatgpt_exporter,
            librechat,
            chatbox,
            cherry_studio,
            lobechat,
            typingmind,
            huggingchat,
            jan,
            lm_studio,
            sillytavern,
            t3chat,
            big_agi,
            vercel,
            oasst,
            wildchat,
            ultrachat,
            sharegpt,
            openai,
        ),
    ),
)
"""The more particular first: other formats have keys that the last two have too."""

FORMAT_NAMES = tuple(format.name for format in FORMATS)
BY_NAME = {format.name: format for format in FORMATS}


def format_of(record: object) -> Format | None:
    """The format of a record, of which only the beginning may be known."""
    if not isinstance(record, dict):
        return None
    return next((format for format in FORMATS if format.recognises(record)), None)


def format_of_message(record: Mapping[str, Any]) -> Format | None:
    """The format of a list whose records are messages of one conversation."""
    formats = (format for format in FORMATS if format.is_message is not None)
    return next((each for each in formats if each.is_message and each.is_message(record)), None)
