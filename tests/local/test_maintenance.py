"""Compacting and backing up a memory that others use."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from sekha.local import Controller, packing, vectors
from sekha.local.codes_file import side_path
from sekha.local.errors import StoreError
from sekha.local.maintenance import back_up, compact
from support.local_api import Api


def found(path: Path) -> list[tuple[str, float]]:
    controller = Controller(path)
    hits = Api(controller).query("text", limit=1000)
    controller.close()
    return [(hit["message_id"], round(hit["score"], 3)) for hit in hits]


def test_the_room_of_what_was_deleted_is_given_back(
    file_api: Api, memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_LARGEST_TAIL", 5)
    ids = [file_api.create(f"text {number} " * 300) for number in range(24)]
    for each in ids[4:]:
        assert file_api.call("DELETE", f"/api/v1/conversations/{each}").status_code == 200
    expected = found(memory_file)
    told = compact(memory_file)
    assert told.after < told.before / 2
    assert found(memory_file) == expected
    assert side_path(memory_file).exists()
    assert len(file_api.query("text", limit=1000)) == 4
    assert len(file_api.words("text", limit=1000)) == 4
    again = compact(memory_file)
    assert again.after <= again.before


def test_half_precision_becomes_bytes(file_api: Api, memory_file: Path) -> None:
    for number in range(5):
        file_api.create(f"text {number}", f"more of {number}")
    expected = found(memory_file)
    connection = sqlite3.connect(memory_file)
    with connection:
        for key, packed in connection.execute(
            "SELECT conversation, vectors FROM vectors"
        ).fetchall():
            half = packing.unpack(packed, packing.BYTES, 256).astype("<f2").tobytes()
            connection.execute("UPDATE vectors SET vectors = ?, encoding = 0", (half,))
            del key
    connection.close()
    compact(memory_file)
    connection = sqlite3.connect(memory_file)
    sizes = set(connection.execute("SELECT encoding, length(vectors) FROM vectors"))
    connection.close()
    assert sizes == {(packing.BYTES, 512)}
    assert len(found(memory_file)) == len(expected)


def test_a_backup_while_others_write(file_api: Api, memory_file: Path, tmp_path: Path) -> None:
    file_api.create("text 0")
    ends = threading.Event()
    stored = [1]

    def write() -> None:
        while not ends.is_set():
            file_api.create(f"text {stored[0]}")
            stored[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        before = stored[0]
        back_up(memory_file, tmp_path / "copy.db")
    finally:
        ends.set()
        writer.join()
    copied = found(tmp_path / "copy.db")
    assert before <= len(copied) <= stored[0]
    assert not list(tmp_path.glob(".copy.db*"))


def test_a_damaged_file_is_left_alone(memory_file: Path) -> None:
    controller = Controller(memory_file)
    for number in range(30):
        Api(controller).create(f"text {number} " * 50)
    controller.close()
    content = bytearray(memory_file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 6000] = b"\xff" * 6000
    memory_file.write_bytes(content)
    with pytest.raises((StoreError, sqlite3.DatabaseError)):
        compact(memory_file)
    assert memory_file.read_bytes() == content
