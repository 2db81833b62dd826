"""A memory where nothing can be written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sekha import MessageDto, NewConversation, SyncSekhaClient

_AS_NOBODY = """
import os, sys
from sekha import MessageDto, NewConversation, SekhaStorageError, SyncSekhaClient
import sekha._core.request.redaction

# Python itself may be where nobody else can read it: all that is needed is imported before.
with SyncSekhaClient.local() as client:
    row = client.create_conversation(NewConversation("L", [MessageDto("user", "x")]))
    client.smart_query("x"), client.search("x"), client.get_conversation(row.id), client.health()
os.setgid(65534)
os.setuid(65534)
with SyncSekhaClient.local(sys.argv[1]) as client:
    (row,) = client.list_conversations()
    assert client.get_conversation(row.id).messages[0].content == "about tokens"
    assert client.smart_query("tokens")[0].content == "about tokens"
    assert client.search("tokens")
    assert client.health().healthy
    for change in (
        lambda: client.create_conversation(NewConversation("L", [MessageDto("user", "x")])),
        lambda: client.pin(row.id),
        lambda: client.delete(row.id),
    ):
        try:
            change()
        except SekhaStorageError as error:
            assert "read-only" in error.message, error.message
        else:
            raise AssertionError("changed")
print("good")
"""


def _as_nobody(path: Path) -> str:
    program = [sys.executable, "-c", _AS_NOBODY, str(path)]
    result = subprocess.run(program, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def _as_the_first_version_made_it(memory: Path) -> None:
    with closing(sqlite3.connect(memory)) as connection:
        for index in ("conversations_by_source", "conversations_by_hash"):
            connection.execute(f"DROP INDEX {index}")
        for column in ("stored_at", "source", "source_id", "content_hash", "former_hashes"):
            connection.execute(f"ALTER TABLE conversations DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("PRAGMA journal_mode = DELETE")


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@needs_root
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("in_writable_folder", [False, True])
def test_a_read_only_memory_can_be_read(
    public: Path, in_writable_folder: bool, older: bool
) -> None:
    memory = public / "folder" / "memory.db"
    with SyncSekhaClient.local(memory) as client:
        client.create_conversation(NewConversation("L", [MessageDto("user", "about tokens")]))
    if older:
        _as_the_first_version_made_it(memory)
    memory.chmod(0o444)
    memory.parent.chmod(0o777 if in_writable_folder else 0o555)
    before = memory.read_bytes()
    assert _as_nobody(memory) == "good"
    assert memory.read_bytes() == before
