"""Damage of a memory file that SQLite does not see: rows of other types than were stored."""

from __future__ import annotations

import sqlite3
import time

from .errors import DAMAGED, storage_failure

_SECONDS = 2.0
"""How long is looked at most."""
_STEPS = 10_000

_TYPES = {
    "conversations": {
        "integer": "pk importance_score session_count message_count byte_count created_at updated_at "
        "stored_at",
        "text": "id label folder status former_hashes",
        "optional text": "source source_id content_hash",
    },
    "messages": {
        "integer": "pk conversation timestamp",
        "text": "id role content",
    },
    "vectors": {"integer": "conversation first_message encoding", "blob": "vectors"},
    "vector_state": {"integer": "generation", "text": "embedder"},
    "deletions": {"integer": "seq conversation"},
}
_OTHERWISE = (
    ("messages", "conversation NOT IN (SELECT pk FROM conversations)"),
    ("vectors", "encoding NOT IN (0, 1)"),
    ("conversations", "length(id) <> 36"),
)


def find_damage(connection: sqlite3.Connection) -> str | None:
    """What is wrong with the rows or the tables, in words; None if nothing is, or none was found in
    the time that is taken for it.

    Args:
        connection: of a memory in which something failed that no code foresaw.
    """
    ends = time.monotonic() + _SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    try:
        for table, condition in _conditions():
            if connection.execute(f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1").fetchone():
                return f"{DAMAGED} (a row of {table} is not as it was stored)"
        for (told,) in connection.execute("PRAGMA quick_check(1)"):
            if told != "ok":
                return f"{DAMAGED} (SQLite: {told})"
    except (sqlite3.Error, UnicodeDecodeError) as error:
        # The module fails on names that are no text before it says what is wrong with them.
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            return None
        return storage_failure(error) or f"{DAMAGED} (SQLite: {error})"
    finally:
        connection.set_progress_handler(None, 0)
    return None


def _conditions() -> list[tuple[str, str]]:
    typed = []
    for table, types in _TYPES.items():
        wrong = []
        for kind, columns in types.items():
            allowed = "'text', 'null'" if kind == "optional text" else f"'{kind}'"
            wrong += [f"typeof({column}) NOT IN ({allowed})" for column in columns.split()]
        typed.append((table, " OR ".join(wrong)))
    return [*typed, *_OTHERWISE]
