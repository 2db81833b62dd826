"""This project's own export (docs/export-format.md): labels, folders and importance come back.

What a record says is read where `restore` reads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from .._core.transfer import restore
from ..errors import SekhaValidationError
from .records import Draft, Skip, Turn
from .times import moment

NAME = "sekha"
TITLE = "the export of sekha-memory"
FOLDER = "/"


def recognises(record: Mapping[str, Any]) -> bool:
    named = all(key in record for key in ("label", "folder", "messages"))
    return named and ("importance_score" in record or "status" in record)


def version_problem(root: Mapping[str, Any]) -> str | None:
    """Why this version cannot read a document of this schema; None if it can."""
    return restore.refusal(root)


def is_envelope(record: object) -> bool:
    """Whether it is the line of a JSONL export that is about the export itself."""
    return isinstance(record, dict) and "schema" in record and "messages" not in record


def convert(record: Mapping[str, Any]) -> Draft | Skip:
    """The conversation as it was stored, one without messages too."""
    try:
        exported = restore.read(record)
    except SekhaValidationError as error:
        return Skip("not a conversation of this format", error.message)
    stored = exported.conversation
    return Draft(
        turns=[
            # A controller stores blank ones; a client does not send them.
            Turn(
                each.role if each.role.strip() else "unknown", each.content, moment(each.timestamp)
            )
            for each in stored.messages
        ],
        source_id=stored.source_id if stored.source else exported.id,
        source=stored.source,
        exported_id=exported.id,
        title=stored.label if stored.label.strip() else None,
        label=stored.label if stored.label.strip() else None,
        folder=stored.folder if stored.folder.strip() else None,
        importance=stored.importance_score,
        status=exported.status,
        created_at=moment(exported.created_at),
        updated_at=moment(exported.updated_at),
        notes=Counter(f"{what}, which cannot be stored as it is" for what in exported.changed),
        empty=True,
    )
