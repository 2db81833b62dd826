"""Parts of an import, of an export and of an embedding, while workers are killed: all is there once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest
from attrs import evolve

from sekha import ClientConfig, SekhaImportError, SyncSekhaClient
from sekha.distributed import (
    PartsProgress,
    StoredVectors,
    embed,
    export_parts,
    import_files,
    reembed,
)
from sekha.local import Controller
from sekha.testing import Delay
from support.import_files import gpt_talk, sharegpt_record, write_json, write_lines
from support.recorded_controller import KEY as KEY_OF_RECORDED
from support.recorded_controller import RecordedController, Stack, serve
from support.redis_server import RedisServer
from support.served import KEY, Served, served

from .conftest import Cluster, killing

pytestmark = pytest.mark.slow
COUNT = 60


def first_texts(config: ClientConfig) -> Counter[str]:
    """How often each conversation is stored, by the first that was said in it."""
    with SyncSekhaClient(config) as client:
        return Counter(each["messages"][0]["content"] for each in client.iter_export())


def gpt_export(path: Path, numbers: range) -> Path:
    return write_json(path, [gpt_talk(number) for number in numbers])


def files_of(folder: Path) -> tuple[list[Path], Counter[str]]:
    """Exports, and how often each conversation of them is to be stored."""
    january = gpt_export(folder / "january.json", range(COUNT))
    # The next export has most of the former once more.
    june = gpt_export(folder / "june.json", range(10, COUNT + 10))
    texts = [gpt_talk(number) for number in range(COUNT + 10)]
    expected = Counter(first_text(each) for each in texts)
    # These have no id at their source, and some are there several times on purpose.
    plain = [f"Plain {number % 25}" for number in range(40)]
    lines = [sharegpt_record(("human", each), ("gpt", "so it is")) for each in plain]
    shared = write_lines(folder / "plain.jsonl", *lines)
    return [january, june, shared], expected + Counter(plain)


def first_text(talk: dict[str, Any]) -> str:
    nodes = talk["mapping"].values()
    texts = [
        node["message"]["content"]["parts"][0]
        for node in nodes
        if node.get("message") and node["message"]["author"]["role"] == "user"
    ]
    return str(texts[0])


def slow(here: Served, seconds: float) -> None:
    here.fault_server.follow(lambda method, path, number: Delay(seconds, before=True))


def at(here: Served, count: int) -> Any:
    return lambda: len(here.rows()) >= count


def test_an_import_whose_workers_are_killed(cluster: Cluster, tmp_path: Path) -> None:
    paths, expected = files_of(tmp_path)
    with served() as here, RedisServer(tmp_path) as redis:
        slow(here, 0.01)
        config = here.config(shared_limits=redis.url, timeout=60.0)
        told: list[PartsProgress] = []
        with killing(cluster, at(here, 20), at(here, 70)):
            run = import_files(
                cluster.client, config, paths, journals=tmp_path / "journals", part_bytes=20_000
            )
            done = run.result(told.append)
        assert len(cluster.killed) == 2
        assert here.fault_server.peak("creates") <= 4
        assert first_texts(config) == expected
        # Every record of every file is in the account once.
        assert done.parts == len(run.futures) > 6 and done.done_before == 0
        assert done.report.read == 2 * COUNT + 40 == done.count.usable
        assert done.report.complete
        assert told[-1].done == told[-1].total == done.parts and told[-1].repeated >= 1
        # Again: nothing is read, and nothing sent.
        before = len(here.fault_server.seen("create_conversation"))
        again = import_files(
            cluster.client, config, paths, journals=tmp_path / "journals", part_bytes=20_000
        )
        assert again.futures == []
        result = again.result()
        assert (result.done_before, result.report.already) == (done.parts, done.report.read)
        # The journals of an import that is over do not speak for another version of a file.
        gpt_export(paths[0], range(COUNT + 20))
        grown = import_files(
            cluster.client, config, paths, journals=tmp_path / "journals", part_bytes=20_000
        ).result()
        assert grown.report.stored == 10
        assert len(here.fault_server.seen("create_conversation")) == before + 10
        assert KEY not in repr(run.futures) + "".join(
            each.read_text() for each in (tmp_path / "journals").iterdir()
        )


def test_into_a_controller_that_keeps_no_sources(cluster: Cluster, tmp_path: Path) -> None:
    """The journals alone know what is stored, on whatever machine the next worker is."""
    path = gpt_export(tmp_path / "export.json", range(30))
    controller = RecordedController(stack=Stack.nothing())
    with closing(controller), serve(controller) as server, RedisServer(tmp_path) as redis:
        config = ClientConfig(
            api_key=KEY_OF_RECORDED,
            base_url=server.base_url,
            shared_limits=redis.url,
            align_multibyte=True,
            timeout=60.0,
        )

        def stored(count: int) -> Any:
            return lambda: len(server.seen("create_conversation", "memory_store")) >= count

        with killing(cluster, stored(10)):
            done = import_files(
                cluster.client,
                config,
                path,
                journals=tmp_path / "journals",
                index=tmp_path / "index.db",
                part_bytes=10_000,
            ).result()
        assert len(cluster.killed) == 1
        assert done.report.complete and done.report.read == 30
        with SyncSekhaClient(config) as client:
            texts = Counter(each["messages"][0]["content"] for each in client.iter_export())
        assert set(texts.values()) == {1} and len(texts) == 30


def test_an_export_whose_workers_are_killed(cluster: Cluster, tmp_path: Path) -> None:
    with served() as here:
        ids = {here.store(f"Label {number}", f"Text {number}", "answer") for number in range(60)}
        slow(here, 0.01)
        config = here.config(timeout=60.0)
        target = tmp_path / "out"

        def written(count: int) -> Any:
            return lambda: len([*target.glob("part-*")]) >= count

        with killing(cluster, written(3)):
            run = export_parts(cluster.client, config, target, part_size=5)
            made = run.result()
        assert len(cluster.killed) == 1
        table = pyarrow.dataset.dataset(target).to_table()
        assert Counter(table.column("conversation_id").to_pylist()) == dict.fromkeys(ids, 2)
        assert (made.conversations, made.messages, made.parts) == (60, 120, 12)
        manifest = json.loads((target / "_manifest.json").read_text())
        assert manifest["counts"] == {"conversations": 60, "messages": 120, "gone": 0}
        # A file that is not there is made again, alone; by the plan, whatever was stored since.
        (target / "part-000003.parquet").unlink()
        here.store("later", "later")
        again = export_parts(cluster.client, config, target, part_size=5)
        assert len(again.futures) == 1
        assert again.result() == evolve(made, done_before=11)
        # As lines, each file is an export, and goes back in over the cluster.
        lines = tmp_path / "lines"
        export_parts(cluster.client, config, lines, format="jsonl", part_size=20).result()
        with served() as other:
            there = other.config(timeout=60.0)
            files = sorted(lines.glob("part-*.jsonl"))
            back = import_files(cluster.client, there, files, journals=tmp_path / "back").result()
            assert back.report.stored == 61
            assert other.all() == here.all()


class Letters:
    """How often each letter occurs."""

    name = "letters"
    dimensions = 26

    def __init__(self, died: str | None = None, name: str = "letters") -> None:
        self._died = died
        self.name = name

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if self._died is not None and not Path(self._died).exists():
            import os
            import signal

            Path(self._died).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return [[1.0 + text.lower().count(chr(97 + at)) for at in range(26)] for text in texts]


class Made:
    """Makes the embedder on a worker, where it ends its process at its first work."""

    def __init__(self, died: Path | None) -> None:
        self._died = None if died is None else str(died)

    def __call__(self) -> Letters:
        return Letters(self._died)


def test_a_memory_gets_other_vectors_from_workers_that_die(
    cluster: Cluster, tmp_path: Path
) -> None:
    path, vectors = tmp_path / "memory.db", tmp_path / "vectors.db"
    with served(Controller(path)) as here:
        for number in range(50):
            here.store(f"Label {number}", "z" * (number + 1), "the same answer")
    report = reembed(cluster.client, path, Made(tmp_path / "died"), vectors=vectors, batch=8)
    assert (report.texts, report.embedded, report.known) == (100, 51, 49)
    assert (tmp_path / "died").exists() and report.repeated >= 1
    with SyncSekhaClient.local(path, embedder=Letters()) as memory:
        (first,) = memory.smart_query("z" * 8, limit=1).results
        assert first.content == "z" * 8
    # They are the same as those that this embedder makes on its own: no vector is another text's.
    with StoredVectors(vectors, Letters) as stored:
        texts = ["zzz", "the same answer", "z" * 41]
        made = [[float(each) for each in vector] for vector in stored.embed(texts)]
        assert made == Letters().embed(texts) and stored.embedded == 0
    again = embed(cluster.client, ["zz", "new"], Made(None), vectors=vectors)
    assert (again.embedded, again.known, again.parts) == (1, 1, 1)


def test_parts_that_cannot_be_done_are_left_and_named(cluster: Cluster, tmp_path: Path) -> None:
    path = gpt_export(tmp_path / "export.json", range(5))
    with served() as here:
        config = here.config(timeout=5.0, max_retries=0)
    # Nobody listens there any more.
    with pytest.raises(SekhaImportError, match=r"1 of 1 parts are left.*The same call again"):
        import_files(
            cluster.client, config, path, journals=tmp_path / "journals", attempts=2
        ).result()
    with served() as here:
        done = import_files(
            cluster.client, here.config(), path, journals=tmp_path / "journals"
        ).result()
        assert done.report.stored == 5
