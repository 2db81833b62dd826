"""What a reading gave, in a form that can be held against what was written."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sekha import importers
from sekha.importers import ImportRecord


def all_of(path: Path, **options: Any) -> list[ImportRecord]:
    return list(importers.read(path, **options))


def one(path: Path, **options: Any) -> ImportRecord:
    (record,) = all_of(path, **options)
    return record


def said(record: ImportRecord) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in record.conversation.messages]


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]
