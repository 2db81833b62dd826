"""Messages by month: when things were said, and where."""

from __future__ import annotations

import sqlite3


def count(
    connection: sqlite3.Connection, label: str | None, folder: str | None
) -> list[tuple[str, str | None, int]]:
    """How many messages were said in each month (UTC) and at each source, the last month first.

    Args:
        label, folder: only of conversations that have exactly these.
    """
    return connection.execute(
        "SELECT strftime('%Y-%m', m.timestamp / 1000000000, 'unixepoch') AS month, c.source, "
        "count(*) FROM messages m JOIN conversations c ON c.pk = m.conversation "
        "WHERE c.label = coalesce(?, c.label) AND c.folder = coalesce(?, c.folder) "
        "GROUP BY month, c.source ORDER BY month DESC, c.source",
        (label, folder),
    ).fetchall()
