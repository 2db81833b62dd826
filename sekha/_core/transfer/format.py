"""How conversations are written out (docs/export-format.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define

from ..create.padding import unpad
from ..listing import PINNED
from ..wire.exported import ExportData
from ..wire.roles import RECORD_ROLE

if TYPE_CHECKING:
    from ...models import ExportManifest

FORMATS = ("json", "jsonl", "markdown")
FILE_FORMATS = (*FORMATS, "parquet")
"""Parquet is no text."""
SCHEMA = "sekha-memory-export"
VERSION = 1
MANIFEST_SCHEMA = "sekha-memory-export-manifest"
MANIFEST_VERSION = 1
CONVERSATION = (
    "id",
    "label",
    "folder",
    "status",
    "importance_score",
    "word_count",
    "session_count",
    "created_at",
    "updated_at",
)
OPTIONAL = ("stored_at", "source", "source_id", "content_hash", "former_hashes")
"""What only some controllers tell."""
MESSAGE = ("id", "role", "content", "timestamp", "metadata")

_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What ends a line for some readers of text though not for JSON, and what YAML cannot hold."""


def record(export: ExportData, *, aligned: bool) -> dict[str, Any]:
    """One conversation as it is exported; the controller's time strings stay as they came.

    Args:
        export: the data of an answer to `memory_export`.
        aligned: whether messages were stored with `align_multibyte`.
    """
    head: Mapping[str, Any] = export["conversation"]
    told: Sequence[Mapping[str, Any]] = export["messages"]
    conversation = {name: head[name] for name in CONVERSATION}
    conversation.update({name: head[name] for name in OPTIONAL if name in head})
    messages = [{name: each[name] for name in MESSAGE} for each in told]
    if aligned:
        for message in messages:
            message["content"] = unpad(message["content"])
    conversation["messages"] = messages
    return conversation


@define
class Totals:
    """What is in an export."""

    conversations: int = 0
    messages: int = 0
    archived: int = 0
    pinned: int = 0

    def add(self, conversation: dict[str, Any]) -> None:
        self.conversations += 1
        self.messages += len(conversation["messages"])
        self.archived += conversation["status"] == "archived"
        self.pinned += conversation["importance_score"] >= PINNED


class Layout:
    """The text of an export, piece by piece: `begin`, an `add` for each record, `end`.

    Args:
        format: one of FORMATS.
    """

    def __init__(self, format: str) -> None:
        self._format = format
        self._separator = ""

    def begin(self) -> str:
        head = f'{{"schema": "{SCHEMA}", "version": {VERSION}'
        return {"json": f'{head}, "conversations": [', "jsonl": f"{head}}}\n"}.get(self._format, "")

    def add(self, conversation: dict[str, Any]) -> str:
        if self._format == "jsonl":
            return f"{_json(conversation)}\n"
        first = not self._separator
        if self._format == "json":
            self._separator = ",\n"
            return ("\n" if first else self._separator) + _json(conversation)
        self._separator = "\n"
        return ("" if first else self._separator) + _markdown(conversation)

    def end(self) -> str:
        return "\n]}\n" if self._format == "json" else ""


def write(records: Iterable[dict[str, Any]], format: str) -> Iterator[str]:
    """The text of an export, piece by piece."""
    layout = Layout(format)
    yield layout.begin()
    for conversation in records:
        yield layout.add(conversation)
    yield layout.end()


def write_manifest(manifest: ExportManifest) -> str:
    """The text of the file beside an export."""
    since, until = manifest.since, manifest.until
    document = {
        "schema": MANIFEST_SCHEMA,
        "version": MANIFEST_VERSION,
        "file": manifest.path.name,
        "format": manifest.format,
        "size": manifest.size,
        "sha256": manifest.sha256,
        "counts": {
            "conversations": manifest.conversations,
            "messages": manifest.messages,
            "archived": manifest.archived,
            "pinned": manifest.pinned,
        },
        "filters": {
            "label": manifest.label,
            "folder": manifest.folder,
            "under": manifest.under,
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
        },
        "started_at": manifest.started_at.isoformat(),
        "finished_at": manifest.finished_at.isoformat(),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _markdown(conversation: dict[str, Any]) -> str:
    # Markdown is for people, and nothing is restored from it.
    told = [each for each in conversation["messages"] if each["role"] != RECORD_ROLE]
    facts: dict[str, object] = {
        "id": conversation["id"],
        "label": conversation["label"],
        "folder": conversation["folder"],
        "status": conversation["status"],
        "importance": conversation["importance_score"],
        "created_at": conversation["created_at"],
        "updated_at": conversation["updated_at"],
        **{name: conversation[name] for name in ("source", "source_id") if name in conversation},
        "messages": len(told),
    }
    front = "".join(f"{name}: {_yaml(value)}\n" for name, value in facts.items())
    messages = (
        f"\n## {_one_line(message['role'])}{_said(conversation, message)}\n\n"
        f"{message['content'].rstrip()}\n"
        for message in told
    )
    return f"---\n{front}---\n\n# {_one_line(conversation['label'])}\n" + "".join(messages)


def _said(conversation: dict[str, Any], message: dict[str, Any]) -> str:
    """When a message was said, if that is not only when the conversation was stored."""
    if "stored_at" not in conversation:
        return ""
    said: str = message["timestamp"].replace("T", " ")
    return "" if said == conversation["stored_at"] else f", {said[:19]} UTC"


def _yaml(value: object) -> str:
    # A JSON string is a quoted YAML one; these few words need no quotes to be themselves.
    if value in ("active", "archived"):
        return str(value)
    return _json(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())
