"""Conversations and messages in a database: every statement but those of the vectors."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from attrs import astuple, fields

from . import once, scopes
from .clock import Clock
from .database import Database
from .errors import ConversationNotFound, StoreError
from .fulltext import index_text
from .records import (
    ACTIVE,
    ARCHIVED,
    PINNED,
    Changes,
    Conversation,
    Draft,
    Message,
    Selection,
    Statistics,
)

Connection = sqlite3.Connection

_COLUMNS = tuple(each.name for each in fields(Conversation))
_CONVERSATION = f"SELECT {', '.join(_COLUMNS)} FROM conversations "
_MESSAGE = (
    "SELECT m.pk, m.id, m.role, m.content, m.timestamp, c.id, c.label, c.folder "
    "FROM messages m JOIN conversations c ON c.pk = m.conversation "
)
# The newest change first; the key makes the order total, so that pages neither repeat nor skip.
_NEWEST_FIRST = "ORDER BY updated_at DESC, pk DESC "
_LAST_STORED_FIRST = "ORDER BY pk DESC "
_LARGEST_INTEGER = 2**63 - 1


class Store:
    """What can be asked of, and done to, the stored conversations.

    Single questions are methods; those that must see one consistent state take a connection from
    `reading`.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent view for several questions."""
        return self._database.reading()

    def maintaining(self) -> AbstractContextManager[Connection]:
        """One transaction for several changes that no request asked for by itself."""
        return self._database.writing(internal=True)

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self._database.read_only

    def create(self, draft: Draft, vectors: bytes, embedder: str) -> Conversation:
        """Store a conversation with its messages, words and vectors: all of it or nothing.

        Args:
            vectors: the messages' vectors in order, packed as the vector table keeps them.
            embedder: the name of what made them.

        Raises:
            StoreError: the other vectors in the file were made by another embedder meanwhile.
            AlreadyStored: it was to be stored once, and is.
        """
        byte_count = sum(len(content.encode()) for _, content in draft.messages)
        # Before the lock is taken: of a large text this takes its time.
        words = [index_text(content) for _, content in draft.messages]
        try:
            gone = self._words_of(draft.replaces) if draft.replaces else []
        except ConversationNotFound:
            gone = []
        with self._database.writing() as connection:
            (stored,) = connection.execute("SELECT embedder FROM vector_state").fetchone()
            if stored not in ("", embedder):
                raise StoreError(
                    f"its vectors were made anew by the embedder {stored!r} meanwhile, and "
                    f"{embedder!r} is used here: open it again"
                )
            once.check(connection, draft)
            now = self._clock.now()
            times = draft.dated(now)
            former = _replace(connection, draft, gone)
            conversation = Conversation(
                pk=_next_key(connection, "conversations"),
                id=str(uuid.uuid4()),
                label=draft.label,
                folder=draft.folder,
                status=draft.status,
                importance_score=draft.importance_score,
                session_count=1,
                message_count=len(draft.messages),
                byte_count=byte_count,
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
                self._add_messages(connection, conversation, draft.messages, times, words, vectors)
        return conversation

    def find(self, conversation_id: str) -> Conversation:
        """One conversation.

        Raises:
            ConversationNotFound: None has this id.
        """
        with self.reading() as connection:
            return find(connection, conversation_id)

    def page(
        self, selection: Selection, limit: int, offset: int, *, as_stored: bool = False
    ) -> tuple[list[Conversation], int]:
        """Conversations, the last changed or the last stored first, and how many there are on all
        pages."""
        order = _LAST_STORED_FIRST if as_stored else _NEWEST_FIRST
        where, values = _where(selection)
        with self.reading() as connection:
            total = connection.execute(
                f"SELECT count(*) FROM conversations {where}", values
            ).fetchone()[0]
            rows = connection.execute(
                f"{_CONVERSATION} {where} {order} LIMIT ? OFFSET ?",
                (*values, limit, min(offset, _LARGEST_INTEGER)),
            )
            return [Conversation(*row) for row in rows], total

    def statistics(self, selection: Selection) -> Statistics:
        """Over all conversations selected."""
        where, values = _where(selection)
        with self.reading() as connection:
            count, average = connection.execute(
                f"SELECT count(*), avg(importance_score) FROM conversations {where}", values
            ).fetchone()
        return Statistics(count, average or 0.0)

    def folders(self) -> list[str]:
        """Every folder in use, in order."""
        with self.reading() as connection:
            rows = connection.execute("SELECT DISTINCT folder FROM conversations ORDER BY folder")
            return [folder for (folder,) in rows]

    def count_messages(self) -> int:
        """Messages of all conversations."""
        with self.reading() as connection:
            count: int = connection.execute("SELECT count(*) FROM messages").fetchone()[0]
            return count

    def change(self, conversation_ids: Sequence[str], changes: Changes) -> None:
        """Change all these conversations, and the time of their last change, or none of them.

        Raises:
            ConversationNotFound: one of them is unknown.
        """
        with self._database.writing() as connection:
            for conversation_id in conversation_ids:
                changed = connection.execute(
                    "UPDATE conversations SET label = coalesce(?, label), "
                    "folder = coalesce(?, folder), status = coalesce(?, status), "
                    "importance_score = coalesce(?, importance_score), updated_at = ? "
                    "WHERE id = ?",
                    (
                        changes.label,
                        changes.folder,
                        changes.status,
                        changes.importance_score,
                        self._clock.now(),
                        conversation_id,
                    ),
                ).rowcount
                if not changed:
                    raise ConversationNotFound(conversation_id)

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation with its messages, words and vectors.

        Raises:
            ConversationNotFound: None has this id.
        """
        words = self._words_of(conversation_id)
        with self._database.writing() as connection:
            _remove(connection, find(connection, conversation_id), words)

    def _words_of(self, conversation_id: str) -> list[tuple[int, str]]:
        """What stands in the word index for a conversation, which takes its time to make out.

        Raises:
            ConversationNotFound: None has this id.
        """
        with self.reading() as connection:
            messages = messages_of(connection, find(connection, conversation_id))
        return [(message.pk, index_text(message.content)) for message in messages]

    def prunable(self, unchanged_since: int, importance: float) -> list[Conversation]:
        """Active, unpinned conversations of this importance at most, the oldest change first."""
        with self.reading() as connection:
            rows = connection.execute(
                f"{_CONVERSATION} WHERE status = ? AND importance_score < ? "
                "AND importance_score <= ? AND updated_at <= ? ORDER BY updated_at, pk",
                (ACTIVE, PINNED, importance, unchanged_since),
            )
            return [Conversation(*row) for row in rows]

    def _add_messages(
        self,
        connection: Connection,
        conversation: Conversation,
        pairs: Sequence[tuple[str, str]],
        times: Sequence[int],
        words: Sequence[str],
        vectors: bytes,
    ) -> None:
        first = _next_key(connection, "messages")
        connection.executemany(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)",
            (
                (first + place, str(uuid.uuid4()), conversation.pk, role, content, time)
                for place, ((role, content), time) in enumerate(zip(pairs, times, strict=True))
            ),
        )
        connection.executemany(
            "INSERT INTO message_words (rowid, content) VALUES (?, ?)",
            enumerate(words, first),
        )
        connection.execute(
            "INSERT INTO vectors VALUES (?, ?, ?)", (conversation.pk, first, vectors)
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
    _remove(connection, old, words)
    former: list[str] = json.loads(old.former_hashes)
    return [*former, *([old.content_hash] if old.content_hash else [])]


def _remove(
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
    row = connection.execute(f"{_CONVERSATION} WHERE id = ?", (conversation_id,)).fetchone()
    if row is None:
        raise ConversationNotFound(conversation_id)
    return Conversation(*row)


def messages_of(
    connection: Connection, conversation: Conversation, limit: int = _LARGEST_INTEGER
) -> list[Message]:
    """A conversation's messages in the order in which they were given, or the first of them."""
    rows = connection.execute(
        f"{_MESSAGE} WHERE m.conversation = ? ORDER BY m.pk LIMIT ?", (conversation.pk, limit)
    )
    return [Message(*row) for row in rows]


def messages_of_all(
    connection: Connection, conversations: Iterable[Conversation]
) -> dict[int, list[Message]]:
    """The messages of several conversations, each one's in order, by its key."""
    found: dict[int, list[Message]] = {each.pk: [] for each in conversations}
    rows = connection.execute(
        f"SELECT m.conversation, {_MESSAGE.removeprefix('SELECT ')} "
        "WHERE m.conversation IN (SELECT value FROM json_each(?)) ORDER BY m.pk",
        (json.dumps(list(found)),),
    )
    for owner, *row in rows:
        found[owner].append(Message(*row))
    return found


def messages_by_key(connection: Connection, keys: Iterable[int]) -> dict[int, Message]:
    """Those of these messages that are there."""
    rows = connection.execute(
        f"{_MESSAGE} WHERE m.pk IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)
    )
    return {row[0]: Message(*row) for row in rows}


def conversations_by_key(connection: Connection, keys: Iterable[int]) -> dict[int, Conversation]:
    """Those of these conversations that are there."""
    rows = connection.execute(
        f"{_CONVERSATION} WHERE pk IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)
    )
    return {row[0]: Conversation(*row) for row in rows}


def conversations_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Conversation]:
    """Those of these conversations that are there."""
    rows = connection.execute(
        f"{_CONVERSATION} WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )
    return {row[1]: Conversation(*row) for row in rows}


def labels_in_use(connection: Connection, labels: Iterable[str]) -> set[str]:
    """Those of these labels that some conversation has."""
    rows = connection.execute(
        "SELECT DISTINCT label FROM conversations WHERE label IN (SELECT value FROM json_each(?))",
        (json.dumps(list(labels)),),
    )
    return {label for (label,) in rows}


def last_key(connection: Connection, table: str) -> int:
    """The greatest primary key that this view of a table ever gave out, or 0."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return 0 if row is None else int(row[0])


def _next_key(connection: Connection, table: str) -> int:
    # Under the write lock: nobody else can take it before this transaction ends.
    return last_key(connection, table) + 1


def _where(selection: Selection) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    exact = {
        "label": selection.label,
        "folder": selection.folder,
        "source": selection.source,
        "source_id": selection.source_id,
        "content_hash": selection.content_hash,
    }
    for column, value in exact.items():
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    if selection.pinned is not None:
        conditions.append(f"importance_score {'>=' if selection.pinned else '<'} ?")
        values.append(PINNED)
    if selection.archived is not None:
        conditions.append("status = ?")
        values.append(ARCHIVED if selection.archived else ACTIVE)
    if selection.scope is not None and not selection.scope.is_any:
        condition, more = scopes.where(selection.scope)
        # One without messages is kept somewhere, but nothing was said in it at any time.
        told = "" if selection.scope.is_any_time else "JOIN messages m ON m.conversation = c.pk "
        conditions.append(f"pk IN (SELECT c.pk FROM conversations c {told}WHERE {condition})")
        values += more
    return ("WHERE " + " AND ".join(conditions) if conditions else ""), values
