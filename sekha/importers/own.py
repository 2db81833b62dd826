"""This project's own export (docs/export-format.md): labels, folders and importance come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from .._core.transfer.format import SCHEMA, VERSION
from .records import Draft, Skip, Turn
from .texts import Notes, text_of
from .times import moment

NAME = "sekha"
TITLE = "the export of sekha-memory"
FOLDER = "/"


def recognises(record: Mapping[str, Any]) -> bool:
    named = all(key in record for key in ("label", "folder", "messages"))
    return named and ("importance_score" in record or "status" in record)


def version_problem(root: Mapping[str, Any]) -> str | None:
    """Why this version cannot read a document of this schema; None if it can."""
    version = root.get("version")
    if type(version) is int and version == VERSION:
        return None
    return (
        f"it is version {version!r} of {SCHEMA}, and this package reads version {VERSION}: "
        "a newer sekha-memory may read it"
    )


def is_envelope(record: object) -> bool:
    """Whether it is the line of a JSONL export that is about the export itself."""
    return isinstance(record, dict) and "schema" in record and "messages" not in record


def convert(record: Mapping[str, Any]) -> Draft | Skip:
    """The conversation as it was stored, one without messages too."""
    label, folder, messages = record.get("label"), record.get("folder"), record.get("messages")
    if not isinstance(label, str) or not label.strip() or not isinstance(messages, list):
        return Skip("not a conversation of this format", "it has no label or no list of messages")
    notes: Notes = Counter()
    turns: list[Turn] = []
    for index, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(role, str) or not role.strip() or not isinstance(content, str):
            return Skip("a message without a role or content", f"message {index}")
        turns.append(Turn(role, content, moment(message.get("timestamp"))))
        if message.get("metadata"):
            notes["metadata of a message, which a create cannot store"] += 1
    importance = record.get("importance_score")
    usable = type(importance) is int and 1 <= importance <= 10
    if importance is not None and not usable:
        notes["importance outside 1 to 10 left out"] += 1
    return Draft(
        turns=turns,
        source_id=text_of(record.get("id")) or None,
        title=label,
        label=label,
        folder=folder if isinstance(folder, str) and folder.strip() else None,
        importance=importance if usable else None,
        status=text_of(record.get("status")) or None,
        created_at=moment(record.get("created_at")),
        updated_at=moment(record.get("updated_at")),
        notes=notes,
        empty=True,
    )
