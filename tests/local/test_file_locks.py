"""One memory file opened several times in a process, and by other processes meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sekha import NewConversation, SyncSekhaClient
from sekha._storage.import_index import ImportIndex
from sekha.local.maintenance import back_up, compact
from support.served import talk

OTHER_PROCESS = """
import sys
from sekha import MessageDto, NewConversation, SyncSekhaClient

with SyncSekhaClient.local(sys.argv[1]) as client:
    new = NewConversation(sys.argv[2], [MessageDto("user", "a text")], folder="/f")
    client.create_conversation(new)
    print(*sorted(each.label for each in client.list_conversations()))
"""

OTHER_INDEX = """
import sys
from sekha._storage.import_index import ImportIndex

ImportIndex(sys.argv[1]).close()
"""


def others_see(path: Path, label: str) -> list[str]:
    """What another process sees that opens the file, stores something, and is gone."""
    told = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(path), label], stdout=subprocess.PIPE, check=True
    )
    return told.stdout.decode().split()


def labels(client: SyncSekhaClient) -> list[str]:
    return sorted(each.label for each in client.list_conversations())


def new(label: str) -> NewConversation:
    return talk(label, f"what {label} says")


def open_again(path: Path) -> None:
    with SyncSekhaClient.local(path) as client:
        client.count()


def copy(path: Path) -> None:
    back_up(path, path.with_name("copy.db"))


@pytest.mark.parametrize("meanwhile", [open_again, copy, compact])
def test_what_else_the_process_does_with_the_file_takes_nobody_the_log(
    memory_file: Path, meanwhile: object
) -> None:
    with SyncSekhaClient.local(memory_file) as client:
        client.create_conversation(new("a1"))
        assert callable(meanwhile)
        meanwhile(memory_file)
        assert others_see(memory_file, "b1") == ["a1", "b1"]
        client.create_conversation(new("a2"))
        assert others_see(memory_file, "b2") == ["a1", "a2", "b1", "b2"]
        assert labels(client) == ["a1", "a2", "b1", "b2"]
    with SyncSekhaClient.local(memory_file) as client:
        assert labels(client) == ["a1", "a2", "b1", "b2"]


def test_a_file_is_looked_at_again_once_nobody_has_it_open(memory_file: Path) -> None:
    with SyncSekhaClient.local(memory_file) as client:
        client.create_conversation(new("a1"))
    memory_file.write_bytes(b"something else, which is no memory" * 10)
    with SyncSekhaClient.local(memory_file) as client, pytest.raises(Exception, match="not a data"):
        client.count()


def test_an_import_index_that_is_opened_twice_keeps_its_log(tmp_path: Path) -> None:
    path = tmp_path / "index"
    index = ImportIndex(path)
    ImportIndex(path).close()
    subprocess.run([sys.executable, "-c", OTHER_INDEX, str(path)], check=True)
    # The other process was not the last one that used it.
    assert path.with_name("index-wal").exists()
    index.close()
    assert not path.with_name("index-wal").exists()
