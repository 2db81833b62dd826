"""The tables of a memory file, and how an older file is brought up to date."""

from __future__ import annotations

import sqlite3

from .errors import StoreError
from .files import APPLICATION_ID, FOREIGN

_FIRST_SCHEMA = """
CREATE TABLE conversations (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    folder TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'archived')),
    importance_score INTEGER NOT NULL,
    session_count INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    byte_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX conversations_by_change ON conversations (updated_at, pk);
CREATE INDEX conversations_by_label ON conversations (label, updated_at, pk);
CREATE INDEX conversations_by_folder ON conversations (folder, updated_at, pk);

CREATE TABLE messages (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversations (pk) ON DELETE CASCADE,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    timestamp INTEGER NOT NULL
);
CREATE INDEX messages_by_conversation ON messages (conversation);

CREATE VIRTUAL TABLE message_words USING fts5 (
    content,
    content = '',
    tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
);

CREATE TABLE vectors (
    conversation INTEGER PRIMARY KEY REFERENCES conversations (pk) ON DELETE CASCADE,
    first_message INTEGER NOT NULL,
    vectors BLOB NOT NULL
);
CREATE TABLE vector_state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    embedder TEXT NOT NULL,
    generation INTEGER NOT NULL
);
INSERT INTO vector_state VALUES (1, '', 0);
CREATE TABLE deletions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL
);
"""
# Times are nanoseconds since 1970. AUTOINCREMENT is load-bearing: keys that are never used twice
# let a vector index in another process find what is new, and from `deletions` what is gone, by
# "greater than the last I saw".

_TIMES_AND_SOURCES = """
ALTER TABLE conversations ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET stored_at = created_at;
ALTER TABLE conversations ADD COLUMN source TEXT;
ALTER TABLE conversations ADD COLUMN source_id TEXT;
ALTER TABLE conversations ADD COLUMN content_hash TEXT;
ALTER TABLE conversations ADD COLUMN former_hashes TEXT NOT NULL DEFAULT '[]';
CREATE INDEX conversations_by_source ON conversations (source, source_id)
WHERE source IS NOT NULL;
CREATE INDEX conversations_by_hash ON conversations (content_hash)
WHERE content_hash IS NOT NULL
"""

_BYTES_FOR_VECTORS = """
ALTER TABLE vectors ADD COLUMN encoding INTEGER NOT NULL DEFAULT 0;
CREATE INDEX conversations_by_age ON conversations (updated_at, pk)
WHERE status = 'active' AND importance_score < 10
"""
# What there is stays as it is, which takes no time; `packing` reads both.

_MIGRATIONS = (_FIRST_SCHEMA, _TIMES_AND_SOURCES, _BYTES_FOR_VECTORS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest schema, inside the caller's write transaction.

    Args:
        connection: in a transaction that holds the write lock, so that two processes never both
            migrate.

    Raises:
        StoreError: the file belongs to another program, or to a newer version of this one.
    """
    version = _version(connection)
    for script in _MIGRATIONS[version:]:
        for statement in _statements(script):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")


_OLDER_AS_NEW = {
    1: """
CREATE TEMP VIEW conversations AS SELECT *, created_at AS stored_at, NULL AS source,
NULL AS source_id, NULL AS content_hash, '[]' AS former_hashes FROM main.conversations
""",
}
"""For each older schema the views by which it looks like the newest, where it cannot be changed."""


def read_as_current(connection: sqlite3.Connection) -> None:
    """Let a connection that cannot write see an older file as one of the newest schema.

    Raises:
        StoreError: that cannot be done, or the file belongs to another program, or to a newer
            version of this one.
    """
    version = _version(connection)
    if version == len(_MIGRATIONS):
        return
    if version not in _OLDER_AS_NEW:
        raise StoreError(
            f"the file has schema version {version}, which is to be brought up to date, and it or its "
            "folder is read-only: copy it to where it can be written"
        )
    for statement in _statements(_OLDER_AS_NEW[version]):
        connection.execute(statement)


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether a file has the newest schema.

    Raises:
        StoreError: it belongs to another program, or to a newer version of this one.
    """
    return _version(connection) == len(_MIGRATIONS)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    owner: int = connection.execute("PRAGMA application_id").fetchone()[0]
    if version == 0 and owner == 0:
        foreign = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
    else:
        foreign = owner != APPLICATION_ID
    if foreign:
        raise StoreError(FOREIGN)
    if version > len(_MIGRATIONS):
        raise StoreError(
            f"the file has schema version {version}, newer than the {len(_MIGRATIONS)} known here: "
            "update sekha-memory to open it"
        )
    return version


def _statements(script: str) -> list[str]:
    # sqlite3's executescript() commits whatever transaction is open: migrating would not be atomic.
    return [statement for statement in script.split(";") if statement.strip()]
