"""The side file: whatever becomes of it, answers are those of the memory file."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from sekha.embedders import Embedder
from sekha.local import Controller, packing, vectors
from sekha.local.codes_file import side_path
from support.local_api import Api

WORDS = "cat dog bank river stock music train garden code planet".split()


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_LARGEST_TAIL", 8)


def text(number: int) -> str:
    return " ".join(random.Random(number).choices(WORDS, k=4)) + f" {number}"


def fill(path: Path, numbers: range) -> list[str]:
    controller = Controller(path)
    api = Api(controller)
    ids = []
    for number in numbers:
        ids.append(api.create(text(number), text(-number)))
        if number % 4 == 0:
            api.query("cat")
    api.query("cat")
    controller.close()
    return ids


def delete(path: Path, *ids: str) -> None:
    controller = Controller(path)
    for each in ids:
        assert Api(controller).call("DELETE", f"/api/v1/conversations/{each}").status_code == 200
    controller.close()


def answers(path: Path) -> list[list[tuple[str, float]]]:
    with closing(Controller(path)) as controller:
        api = Api(controller)
        return [
            [(hit["message_id"], round(hit["score"], 4)) for hit in api.query(query, limit=limit)]
            for query in ("cat garden", "stock")
            for limit in (3, 1000)
        ]


def check(path: Path) -> None:
    """The answers are those of a copy that never had a side file, and so they are the next time."""
    plain = path.with_name("plain.db")
    shutil.copy(path, plain)
    side_path(plain).unlink(missing_ok=True)
    expected = answers(plain)
    assert answers(path) == expected
    assert answers(path) == expected
    assert side_path(path).exists()


def test_an_opening_reads_codes_instead_of_making_them(
    memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(memory_file, range(24))
    expected = answers(memory_file)

    def fail(_: object) -> None:
        raise AssertionError("codes were made anew")

    monkeypatch.setattr(vectors, "codes_of", fail)
    assert answers(memory_file) == expected
    side_path(memory_file).unlink()
    with pytest.raises(AssertionError):
        answers(memory_file)


def test_it_is_private(memory_file: Path) -> None:
    fill(memory_file, range(12))
    assert side_path(memory_file).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("share", [0.0, 0.02, 0.55, 0.999])
def test_torn_anywhere(memory_file: Path, share: float) -> None:
    fill(memory_file, range(24))
    side = side_path(memory_file)
    whole = side.read_bytes()
    side.write_bytes(whole[: int(len(whole) * share)])
    check(memory_file)
    # As a file system leaves it that had made room and not written: a tail of zeros.
    kept = whole[: int(len(whole) * share)]
    side.write_bytes(kept.ljust(len(whole), b"\0"))
    check(memory_file)


def test_garbage(memory_file: Path) -> None:
    fill(memory_file, range(12))
    side_path(memory_file).write_bytes(os.urandom(10_000))
    check(memory_file)


def test_deletions_before_and_after(memory_file: Path) -> None:
    ids = fill(memory_file, range(24))
    delete(memory_file, *ids[10:14], ids[-1])
    check(memory_file)
    side_path(memory_file).unlink()
    check(memory_file)
    delete(memory_file, *ids[15:20], ids[-2])
    check(memory_file)
    fill(memory_file, range(24, 34))
    check(memory_file)


def test_all_deleted(memory_file: Path) -> None:
    ids = fill(memory_file, range(12))
    delete(memory_file, *ids)
    check(memory_file)


@pytest.mark.parametrize("deleted", [False, True])
def test_a_memory_file_put_back_from_a_copy(memory_file: Path, deleted: bool) -> None:
    ids = fill(memory_file, range(12))
    backup = memory_file.with_name("backup.db")
    shutil.copy(memory_file, backup)
    fill(memory_file, range(12, 28))
    if deleted:
        delete(memory_file, *ids[:5])
        side_path(memory_file).unlink()
        answers(memory_file)
    shutil.copy(backup, memory_file)
    check(memory_file)
    shutil.copy(backup, memory_file)
    # It goes on with the same keys, for others.
    if deleted:
        delete(memory_file, *ids[5:10])
    fill(memory_file, range(100, 120))
    check(memory_file)


def test_another_memorys_side_file(tmp_path: Path) -> None:
    one, other = tmp_path / "one.db", tmp_path / "other.db"
    fill(one, range(14))
    fill(other, range(1000, 1014))
    shutil.copy(side_path(one), side_path(other))
    check(other)


def test_conversations_without_messages_have_no_vector_and_do_no_harm(memory_file: Path) -> None:
    controller = Controller(memory_file)
    api = Api(controller)
    for number in range(14):
        api.create(text(number))
        api.create()
    controller.close()
    check(memory_file)
    controller = Controller(memory_file)
    assert len(Api(controller).query("cat", limit=1000)) == 14
    controller.close()


@pytest.mark.parametrize("kind", ["in memory", "gone"])
def test_without_a_side_file_codes_are_made_once(
    kind: str, memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    codes_of = vectors.codes_of
    monkeypatch.setattr(vectors, "codes_of", lambda rows: made.append(len(rows)) or codes_of(rows))
    controller = Controller(None if kind == "in memory" else memory_file)
    api = Api(controller)
    for number in range(20):
        api.create(text(number))
        api.query("cat")
        if kind == "gone" and number == 3:
            side_path(memory_file).unlink()
    found = api.query("cat", limit=100)
    controller.close()
    assert len(found) == 20
    assert sum(made) <= 20


def test_two_processes_take_turns(memory_file: Path) -> None:
    one, other = Controller(memory_file), Controller(memory_file)
    for number in range(20):
        writer, reader = (one, other) if number % 3 else (other, one)
        Api(writer).create(text(number), text(-number))
        assert len(Api(reader).query("cat", limit=1000)) == 2 * (number + 1)
    one.close()
    other.close()
    check(memory_file)


def test_deleted_while_in_use(memory_file: Path) -> None:
    controller = Controller(memory_file)
    api = Api(controller)
    for number in range(24):
        api.create(text(number))
        assert len(api.query("cat", limit=1000)) == number + 1
        if number == 12:
            side_path(memory_file).unlink()
    controller.close()
    check(memory_file)


class Constant:
    """An embedder for which all texts are alike."""

    name, dimensions = "constant", 5

    def embed(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0, 0.0, 0.0, 0.0] for _ in texts]


def test_codes_of_another_embedder_are_not_used(memory_file: Path) -> None:
    fill(memory_file, range(14))
    embedder: Embedder = Constant()
    controller = Controller(memory_file, embedder=embedder)
    found = Api(controller).query("cat", limit=1000)
    assert {hit["score"] for hit in found} == {0.0}
    assert len(found) == 28
    controller.close()


def test_half_precision_of_earlier_versions(memory_file: Path) -> None:
    fill(memory_file, range(14))
    expected = [[message for message, _ in each] for each in answers(memory_file)]
    with sqlite3.connect(memory_file) as connection:
        rows = connection.execute("SELECT conversation, vectors FROM vectors").fetchall()
        for key, packed in rows[::2]:
            half = packing.unpack(packed, packing.BYTES, 256).astype("<f2").tobytes()
            connection.execute(
                "UPDATE vectors SET vectors = ?, encoding = 0 WHERE conversation = ?", (half, key)
            )
    connection.close()
    assert [[message for message, _ in each] for each in answers(memory_file)] == expected
    check(memory_file)


_WRITER = """
import json, random, sys
from pathlib import Path
from sekha.local import Controller, vectors
from support.local_api import Api

vectors._LARGEST_TAIL = 12
api = Api(Controller(sys.argv[1]))
for number in range(10_000):
    api.create(*(f"{sys.argv[2]} cat {number} {part}" for part in range(6)))
    api.query("cat")
    print(number, flush=True)
"""


def test_kill_9_while_two_processes_write(memory_file: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for turn in range(1):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(_WRITER), str(memory_file), f"{turn}{name}"],
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            for name in "ab"
        ]
        for writer in writers:
            assert writer.stdout is not None
            for _ in range(12):
                assert writer.stdout.readline()
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
            writer.communicate()
        # As it was left: not closed, with its log.
        controller = Controller(memory_file)
        found = Api(controller).query("cat", limit=100_000)
        told = Api(controller).words("cat", limit=100_000)
        assert len(found) == len(told) >= 2 * 12 * 6
        controller.close()
        check(memory_file)
