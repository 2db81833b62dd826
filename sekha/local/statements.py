"""The statements that add and remove conversations, inside the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence

from attrs import astuple, fields, frozen

from . import once, packing
from .errors import ConversationNotFound, StoreError
from .records import Conversation, Draft

Connection = sqlite3.Connection

_COLUMNS = tuple(each.name for each in fields(Conversation))
CONVERSATION = f"SELECT {', '.join(_COLUMNS)} FROM conversations "


@frozen
class Creation:
    """A conversation to be stored, with all that was made out of it before.

    Attributes:
        vectors: the messages' vectors in order, packed as the vector table keeps them.
        embedder: the name of what made them.
        words: what goes into the word index, a text a message.
        gone: what stands in the word index for the version that it replaces.
    """

    draft: Draft
    vectors: bytes
    embedder: str
    words: Sequence[str]
    gone: Sequence[tuple[int, str]]


def create(connection: Connection, creation: Creation, now: int) -> Conversation:
    """Store a conversation with its messages, words and vectors.

    Raises:
        StoreError: the other vectors in the file were made by another embedder meanwhile.
        AlreadyStored: it was to be stored once, and is.
    """
    (stored,) = connection.execute("SELECT embedder FROM vector_state").fetchone()
    if stored not in ("", creation.embedder):
        raise StoreError(
            f"its vectors were made anew by the embedder {stored!r} meanwhile, and "
            f"{creation.embedder!r} is used here: open it again"
        )
    draft = creation.draft
    once.check(connection, draft)
    times = draft.dated(now)
    former = _replace(connection, draft, creation.gone)
    conversation = Conversation(
        pk=_next_key(connection, "conversations"),
        id=str(uuid.uuid4()),
        label=draft.label,
        folder=draft.folder,
        status=draft.status,
        importance_score=draft.importance_score,
        session_count=1,
        message_count=len(draft.messages),
        byte_count=sum(len(content.encode()) for _, content in draft.messages),
        created_at=draft.created_at or (times[0] if times else now),
        updated_at=draft.updated_at or (times[-1] if times else now),
        stored_at=now,
        source=draft.source,
        source_id=draft.source_id,
        content_hash=draft.content_hash,
        former_hashes=json.dumps(former),
    )
    columns = ", ".join(_COLUMNS)
    marks = ", ".join("?" * len(_COLUMNS))
    connection.execute(
        f"INSERT INTO conversations ({columns}) VALUES ({marks})", astuple(conversation)
    )
    if draft.messages:
        _add_messages(connection, conversation, creation, times)
    return conversation


def _add_messages(
    connection: Connection, conversation: Conversation, creation: Creation, times: Sequence[int]
) -> None:
    first = _next_key(connection, "messages")
    pairs = zip(creation.draft.messages, times, strict=True)
    connection.executemany(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)",
        (
            (first + place, str(uuid.uuid4()), conversation.pk, role, content, time)
            for place, ((role, content), time) in enumerate(pairs)
        ),
    )
    connection.executemany(
        "INSERT INTO message_words (rowid, content) VALUES (?, ?)",
        enumerate(creation.words, first),
    )
    connection.execute(
        "INSERT INTO vectors VALUES (?, ?, ?, ?)",
        (conversation.pk, first, creation.vectors, packing.BYTES),
    )


def _replace(connection: Connection, draft: Draft, words: Sequence[tuple[int, str]]) -> list[str]:
    """Remove the earlier version of a conversation.

    Args:
        words: what stands in the word index for it.

    Returns:
        the hashes of the versions that there were.
    """
    if draft.replaces is None:
        return []
    try:
        old = find(connection, draft.replaces)
    except ConversationNotFound:
        return []
    remove(connection, old, words)
    former: list[str] = json.loads(old.former_hashes)
    return [*former, *([old.content_hash] if old.content_hash else [])]


def remove(
    connection: Connection, conversation: Conversation, words: Sequence[tuple[int, str]]
) -> None:
    # Messages never change: what was read of them before the lock was taken still holds.
    connection.executemany(
        "INSERT INTO message_words (message_words, rowid, content) VALUES ('delete', ?, ?)", words
    )
    connection.execute("DELETE FROM conversations WHERE pk = ?", (conversation.pk,))
    connection.execute("INSERT INTO deletions (conversation) VALUES (?)", (conversation.pk,))


def find(connection: Connection, conversation_id: str) -> Conversation:
    """One conversation, as a connection sees it.

    Raises:
        ConversationNotFound: None has this id.
    """
    row = connection.execute(f"{CONVERSATION} WHERE id = ?", (conversation_id,)).fetchone()
    if row is None:
        raise ConversationNotFound(conversation_id)
    return Conversation.of(row)


def last_key(connection: Connection, table: str) -> int:
    """The greatest primary key that this view of a table ever gave out, or 0."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return 0 if row is None else int(row[0])


def _next_key(connection: Connection, table: str) -> int:
    # Under the write lock: nobody else can take it before this transaction ends.
    return last_key(connection, table) + 1
