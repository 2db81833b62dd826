"""A file whose rows are of other types than were stored: it says so, and never "internal error"."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sekha import MessageDto, NewConversation, SekhaStorageError, SyncSekhaClient


def new(label: str = "label") -> NewConversation:
    said = [MessageDto("user", "a quick text"), MessageDto("assistant", "an answer")]
    return NewConversation(label=label, folder="/f", messages=said)


def create(client: SyncSekhaClient) -> object:
    return client.create_conversation(new())


@pytest.mark.parametrize(
    ("change", "call"),
    [
        ("UPDATE conversations SET created_at = x'fffe'", lambda client: client.export()),
        ("UPDATE conversations SET message_count = x''", lambda client: client.export()),
        (
            "UPDATE conversations SET importance_score = 1.5",
            lambda client: client.list_conversations(),
        ),
        ("UPDATE conversations SET label = x'61'", lambda client: client.search("quick")),
        ("UPDATE conversations SET id = 'x'", lambda client: client.export()),
        ("UPDATE messages SET content = x'61'", lambda client: client.recall("quick")),
        ("UPDATE vectors SET vectors = 1.5", lambda client: client.smart_query("quick")),
        ("UPDATE vectors SET first_message = x'ff'", lambda client: client.smart_query("quick")),
        ("UPDATE vectors SET encoding = 7", lambda client: client.smart_query("quick")),
        ("UPDATE vector_state SET generation = x'ff'", lambda client: client.smart_query("quick")),
        ("UPDATE vector_state SET embedder = x'ff'", create),
        (
            "ALTER TABLE messages RENAME COLUMN timestamp TO time",
            lambda client: client.search("quick"),
        ),
    ],
)
def test_damaged_rows(
    tmp_path: Path, change: str, call: Callable[[SyncSekhaClient], object]
) -> None:
    file = tmp_path / "memory.db"
    with SyncSekhaClient.local(file) as client:
        client.create_conversation(new())
    damaged = sqlite3.connect(file)
    damaged.execute("PRAGMA foreign_keys = OFF")
    damaged.execute(change)
    damaged.commit()
    damaged.close()
    with SyncSekhaClient.local(file) as client:
        with pytest.raises(SekhaStorageError, match="the file is damaged: restore it from a copy"):
            call(client)


def test_a_damaged_name_of_a_column(tmp_path: Path) -> None:
    """Which sqlite3 cannot decode, not even to say so."""
    file = tmp_path / "memory.db"
    with SyncSekhaClient.local(file) as client:
        client.create_conversation(new())
    content = file.read_bytes()
    assert content.count(b"CREATE TABLE messages") == 1
    file.write_bytes(content.replace(b"CREATE TABLE messages", b"CREATE\xffTABLE messages"))
    with SyncSekhaClient.local(file) as client:
        with pytest.raises(SekhaStorageError, match="the file is damaged"):
            client.create_conversation(new())
        with pytest.raises(SekhaStorageError, match="the file is damaged"):
            client.list_conversations()


def test_an_error_of_a_sound_file_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sekha import SekhaServerError
    from sekha.local.store import Store

    def fail(*_: object, **__: object) -> object:
        raise KeyError("of our own")

    with SyncSekhaClient.local(tmp_path / "memory.db") as client:
        client.create_conversation(new())
        monkeypatch.setattr(Store, "page", fail)
        with pytest.raises(SekhaServerError, match="Internal error: KeyError") as caught:
            client.list_conversations()
    assert not isinstance(caught.value, SekhaStorageError)
