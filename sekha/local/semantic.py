"""Semantic search: vectors of the messages, and the messages nearest to a text."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from . import packing, scopes
from .cancellation import Cancellation, current
from .codes_file import CodesFile
from .embedder import BUILT_IN, Embedder, Vectors, load_embedder
from .errors import StoreError
from .indexing import Indexing
from .own_embedder import OwnEmbedder
from .records import Message, Scope
from .store import Store, messages_by_key
from .vector_view import Mask, VectorView

_REBUILD_BATCH = 200
_LARGE = 65_536
"""Characters."""

_FILTERS = {
    "label": "c.label",
    "folder": "c.folder",
    "status": "c.status",
    "conversation_id": "c.id",
    "role": "m.role",
}


class InvalidFilter(ValueError):
    """A search filter with a name or a value that has no meaning."""


@frozen
class Hit:
    """A message and its cosine distance from the query, 0 (the same) to 2."""

    message: Message
    distance: float


class Semantic:
    """Search by meaning over a store's messages.

    Args:
        embedder: the caller's own; `None` for the built-in one, loaded when first needed, as that
            takes time.
    """

    def __init__(self, store: Store, embedder: OwnEmbedder | None = None) -> None:
        self._store = store
        self._is_own = embedder is not None
        self._embedder: Callable[[], Embedder | OwnEmbedder] = (
            load_embedder if embedder is None else lambda: embedder
        )
        self._lock = threading.Lock()
        self._large = threading.Lock()
        self._indexing = Indexing(CodesFile(store.path, read_only=store.read_only))
        self._checking = threading.Lock()
        self._current = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text. Large texts take turns: two at a time would take twice as long.

        Raises:
            RequestCancelled: the request is not wanted any more.
        """
        embedder = self._embedder()
        if sum(map(len, texts)) < _LARGE:
            return embedder.embed(texts)
        current().acquire(self._large)
        try:
            return embedder.embed(texts)
        finally:
            self._large.release()

    def search(
        self,
        query: str,
        limit: int,
        offset: int,
        filters: Mapping[str, Any],
        scope: Scope | None = None,
    ) -> list[Hit]:
        """The messages nearest to a text, nearest first.

        Args:
            filters: `label`, `folder`, `status`, `role`, `conversation_id`: a text, or a list of
                which any will do. All must hold; `None` does not filter.

        Raises:
            InvalidFilter: another name, or another kind of value.
        """
        where, values = _conditions(filters)
        if scope is not None and not scope.is_any:
            condition, more = scopes.where(scope)
            where, values = " AND ".join(filter(None, (where, condition))), [*values, *more]
        if limit == 0:
            return []
        vector = self.embed([query])[0]
        self.ensure_current()
        with self._store.reading() as connection:
            view = self.view(connection)
            allowed = _allowed(connection, view, where, values) if where else None
            rows, similarities = view.nearest(connection, vector, offset + limit, allowed)
            keys = view.messages_of(rows[offset:]).tolist()
            messages = messages_by_key(connection, keys)
        return [
            Hit(messages[key], 1.0 - float(similarity))
            for key, similarity in zip(keys, similarities[offset:], strict=True)
        ]

    def view(self, connection: sqlite3.Connection) -> VectorView:
        """The vectors of the messages that a connection sees.

        Call `ensure_current` before the connection begins to read.
        """
        return self._indexing.view(connection, self._embedder().dimensions)

    def ensure_current(self) -> None:
        """See to it that the file's vectors are this embedder's, and not those of another."""
        name = self.embedder_name
        with self._checking:
            if self._current:
                return
            with self._store.reading() as connection:
                (stored,) = connection.execute("SELECT embedder FROM vector_state").fetchone()
                (filled,) = connection.execute("SELECT EXISTS (SELECT 1 FROM vectors)").fetchone()
            if filled and stored != name:
                self._require_rebuild_wanted(stored)
                self.rebuild()
            elif stored != name and not self._store.read_only:
                with self._store.maintaining() as connection:
                    connection.execute(
                        "UPDATE vector_state SET embedder = ? "
                        "WHERE NOT EXISTS (SELECT 1 FROM vectors)",
                        (name,),
                    )
            self._current = True

    @property
    def embedder_name(self) -> str:
        """What the vectors made here are told by."""
        return self._embedder().name

    def _require_rebuild_wanted(self, stored: str) -> None:
        """Refuse to replace what an embedder of the caller's made, where none is given: it may
        have cost much, and it was most likely forgotten."""
        if not self._is_own and not stored.startswith(BUILT_IN):
            raise StoreError(
                f"its vectors were made by the embedder {stored!r}: open it with that one "
                "(embedder=..., --embedder), or with another to have them made anew"
            )

    def rebuild(self) -> None:
        """Make every vector anew, in many small transactions: others can write in between. Once
        begun it goes on to its end, whoever still waits for it."""
        with Cancellation():
            self._rebuild()

    def _rebuild(self) -> None:
        done = 0
        while batch := self._texts_after(done):
            packed = [packing.pack(self.embed(texts)) for _, _, texts in batch]
            with self._store.maintaining() as connection:
                for (conversation, first, _), vectors in zip(batch, packed, strict=True):
                    # It may have been deleted meanwhile.
                    connection.execute(
                        "INSERT OR REPLACE INTO vectors "
                        "SELECT pk, ?, ?, ? FROM conversations WHERE pk = ?",
                        (first, vectors, packing.BYTES, conversation),
                    )
            done = batch[-1][0]
        with self._store.maintaining() as connection:
            connection.execute(
                "UPDATE vector_state SET embedder = ?, generation = generation + 1",
                (self._embedder().name,),
            )

    def _texts_after(self, conversation: int) -> list[tuple[int, int, list[str]]]:
        batch: list[tuple[int, int, list[str]]] = []
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT conversation, pk, content FROM messages WHERE conversation IN "
                "(SELECT DISTINCT conversation FROM messages WHERE conversation > ? "
                "ORDER BY conversation LIMIT ?) ORDER BY conversation, pk",
                (conversation, _REBUILD_BATCH),
            )
            for owner, key, content in rows:
                if not batch or batch[-1][0] != owner:
                    batch.append((owner, key, []))
                batch[-1][2].append(content)
        return batch


def _conditions(filters: Mapping[str, Any]) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    for name, value in filters.items():
        if name not in _FILTERS:
            raise InvalidFilter(f"unknown filter: use {', '.join(_FILTERS)}")
        if value is None:
            continue
        choices = value if isinstance(value, list) else [value]
        if not all(isinstance(choice, str) for choice in choices):
            raise InvalidFilter(f"the filter {name} must be a text or a list of texts")
        conditions.append(f"{_FILTERS[name]} IN ({', '.join('?' * len(choices))})")
        values.extend(choices)
    return " AND ".join(conditions), values


def _allowed(
    connection: sqlite3.Connection, view: VectorView, where: str, values: Sequence[Any]
) -> Mask:
    if "m." not in where:
        # There are many fewer conversations than messages.
        rows = connection.execute(f"SELECT c.pk FROM conversations c WHERE {where}", values)
        return view.of_conversations(key for (key,) in rows)
    rows = connection.execute(
        f"SELECT m.pk FROM messages m JOIN conversations c ON c.pk = m.conversation WHERE {where}",
        values,
    )
    return view.of_messages(key for (key,) in rows)
