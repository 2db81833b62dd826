"""Conversations and messages in a database: every statement but those of the vectors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from . import scopes
from .cancellation import RequestCancelled
from .clock import Clock
from .database import Database
from .errors import ConversationNotFound
from .fulltext import index_text
from .grouping import Group, Member
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
from .statements import CONVERSATION, Creation, create, find, remove

Connection = sqlite3.Connection

_MESSAGE = (
    "SELECT m.pk, m.id, m.role, m.content, m.timestamp, c.id, c.label, c.folder "
    "FROM messages m JOIN conversations c ON c.pk = m.conversation "
)
# The newest change first; the key makes the order total, so that pages neither repeat nor skip.
_NEWEST_FIRST = "ORDER BY updated_at DESC, pk DESC "
_LAST_STORED_FIRST = "ORDER BY pk DESC "
_LARGEST_INTEGER = 2**63 - 1
_MOST_TOGETHER = 64


class Store:
    """What can be asked of, and done to, the stored conversations.

    Single questions are methods; those that must see one consistent state take a connection from
    `reading`.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._creates: Group[Creation, Conversation] = Group(self._create_all, _MOST_TOGETHER)

    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent view for several questions."""
        return self._database.reading()

    def maintaining(self) -> AbstractContextManager[Connection]:
        """One transaction for several changes that no request asked for by itself."""
        return self._database.writing(internal=True)

    @property
    def path(self) -> Path | None:
        """The memory file; `None` if everything is in memory."""
        return self._database.path

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
        # Before the lock is taken: of a large text this takes its time.
        words = [index_text(content) for _, content in draft.messages]
        try:
            gone = self._words_of(draft.replaces) if draft.replaces else []
        except ConversationNotFound:
            gone = []
        return self._creates.run(Creation(draft, vectors, embedder, words, gone))

    def _create_all(self, group: Sequence[Member[Creation, Conversation]]) -> None:
        """Store several conversations in one transaction, which costs one wait for the disk."""
        try:
            with self._database.writing(internal=True) as connection:
                # Only the first can have all this given up; the others are on their own.
                group[0].cancellation.begin_commit()
                for place, member in enumerate(group):
                    self._create_one(connection, member, alone=len(group) == 1, first=place == 0)
        except RequestCancelled:
            raise
        except BaseException as error:
            # Nothing is on the disk, whatever was said of single ones.
            for member in group:
                member.result, member.error = None, member.error or error

    def _create_one(
        self,
        connection: Connection,
        member: Member[Creation, Conversation],
        *,
        alone: bool,
        first: bool,
    ) -> None:
        if not first:
            try:
                member.cancellation.begin_commit()
            except RequestCancelled as cancelled:
                member.error = cancelled
                return
        if alone:
            member.result = create(connection, member.item, self._clock.now())
            return
        connection.execute("SAVEPOINT one")
        try:
            member.result = create(connection, member.item, self._clock.now())
        except Exception as error:
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO one")
            member.error = error
        connection.execute("RELEASE one")

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
                f"{CONVERSATION} {where} {order} LIMIT ? OFFSET ?",
                (*values, limit, min(offset, _LARGEST_INTEGER)),
            )
            return [Conversation.of(row) for row in rows], total

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
            remove(connection, find(connection, conversation_id), words)

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
                # As the index of what can be pruned has it.
                f"{CONVERSATION} WHERE status = '{ACTIVE}' AND importance_score < {PINNED} "
                "AND importance_score <= ? AND updated_at <= ? ORDER BY updated_at, pk",
                (importance, unchanged_since),
            )
            return [Conversation.of(row) for row in rows]


def messages_of(
    connection: Connection, conversation: Conversation, limit: int = _LARGEST_INTEGER
) -> list[Message]:
    """A conversation's messages in the order in which they were given, or the first of them."""
    rows = connection.execute(
        f"{_MESSAGE} WHERE m.conversation = ? ORDER BY m.pk LIMIT ?", (conversation.pk, limit)
    )
    return [Message.of(row) for row in rows]


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
        found[owner].append(Message.of(row))
    return found


def messages_by_key(connection: Connection, keys: Iterable[int]) -> dict[int, Message]:
    """Those of these messages that are there."""
    rows = connection.execute(
        f"{_MESSAGE} WHERE m.pk IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)
    )
    return {row[0]: Message.of(row) for row in rows}


def conversations_by_key(connection: Connection, keys: Iterable[int]) -> dict[int, Conversation]:
    """Those of these conversations that are there."""
    rows = connection.execute(
        f"{CONVERSATION} WHERE pk IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)
    )
    return {row[0]: Conversation.of(row) for row in rows}


def conversations_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Conversation]:
    """Those of these conversations that are there."""
    rows = connection.execute(
        f"{CONVERSATION} WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )
    return {row[1]: Conversation.of(row) for row in rows}


def labels_in_use(connection: Connection, labels: Iterable[str]) -> set[str]:
    """Those of these labels that some conversation has."""
    rows = connection.execute(
        "SELECT DISTINCT label FROM conversations WHERE label IN (SELECT value FROM json_each(?))",
        (json.dumps(list(labels)),),
    )
    return {label for (label,) in rows}


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
