"""Conditional creates: stored only if what they hold is not stored already."""

from __future__ import annotations

import sqlite3

from attrs import fields

from .errors import AlreadyStored
from .records import Conversation, Draft

_COLUMNS = ", ".join(each.name for each in fields(Conversation))


def check(connection: sqlite3.Connection, draft: Draft) -> None:
    """Look whether a draft may be stored, by the condition that came with it.

    Under the write lock nobody can store between the look and the create. A unique index would not
    do: equal conversations may be stored on purpose, and restored.

    Raises:
        AlreadyStored: more are stored than it allows.
    """
    most = draft.if_stored_at_most
    by_id = draft.source_id is not None
    known_by = draft.source_id if by_id else draft.content_hash
    if most is None or draft.source is None or known_by is None:
        return
    column = "source_id" if by_id else "content_hash"
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM conversations WHERE source = ? AND {column} = ? AND id IS NOT ? "
        "ORDER BY pk DESC LIMIT ?",
        (draft.source, known_by, draft.replaces, most + 1),
    ).fetchall()
    if len(rows) > most:
        raise AlreadyStored(Conversation.of(rows[0]))
