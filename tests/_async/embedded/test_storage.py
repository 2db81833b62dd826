"""A memory file that cannot be used: a typed error that says why, and nothing in doubt."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sekha import (
    ClientConfig,
    MessageDto,
    NewConversation,
    SekhaClient,
    SekhaContentTooLargeError,
    SekhaServerError,
    SekhaStorageError,
)
from sekha.local import Controller
from sekha.local.conversations import LARGEST_MESSAGE
from sekha.local.server import running_server

KEY = "sekha-fake-key-that-must-stay-unseen-0001"
NEW = NewConversation("Label", [MessageDto("user", "about tokens")])


@pytest.fixture
async def memory(tmp_path: Path) -> Path:
    """A file with one conversation."""
    path = tmp_path / "folder" / "memory.db"
    async with SekhaClient.local(path) as client:
        await client.create_conversation(NEW)
    return path


async def assert_unusable(path: Path, *words: str) -> None:
    """Every call says why, in process and served."""
    async with SekhaClient.local(path) as client:
        await _assert_refused(client, *words)
    with running_server(Controller(path), api_key=KEY) as base_url:
        async with SekhaClient(ClientConfig(api_key=KEY, base_url=base_url)) as client:
            await _assert_refused(client, *words)


async def _assert_refused(client: SekhaClient, *words: str) -> None:
    important = NewConversation("L", NEW.messages, importance_score=7)
    for call in (
        lambda: client.create_conversation(NEW),
        lambda: client.create_conversation(important),
        lambda: client.list_conversations(),
        lambda: client.smart_query("x"),
        lambda: client.stats(),
    ):
        with pytest.raises(SekhaStorageError) as caught:
            await call()
        assert caught.value.status_code == 507
        assert isinstance(caught.value, SekhaServerError)
        for word in words:
            assert word in caught.value.message


async def test_damaged(memory: Path) -> None:
    content = bytearray(memory.read_bytes())
    content[100:] = b"\xa5" * (len(content) - 100)
    memory.write_bytes(content)
    await assert_unusable(memory, "damaged")


async def test_a_word_index_that_makes_no_sense(memory: Path) -> None:
    """SQLite has no code of its own for that."""
    with closing(sqlite3.connect(memory)) as connection, connection:
        connection.execute("UPDATE message_words_config SET v = 0 WHERE k = 'version'")
    async with SekhaClient.local(memory) as client:
        for call in (lambda: client.search("tokens"), lambda: client.create_conversation(NEW)):
            with pytest.raises(SekhaStorageError, match="damaged"):
                await call()


async def test_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look like one " * 20)
    before = path.read_bytes()
    await assert_unusable(path, "not a database")
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
async def test_another_programs_file_stays_as_it_is(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "theirs.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    await assert_unusable(path, "another program")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["theirs.db"]


async def test_another_programs_file_in_use_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    before = path.read_bytes(), path.with_name("theirs.db-wal").read_bytes()
    await assert_unusable(path, "another program")
    assert (path.read_bytes(), path.with_name("theirs.db-wal").read_bytes()) == before
    connection.close()


async def test_no_room(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with SekhaClient.local(memory) as client:
        await client.list_conversations()
        controller = client._session.transport._controller  # type: ignore[attr-defined]
        writer = controller._application.database._writer
        (pages,) = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {pages}")
        large = NewConversation("L", [MessageDto("user", "about tokens " * 10_000)])
        with pytest.raises(SekhaStorageError, match="full"):
            await client.create_conversation(large)
        assert [each.label for each in await client.list_conversations()] == ["Label"]
        writer.execute(f"PRAGMA max_page_count = {pages + 1000}")
        await client.create_conversation(large)
        assert await client.count() == 2


async def test_locked(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekha.local.database._BUSY_SECONDS", 0.2)
    other = sqlite3.connect(memory, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with SekhaClient.local(memory) as client:
        with pytest.raises(SekhaStorageError, match="locked"):
            await client.create_conversation(NEW)
        # Those who read need not wait for those who write.
        assert await client.count() == 1
    other.execute("ROLLBACK")
    other.close()


async def test_what_is_in_the_log_of_a_read_only_memory_is_not_passed_over(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of a memory in use, its log with it, where nothing can be written."""
    copy = tmp_path / "copy"
    copy.mkdir()
    async with SekhaClient.local(memory) as client:
        await client.create_conversation(NEW)
        for name in ("memory.db", "memory.db-wal"):
            shutil.copy(memory.with_name(name), copy / name)
    monkeypatch.setattr("sekha.local.files._can_write", lambda path: False)
    monkeypatch.setattr("sekha.local.files._opens", lambda uri: False)
    async with SekhaClient.local(copy / "memory.db") as client:
        with pytest.raises(SekhaStorageError, match="-wal"):
            await client.list_conversations()


# aiohttp would rather have a file.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_too_large_is_an_error_of_its_own(tmp_path: Path) -> None:
    large = NewConversation("L", [MessageDto("user", "x" * (LARGEST_MESSAGE + 1))])
    controller = Controller()
    with running_server(controller, api_key=KEY) as base_url:
        remote = SekhaClient(ClientConfig(api_key=KEY, base_url=base_url))
        for client in (SekhaClient.local(), remote):
            async with client:
                with pytest.raises(SekhaContentTooLargeError, match=str(LARGEST_MESSAGE)):
                    await client.create_conversation(large)
                assert await client.count() == 0
