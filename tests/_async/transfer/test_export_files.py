"""Exports to files, and their way back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import evolve

from sekha import (
    ClientConfig,
    ExportProgress,
    MessageDto,
    NewConversation,
    SekhaClient,
    SekhaError,
    SekhaImportError,
    SekhaServerError,
    SekhaValidationError,
)
from sekha.importers import read
from sekha.local import Controller
from sekha.testing import Delay, Fault, FaultServer, Gateway, throttled
from support.recorded_controller import KEY, RecordedController, Stack, serve
from support.sources import conversations, of_records

SERVER_SETS = ("id", "stored_at")


def clean(records: list[dict[str, Any]]) -> list[str]:
    """Records without what the server sets itself, in an order of their own."""
    cleaned = []
    for record in records:
        messages = [
            {key: value for key, value in each.items() if key != "id"}
            for each in record["messages"]
        ]
        rest = {key: value for key, value in record.items() if key not in SERVER_SETS}
        cleaned.append(json.dumps({**rest, "messages": messages}, sort_keys=True))
    return sorted(cleaned)


async def fill(client: SekhaClient, count: int = 60) -> None:
    """Conversations of all kinds, some archived and some pinned."""
    await client.import_conversations(conversations(count))
    await client.create_conversation(NewConversation("Empty", []))
    for place, row in enumerate(await client.list_conversations(limit=20)):
        if place % 5 == 0:
            await client.archive(row.id)
        if place % 5 < 2:
            await client.pin(row.id)


@pytest.fixture
def controller() -> Iterator[Controller]:
    controller = Controller()
    yield controller
    controller.close()


@pytest.mark.parametrize("format", ["json", "jsonl"])
async def test_out_in_and_out_again_is_the_same(format: str, tmp_path: Path) -> None:
    path = tmp_path / f"export.{format}"
    async with SekhaClient.local() as client:
        await fill(client)
        manifest = await client.export_to(path, format=format)
        before = [record async for record in client.iter_export()]
    async with SekhaClient.local() as client:
        report = await client.restore(path)
        after = [record async for record in client.iter_export()]
        assert await client.count() == 61
    assert clean(after) == clean(before)
    assert report.stored == manifest.conversations == 61 and report.complete
    assert report.archived == manifest.archived == 4
    assert manifest.pinned == sum(each["importance_score"] == 10 for each in before) > 8
    assert report.not_restored == {"id": 61, "message id": 60}


async def numbered(path: Path, count: int) -> list[str]:
    """An export of so many conversations at `path`; their labels as a list shows them."""
    async with SekhaClient.local() as client:
        await client.import_conversations(
            NewConversation(str(number), [MessageDto("user", "text")]) for number in range(count)
        )
        await client.export_to(path, format="jsonl")
        return [row.label for row in await client.list_conversations(limit=count)]


def slow_creates(numbers: Iterable[int]) -> Callable[[str, str, int], Fault | None]:
    """A schedule in which some creates take long: all that need not wait would overtake them."""

    def schedule(method: str, path: str, number: int) -> Fault | None:
        slow = path == "/mcp/tools/memory_store" and number in numbers
        return Delay(0.2, before=True) if slow else None

    return schedule


@pytest.mark.parametrize("keeps_times", [True, False])
async def test_a_list_shows_what_was_restored_in_its_order(
    keeps_times: bool, controller: Controller, tmp_path: Path
) -> None:
    before = await numbered(tmp_path / "export.jsonl", 40)
    with served(
        controller if keeps_times else RecordedController(stack=Stack.nothing())
    ) as fault_server:
        fault_server.follow(slow_creates(range(0, 40, 7)))
        async with client_of(fault_server) as client:
            await client.restore(tmp_path / "export.jsonl", in_order=not keeps_times)
            after = [row.label for row in await client.list_conversations(limit=100)]
    assert after == before


@contextmanager
def served(controller: Controller | RecordedController) -> Iterator[FaultServer]:
    if isinstance(controller, RecordedController):
        with serve(controller) as fault_server:
            yield fault_server
        controller.close()
    else:
        with FaultServer(controller.handle) as fault_server:
            yield fault_server


async def test_only_neighbours_change_places_where_creates_overlap(tmp_path: Path) -> None:
    before = await numbered(tmp_path / "export.jsonl", 40)
    with served(RecordedController(stack=Stack.nothing())) as fault_server:
        fault_server.follow(slow_creates(range(0, 40, 7)))
        async with client_of(fault_server) as client:
            await client.restore(tmp_path / "export.jsonl")
            assert fault_server.peak("creates") == 4
            after = [row.label for row in await client.list_conversations(limit=100)]
    place = {label: number for number, label in enumerate(after)}
    assert after != before, "the slow ones were overtaken"
    for number, label in enumerate(before):
        assert all(place[label] < place[later] for later in before[number + 4 :])


async def test_a_restored_export_is_not_restored_twice(tmp_path: Path) -> None:
    path, journal = tmp_path / "export.json", tmp_path / "journal"
    async with SekhaClient.local() as client:
        await fill(client)
        await client.export_to(path)
    async with SekhaClient.local() as client:
        assert (await client.restore(path, journal=journal)).stored == 61
        assert (await client.restore(path, journal=journal)).already == 61
        assert await client.count() == 61


async def test_the_importers_read_an_export_too(tmp_path: Path) -> None:
    async with SekhaClient.local() as client:
        await fill(client)
        before = [record async for record in client.iter_export()]
        for format in ("json", "jsonl"):
            await client.export_to(tmp_path / f"export.{format}", format=format)
    for format in ("json", "jsonl"):
        async with SekhaClient.local() as client:
            report = await client.import_conversations(read(tmp_path / f"export.{format}"))
            assert (report.stored, report.archived) == (61, 4)
            records = [record async for record in client.iter_export()]
            assert of_records(records) == of_records(before)


async def test_the_three_ways_out_agree(tmp_path: Path) -> None:
    async with SekhaClient.local() as client:
        await fill(client)
        records = [record async for record in client.iter_export()]
        assert json.loads(await client.export())["conversations"] == records
        header, *lines = (await client.export(format="jsonl")).split("\n")[:-1]
        assert json.loads(header) == {"schema": "sekha-memory-export", "version": 1}
        assert [json.loads(each) for each in lines] == records
        for format in ("json", "jsonl", "markdown"):
            path = tmp_path / format
            manifest = await client.export_to(path, format=format)
            assert path.read_bytes().decode() == await client.export(format=format)
            assert manifest.messages == sum(len(each["messages"]) for each in records)
            beside = json.loads((tmp_path / f"{format}.manifest.json").read_text())
            digest = sha256(path.read_bytes()).hexdigest()
            assert beside["sha256"] == manifest.sha256 == digest
            assert beside["size"] == path.stat().st_size
            assert beside["counts"]["conversations"] == 61
            assert path.stat().st_mode & 0o077 == 0
        one = json.loads(await client.export_single(records[7]["id"]))
        assert one["conversations"] == [records[7]]
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(
        f"{format}{suffix}"
        for format in ("json", "jsonl", "markdown")
        for suffix in ("", ".manifest.json")
    )


async def test_times_are_the_controllers_own_text() -> None:
    async with SekhaClient.local() as client:
        stored = await client.create_conversation(NewConversation("One", [MessageDto("user", "a")]))
        record = [record async for record in client.iter_export()][0]
    seconds, nanoseconds = record["created_at"].split(".")
    assert len(nanoseconds) == 9
    assert stored.created_at is not None
    assert stored.created_at.strftime("%Y-%m-%d %H:%M:%S") == seconds


async def test_markdown_has_front_matter_that_yaml_reads() -> None:
    label = 'yes: "no"\u2028# \x85 { \U0001f956 日本'
    text = "A question\n\n- of\n- lines"
    async with SekhaClient.local() as client:
        stored = await client.create_conversation(
            NewConversation(label, [MessageDto("user", text)], folder="/a: b", importance_score=7)
        )
        markdown = await client.export(format="markdown")
    _, front, body = markdown.split("---\n", 2)
    facts = yaml.safe_load(front)
    assert facts["label"] == label and facts["folder"] == "/a: b"
    assert facts["id"] == stored.id and facts["importance"] == 7 and facts["messages"] == 1
    assert facts["status"] == "active"
    assert body.startswith('\n# yes: "no" # { \U0001f956 日本\n\n## user\n\n')
    assert body.endswith(f"{text}\n")


async def test_filters(tmp_path: Path) -> None:
    async with SekhaClient.local() as client:
        for label, folder in (("A", "/x"), ("A", "/y"), ("B", "/x"), ("AA", "/x")):
            await client.create_conversation(NewConversation(label, [], folder=folder))
        rows = list(reversed(await client.list_conversations()))
        times = [row.updated_at for row in rows]
        assert times[2] is not None

        async def labels(**filters: Any) -> list[str]:
            found = [each async for each in client.iter_export(**filters)]
            return [f"{each['label']}{each['folder']}" for each in found]

        assert await labels(label="A") == ["A/y", "A/x"]
        assert await labels(folder="/x") == ["AA/x", "B/x", "A/x"]
        assert await labels(label="A", folder="/x") == ["A/x"]
        assert await labels(since=times[2]) == ["AA/x", "B/x"]
        assert await labels(until=times[2]) == ["A/y", "A/x"]
        assert await labels(since=times[1], until=times[3]) == ["B/x", "A/y"]
        assert await labels(since=times[1], label="A") == ["A/y"]
        assert len(await labels(since="2 weeks ago")) == len(await labels(until="today")) == 4
        assert await labels(since="2999-01-01") == await labels(until="2 hours ago") == []
        assert await labels(under="/x", since=times[2]) == ["AA/x", "B/x"]
        assert await labels(under="/") == await labels()
        text = await client.export(under="/x", since=times[2], until=times[3], format="jsonl")
        assert [json.loads(line)["label"] for line in text.splitlines()[1:]] == ["B"]
        assert json.loads(await client.export("A", until=times[0]))["conversations"] == []
        naive = times[2].replace(tzinfo=None).isoformat()
        assert await labels(since=naive) == ["AA/x", "B/x"]
        manifest = await client.export_to(tmp_path / "export", since=naive, label="B")
        assert (manifest.conversations, manifest.since) == (1, times[2])
        beside = json.loads((tmp_path / "export.manifest.json").read_text())
        assert beside["filters"]["label"] == "B" and beside["filters"]["since"] == naive + "+00:00"
        assert beside["filters"]["until"] is None and beside["filters"]["under"] is None
        manifest = await client.export_to(tmp_path / "export", under="/x/")
        assert (manifest.conversations, manifest.under) == (3, "/x/")


async def test_since_reads_no_further_than_it_has_to(controller: Controller) -> None:
    with FaultServer(controller.handle) as fault_server:
        async with client_of(fault_server) as client:
            source = (NewConversation(str(number), []) for number in range(420))
            await client.import_conversations(source)
            newest = (await client.list_conversations(limit=3))[-1].updated_at
            before = len(fault_server.seen("list_conversations", "memory_export"))
            assert len([each async for each in client.iter_export(since=newest)]) == 3
            assert len(fault_server.seen("list_conversations", "memory_export")) - before == 4


def client_of(fault_server: FaultServer, **settings: object) -> SekhaClient:
    config = ClientConfig(api_key=KEY, base_url=fault_server.base_url, rate_limit_requests=None)
    return SekhaClient(config.evolve(**settings))


@pytest.mark.parametrize("parameter", ["since", "until"])
async def test_what_is_no_time_is_refused_before_anything_is_written(
    parameter: str, tmp_path: Path
) -> None:
    async with SekhaClient.local() as client:
        with pytest.raises(SekhaValidationError, match=f"{parameter}: a time such as"):
            filters: dict[str, Any] = {parameter: "soon"}
            await client.export_to(tmp_path / "export", **filters)
    assert not list(tmp_path.iterdir())


async def test_an_error_leaves_what_was_there(controller: Controller, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    with FaultServer(controller.handle) as fault_server:
        async with client_of(fault_server, max_retries=0) as client:
            await fill(client)
            await client.export_to(path)
            before = path.read_bytes()
            fails = "/mcp/tools/memory_export"
            fault_server.follow(
                lambda _, path, number: Gateway(500) if path == fails and number > 90 else None
            )
            with pytest.raises(SekhaServerError):
                await client.export_to(path)
    assert path.read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} == {path.name, f"{path.name}.manifest.json"}


async def test_only_a_file_is_replaced(tmp_path: Path) -> None:
    async with SekhaClient.local() as client:
        with pytest.raises(SekhaValidationError, match="no regular file"):
            await client.export_to(tmp_path)
        with pytest.raises(FileNotFoundError):
            await client.export_to(tmp_path / "nowhere" / "export")
        (tmp_path / "real").write_text("old")
        (tmp_path / "link").symlink_to("real")
        await client.export_to(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "real").read_text())["conversations"] == []


async def test_progress(controller: Controller, tmp_path: Path) -> None:
    told: list[ExportProgress] = []
    with FaultServer(controller.handle) as fault_server:
        async with client_of(fault_server) as client:
            await fill(client)
            fault_server.script(None, None, throttled(1))
            await client.export_to(tmp_path / "export", on_progress=told.append)
    counted = [each.conversations for each in told if each.waiting is None]
    assert counted == list(range(1, 62))
    assert {each.total for each in told} == {61}
    assert [each.waiting for each in told if each.waiting is not None] == [1.0]


async def test_what_cannot_be_restored_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    async with SekhaClient.local() as client:
        await client.import_conversations(conversations(6))
        document = json.loads(await client.export())
    first, second, third, fourth, fifth, sixth = document["conversations"]
    first["session_count"] = 4
    second["messages"][0]["metadata"] = {"model": "one", "temperature": 0.5}
    third["importance_score"] = 99
    fourth["status"] = "frozen"
    fifth["messages"] = "gone"
    sixth["label"] = ""
    path.write_text(json.dumps(document, indent=2, sort_keys=True))
    async with SekhaClient.local() as client:
        report = await client.restore(path)
        restored = [record async for record in client.iter_export()]
    assert (report.stored, report.skipped) == (5, 1)
    assert report.failures[0].reason == "messages: a list is needed"
    lost = {**report.not_restored}
    assert lost.pop("id") == lost.pop("message id") == 5
    assert lost == {
        "session_count": 1,
        "message metadata": 1,
        "importance_score outside 1 to 10": 1,
        "status 'frozen'": 1,
    }
    assert {each["label"] for each in restored} >= {""}
    assert max(each["importance_score"] for each in restored) == 10


def header(**changes: object) -> str:
    return json.dumps({"schema": "sekha-memory-export", "version": 1, **changes})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (header(version=2), "version 2"),
        (header(version=2, conversations=[]), "version 2"),
        (header(schema="another", conversations=[]), "no export"),
        ('[{"mapping": {}}]', "no export"),
        ("no JSON at all", "no export"),
        ("", "no export"),
    ],
)
async def test_another_file_is_refused(content: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(content)
    async with SekhaClient.local() as client:
        with pytest.raises(SekhaImportError, match=reason):
            await client.restore(path)
        with pytest.raises(SekhaImportError, match="No such file"):
            await client.restore(tmp_path / "nowhere")


@pytest.mark.parametrize("format", ["json", "jsonl"])
async def test_a_file_that_was_changed_is_refused_by_its_manifest(
    format: str, tmp_path: Path
) -> None:
    path = tmp_path / "export"
    async with SekhaClient.local() as client:
        await fill(client)
        await client.export_to(path, format=format)
    path.write_bytes(path.read_bytes()[:-4000])
    async with SekhaClient.local() as client:
        with pytest.raises(SekhaImportError, match="export.manifest.json"):
            await client.restore(path)
        assert await client.count() == 0
        (tmp_path / "export.manifest.json").unlink()
        report = await client.restore(path)
        assert report.skipped == 1 and 30 < report.stored < 61
        assert await client.count() == report.stored


async def test_a_broken_line_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    async with SekhaClient.local() as client:
        await client.import_conversations(conversations(10))
        lines = (await client.export(format="jsonl")).encode().splitlines(keepends=True)
    lines[4] = b'{"label": "half a rec\xff\n'
    lines[6] = b"[1, 2]\n"
    path.write_bytes(b"".join(lines))
    async with SekhaClient.local() as client:
        report = await client.restore(path)
    assert (report.read, report.stored, report.skipped) == (10, 8, 2)
    assert {each.where for each in report.failures} == {
        "export.jsonl, record 4",
        "export.jsonl, record 6",
    }


@pytest.mark.parametrize("format", ["json", "jsonl"])
async def test_what_is_nested_too_deep_is_skipped(format: str, tmp_path: Path) -> None:
    path = tmp_path / "export"
    async with SekhaClient.local() as client:
        await client.import_conversations(conversations(5))
        text = await client.export(format=format)
    deep = "[" * 100_000 + "]" * 100_000
    path.write_text(text.replace('"metadata": {}', f'"metadata": {deep}', 1))
    async with SekhaClient.local() as client:
        report = await client.restore(path)
    assert (report.read, report.stored, report.skipped) == (5, 4, 1)
    assert "nested too deep" in report.failures[0].reason


@pytest.mark.parametrize("format", ["json", "jsonl"])
async def test_a_number_beyond_all_numbers_is_skipped(format: str, tmp_path: Path) -> None:
    path = tmp_path / "export"
    async with SekhaClient.local() as client:
        await client.import_conversations(conversations(5))
        text = await client.export(format=format)
    path.write_text(text.replace('"metadata": {}', f'"metadata": {"9" * 6000}', 1))
    async with SekhaClient.local() as client:
        report = await client.restore(path)
    assert (report.read, report.stored, report.skipped) == (5, 4, 1)


async def test_a_version_beyond_all_numbers_is_no_version(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text('{"version": ' + "9" * 6000 + "}")
    async with SekhaClient.local() as client:
        with pytest.raises(SekhaError, match="no export"):
            await client.restore(path)


@pytest.mark.parametrize("format", ["json", "jsonl"])
async def test_a_mark_before_the_text_does_no_harm(format: str, tmp_path: Path) -> None:
    path = tmp_path / "export"
    async with SekhaClient.local() as client:
        await client.import_conversations(conversations(5))
        path.write_text(await client.export(format=format), encoding="utf-8-sig")
    async with SekhaClient.local() as client:
        assert (await client.restore(path)).stored == 5


async def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text(header(conversations=[]), encoding="utf-16")
    async with SekhaClient.local() as client:
        with pytest.raises(SekhaImportError, match="UTF-16"):
            await client.restore(path)


@pytest.mark.skipif(os.name == "nt", reason="there are no such files")
async def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    async with SekhaClient.local() as client:
        await client.export_to(tmp_path / "export")
        for path in (tmp_path / "pipe", tmp_path):
            with pytest.raises(SekhaImportError, match="no regular file"):
                await client.restore(path)
            with pytest.raises(SekhaImportError, match="no regular file"):
                await client.restore(tmp_path / "export", journal=path)


async def test_what_can_be_no_path_is_refused(tmp_path: Path) -> None:
    async with SekhaClient.local() as client:
        await client.export_to(tmp_path / "export")
        with pytest.raises(SekhaValidationError, match="path"):
            await client.export_to(tmp_path / "a\0b")
        with pytest.raises(SekhaImportError):
            await client.restore(tmp_path / "a\0b")
        with pytest.raises(SekhaImportError):
            await client.restore(tmp_path / "export", journal=tmp_path / "a\0b")


async def test_an_importance_out_of_range_is_the_nearest_in_it(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    async with SekhaClient.local() as client:
        await client.import_conversations(conversations(3))
        document = json.loads(await client.export())
    for record, importance in zip(document["conversations"], (99, -3, 7), strict=True):
        record["importance_score"] = importance
    path.write_text(json.dumps(document))
    for way in ("restore", "import"):
        async with SekhaClient.local() as client:
            source = read(path)
            if way == "restore":
                report = await client.restore(path)
                assert report.not_restored["importance_score outside 1 to 10"] == 2
            else:
                report = await client.import_conversations(source)
                assert sum(source.report.notes.values()) == 2
            records = [record async for record in client.iter_export()]
        assert report.stored == 3
        assert sorted(each["importance_score"] for each in records) == [1, 7, 10]


async def test_an_export_grows_no_older_than_it_is(tmp_path: Path) -> None:
    began = datetime.now(timezone.utc)
    async with SekhaClient.local() as client:
        manifest = await client.export_to(tmp_path / "export")
    assert manifest.conversations == 0
    assert began <= manifest.started_at <= manifest.finished_at
    assert manifest.finished_at - began < timedelta(seconds=30)


async def test_padding_comes_off_on_the_way_out(controller: Controller, tmp_path: Path) -> None:
    text = "漢字" * 60
    one = NewConversation("One", [MessageDto("user", text)], importance_score=3)
    with FaultServer(controller.handle) as fault_server:
        async with client_of(fault_server, align_multibyte=True) as client:
            await client.import_conversations([one, evolve(one, importance_score=None)])
            await client.export_to(tmp_path / "export")
            records = [record async for record in client.iter_export()]
            assert {each["messages"][0]["content"] for each in records} == {text}
        async with client_of(fault_server) as client:
            raw = [record async for record in client.iter_export()]
            assert {each["messages"][0]["content"] for each in raw} == {" " + text}
    async with SekhaClient.local() as client:
        await client.restore(tmp_path / "export")
        assert of_records([each async for each in client.iter_export()]) == of_records(records)
