"""How conversations are written out. The JSON form is described in docs/export-format.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sekha_api import models as api

from .padding import unpad

FORMATS = ("json", "markdown")
SCHEMA = "sekha-memory-export"
VERSION = 1


def record(export: api.ConversationExport, *, aligned: bool) -> dict[str, Any]:
    """One conversation as it is exported; the controller's time strings stay as they came.

    Args:
        aligned: whether messages were stored with `align_multibyte`.
    """
    clean: Callable[[str], str] = unpad if aligned else str
    conversation = export.conversation.to_dict()
    conversation["messages"] = [
        {**message.to_dict(), "content": clean(message.content)} for message in export.messages
    ]
    return conversation


def write(records: Iterable[dict[str, Any]], format: str) -> Iterator[str]:
    """The text of an export, piece by piece."""
    return _json(records) if format == "json" else _markdown(records)


def write_one(conversation: dict[str, Any], format: str) -> str:
    """The text of one conversation's export."""
    return "".join(write([conversation], format))


def _json(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield f'{{"schema": "{SCHEMA}", "version": {VERSION}, "conversations": ['
    separator = "\n"
    for conversation in records:
        yield separator + json.dumps(conversation, ensure_ascii=False)
        separator = ",\n"
    yield "\n]}\n"


def _markdown(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    gap = ""
    for conversation in records:
        yield gap + _heading(conversation)
        for message in conversation["messages"]:
            yield f"\n### {_one_line(message['role'])}\n\n{message['content'].rstrip()}\n"
        gap = "\n"


def _heading(conversation: dict[str, Any]) -> str:
    facts = {
        "Folder": conversation["folder"],
        "Status": conversation["status"],
        "Importance": f"{conversation['importance_score']} of 10",
        "Created": f"{conversation['created_at']} UTC",
        "Changed": f"{conversation['updated_at']} UTC",
        "Id": conversation["id"],
    }
    lines = "\n".join(f"- {name}: {_one_line(str(value))}" for name, value in facts.items())
    return f"# {_one_line(conversation['label'])}\n\n{lines}\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())
