"""The formats that are known, in the order in which a record is held against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from attrs import frozen

from . import chatgpt, claude, gemini, openai, openwebui, own, sharegpt
from .records import Draft, Skip


@frozen
class Format:
    """One format of export.

    Attributes:
        name: what callers write.
        title: what people read.
        folder: where its conversations go if nobody says otherwise.
        recognises: whether a record, of which only the beginning may be known, is of this format.
        convert: a whole record as a draft, or why it is none. Raises nothing, whatever the record.
    """

    name: str
    title: str
    folder: str
    recognises: Callable[[Mapping[str, Any]], bool]
    convert: Callable[[Mapping[str, Any]], Draft | Skip]


def _of(module: ModuleType) -> Format:
    return Format(
        name=module.NAME,
        title=module.TITLE,
        folder=module.FOLDER,
        recognises=module.recognises,
        convert=module.convert,
    )


FORMATS = tuple(map(_of, (own, chatgpt, claude, openwebui, gemini, sharegpt, openai)))
"""The more particular first: other formats have keys that the last two have too."""

FORMAT_NAMES = tuple(format.name for format in FORMATS)
BY_NAME = {format.name: format for format in FORMATS}


def format_of(record: object) -> Format | None:
    """The format of a record, of which only the beginning may be known."""
    if not isinstance(record, dict):
        return None
    return next((format for format in FORMATS if format.recognises(record)), None)
