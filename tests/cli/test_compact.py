"""compact: a memory file is checked, copied and made smaller."""

from __future__ import annotations

import json
from pathlib import Path

from sekha import MessageDto, NewConversation, SyncSekhaClient
from sekha.cli.exit_codes import ExitCode

from .conftest import Run


def filled(path: Path) -> None:
    with SyncSekhaClient.local(path) as client:
        for number in range(8):
            new = NewConversation("L", [MessageDto("user", f"text {number} " * 500)])
            created = client.create_conversation(new)
            if number:
                client.delete(created.id)


def test_it_is_smaller_and_the_copy_is_whole(run: Run, tmp_path: Path) -> None:
    memory, copy = tmp_path / "memory.db", tmp_path / "copy.db"
    filled(memory)
    result = run("compact", "--path", str(memory), "--backup", str(copy), "--json")
    told = json.loads(result.stdout)
    assert told["after"] < told["before"]
    for path in (memory, copy):
        with SyncSekhaClient.local(path) as client:
            assert client.count() == 1
            assert len(client.search("text")) == 1


def test_what_is_no_memory_is_refused(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_text("no database")
    run("compact", "--path", str(other), code=ExitCode.FAILURE)
    assert other.read_text() == "no database"
    run("compact", "--path", str(tmp_path / "none.db"), code=ExitCode.USAGE)
