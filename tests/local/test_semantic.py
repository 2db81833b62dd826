"""The vector index and the file: one, whoever is ahead."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sekha.local import Controller, packing
from sekha.local.clock import Clock
from sekha.local.database import Database
from sekha.local.embedder import load_embedder
from sekha.local.records import Draft
from sekha.local.semantic import Semantic
from sekha.local.store import Store
from support.local_api import Api


@pytest.fixture
def store(memory_file: Path) -> Iterator[Store]:
    database = Database(memory_file)
    yield Store(database, Clock())
    database.close()


def add(store: Store, semantic: Semantic, text: str) -> str:
    draft = Draft("label", "/folder", 5, [("user", text), ("assistant", text)])
    vectors = packing.pack(semantic.embed([text, text]))
    return store.create(draft, vectors, semantic.embedder_name).id


def test_a_reader_of_an_older_state_is_not_shown_newer_vectors(store: Store) -> None:
    semantic = Semantic(store)
    semantic.ensure_current()
    first = add(store, semantic, "first")
    with store.reading() as older:
        assert older.execute("SELECT count(*) FROM messages").fetchone() == (2,)
        add(store, semantic, "second")
        with store.reading() as newer:
            assert len(semantic.view(newer)) == 4
        assert len(semantic.view(older)) == 2
    store.delete(first)
    with store.reading() as newest:
        view = semantic.view(newest)
        rows = np.flatnonzero(view.all_visible())
        assert view.conversations_of(rows).tolist() == [2, 2]


def test_a_deleted_key_is_never_used_again(store: Store) -> None:
    semantic = Semantic(store)
    semantic.ensure_current()
    gone = add(store, semantic, "gone")
    with store.reading() as connection:
        assert len(semantic.view(connection)) == 2
    store.delete(gone)
    add(store, semantic, "new")
    with store.reading() as connection:
        view = semantic.view(connection)
        rows = np.flatnonzero(view.all_visible())
        assert view.conversations_of(rows).tolist() == [2, 2]
        assert view.messages_of(rows).tolist() == [3, 4]


def test_vectors_of_another_embedder_are_made_anew(memory_file: Path) -> None:
    controller = Controller(memory_file)
    Api(controller).create("about cats")
    controller.close()
    connection = sqlite3.connect(memory_file)
    with connection:
        connection.execute("UPDATE vectors SET vectors = zeroblob(length(vectors) / 2)")
        connection.execute("UPDATE vector_state SET embedder = 'wordllama-of-half-the-length'")
    connection.close()
    controller = Controller(memory_file)
    (found,) = Api(controller).query("cats")
    assert found["score"] < 0.5
    controller.close()
    connection = sqlite3.connect(memory_file)
    stored = connection.execute("SELECT embedder FROM vector_state").fetchone()
    connection.close()
    assert stored == (load_embedder().name,)
