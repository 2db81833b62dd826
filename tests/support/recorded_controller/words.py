"""The raw word index of the public controller: SQLite's own syntax, stems, storage order (rows 17
and 35)."""

from __future__ import annotations

import sqlite3
import threading


class WordIndex:
    """Messages by their words. Errors are SQLite's own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None
        )
        self._connection.executescript(
            "CREATE VIRTUAL TABLE words USING fts5(content, tokenize = 'porter');"
            "CREATE TABLE owners (message TEXT UNIQUE, conversation TEXT);"
        )

    def add(self, conversation_id: str, message_id: str, content: str) -> None:
        with self._lock:
            row = self._connection.execute(
                "INSERT INTO owners VALUES (?, ?)", (message_id, conversation_id)
            ).lastrowid
            self._connection.execute(
                "INSERT INTO words (rowid, content) VALUES (?, ?)", (row, content)
            )

    def forget(self, conversation_id: str) -> None:
        with self._lock:
            where = "SELECT rowid FROM owners WHERE conversation = ?"
            self._connection.execute(
                f"DELETE FROM words WHERE rowid IN ({where})", (conversation_id,)
            )
            self._connection.execute(
                "DELETE FROM owners WHERE conversation = ?", (conversation_id,)
            )

    def search(self, query: str, limit: int) -> list[tuple[str, str]]:
        """Pairs of conversation and message, in the order in which they were stored.

        Raises:
            sqlite3.OperationalError: the query is not what SQLite understands.
        """
        with self._lock:
            return self._connection.execute(
                "SELECT conversation, message FROM owners WHERE rowid IN "
                "(SELECT rowid FROM words WHERE words MATCH ?) ORDER BY rowid LIMIT ?",
                (query, limit),
            ).fetchall()

    def contains(self, label: str, part: str) -> bool:
        """Whether a label holds this text, as SQLite's LIKE sees it: in any case (row 8)."""
        with self._lock:
            found = self._connection.execute("SELECT ? LIKE ?", (label, f"%{part}%")).fetchone()
        return bool(found[0])

    def close(self) -> None:
        with self._lock:
            self._connection.close()
