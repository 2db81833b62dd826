"""What an import says before it stores, what two of them at one moment store, and this package's own
export that is brought in again."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sekha import (
    ClientConfig,
    ImportReport,
    MessageDto,
    NewConversation,
    SekhaClient,
    SekhaImportError,
    SekhaValidationError,
)
from sekha._async.import_known import KnownConversations, Look
from sekha.importers import read
from sekha_api import models as api
from sekha_api.api.conversations import create_conversation
from sekha_api.api.tools import memory_store
from support.recorded_controller import KEY, RecordedController, Stack, serve

from .test_once import (
    JANUARY,
    JUNE,
    Open,
    bring,
    chat,
    counts,
    opened,
    said,
    texts,
    written,
)

__all__ = ["opened"]  # a fixture


async def foreseen(client: SekhaClient, path: Path) -> tuple[int, int, int, int]:
    """What a dry run says is new, would be replaced, is unchanged and is outdated."""
    index = path.parent.parent / "index.db"
    report = await client.import_conversations(read(path), index=index, dry_run=True)
    assert report.dry_run and report.compared and not report.stored
    new = report.pending - report.replaced
    assert report.read == report.pending + report.unchanged + report.outdated
    return new, report.replaced, report.unchanged, report.outdated


async def test_a_dry_run_says_what_would_become_of_each(opened: Open, tmp_path: Path) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    async with opened() as client:
        assert await foreseen(client, january) == (9, 0, 0, 0)
        assert await client.count() == 0 and not (tmp_path / "index.db").exists()
        await bring(client, january)
        assert await foreseen(client, june) == (1, 2, 6, 0)
        assert await said(client) == texts(JANUARY)
        await bring(client, june)
        assert await foreseen(client, june) == (0, 0, 9, 0)
        assert await foreseen(client, january) == (0, 0, 7, 2)


async def test_a_dry_run_of_two_versions_in_one_folder(tmp_path: Path) -> None:
    written(tmp_path / "both" / "january.json", JANUARY)
    june = written(tmp_path / "both" / "june.json", JUNE)
    async with SekhaClient.local() as client:
        report = await client.import_conversations(read(june.parent), dry_run=True)
    assert (report.pending, report.replaced, report.unchanged) == (12, 2, 0)


async def test_a_dry_run_without_a_controller_counts_all(tmp_path: Path) -> None:
    path = written(tmp_path / "one" / "conversations.json", JANUARY)
    config = ClientConfig(api_key=KEY, base_url="http://127.0.0.1:9", max_retries=0)
    async with SekhaClient(config) as client:
        report = await client.import_conversations(
            read(path), index=tmp_path / "index.db", dry_run=True
        )
    assert (report.pending, report.compared, report.failed) == (9, False, 0)


async def test_of_imports_at_one_moment_one_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one looks before the other has stored anything, and stores after it."""
    june = written(tmp_path / "one" / "conversations.json", JUNE)
    named = [{"conversations": [{"from": "human", "value": t}]} for t in ("one", "two", "two")]
    unnamed = written(tmp_path / "two" / "sharegpt.json", named)
    for number, (file, before) in enumerate(((june, []), (june, JANUARY), (unnamed, []))):
        memory = tmp_path / f"{number}.db"
        async with SekhaClient.local(memory) as slow, SekhaClient.local(memory) as quick:
            if before:
                await bring(slow, written(tmp_path / "three" / "conversations.json", before))
            look = KnownConversations.look
            done: list[ImportReport] = []

            async def overtaken(self: Any, *given: Any, **options: Any) -> Look:
                found = await look(self, *given, **options)
                if not done:
                    done.append(ImportReport())
                    done[0] = await bring(quick, file)
                return found

            with monkeypatch.context() as patched:
                patched.setattr(KnownConversations, "look", overtaken)
                report = await bring(slow, file)
            every = len(JUNE) if file == june else len(named)
            assert done[0].complete and report.complete
            assert done[0].stored + report.stored == (3 if before else every)
            assert done[0].unchanged + report.unchanged == every + (6 if before else 0)
            stored = await said(slow)
        if file == june:
            assert stored == texts([*JUNE, *JANUARY[-1:]] if before else JUNE)
        else:
            assert stored == {("one",): 1, ("two",): 2}


async def test_a_create_that_is_conditional() -> None:
    """The contract's own words, as another client would use them."""
    body: dict[str, Any] = {
        "label": "L",
        "folder": "/",
        "messages": [{"role": "user", "content": "x"}],
        "source": "s",
        "source_id": "1",
        "if_stored_at_most": 0,
    }
    async with SekhaClient.local() as client:
        request = api.CreateConversationRequest.from_dict(body)
        first = await client.call(create_conversation, body=request)
        again = await client.call(create_conversation, body=request)
        assert again.already_stored is True and again.id == first.id
        # Whatever became of it, as many more may be on their way.
        assert again.creates_at_once == first.creates_at_once > 4
        assert first.already_stored is not True
        tool = api.MemoryStoreRequest.from_dict({**body, "importance_score": 7})
        answer = await client.call(memory_store, body=tool)
        assert answer.data.already_stored is True and answer.data.id == first.id
        request.if_stored_at_most = 1
        assert (await client.call(create_conversation, body=request)).id != first.id
        assert await client.count() == 2


async def test_its_own_export_comes_again_into_where_it_is_from(
    opened: Open, tmp_path: Path
) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    backup = tmp_path / "one" / "backup.json"
    lines = tmp_path / "one" / "backup.jsonl"
    equal = NewConversation("Mine", [MessageDto("user", "kept on purpose")])
    async with opened() as client:
        await bring(client, january)
        for _ in range(2):
            await client.create_conversation(equal)
        await client.export_to(backup)
        await client.export_to(lines, format="jsonl")
        before = await client.count()
        for path in (backup, lines):
            assert await foreseen(client, path) == (0, 0, 11, 0)
            assert counts(await bring(client, path, folder="/else")) == (0, 0, 11, 0)
        assert await client.count() == before
        # What has grown meanwhile is newer than the backup.
        await bring(client, written(tmp_path / "three" / "conversations.json", JUNE))
        report = await bring(client, backup)
        assert report.stored == 0 and report.unchanged + report.outdated == 11


async def test_its_own_export_comes_into_another_memory(tmp_path: Path) -> None:
    backup = tmp_path / "one" / "backup.json"
    equal = NewConversation("Mine", [MessageDto("user", "kept on purpose")])
    async with SekhaClient.local() as client:
        await bring(client, written(tmp_path / "one" / "conversations.json", JANUARY))
        for _ in range(2):
            await client.create_conversation(equal)
        await client.export_to(backup)
    async with SekhaClient.local() as client:
        assert counts(await bring(client, backup)) == (11, 0, 0, 0)
        assert counts(await bring(client, backup)) == (0, 0, 11, 0)
        june = written(tmp_path / "three" / "conversations.json", JUNE)
        assert counts(await bring(client, june)) == (3, 2, 6, 0)
    async with SekhaClient.local() as client:
        assert (await client.restore(backup)).stored == 11
        assert counts(await bring(client, backup)) == (0, 0, 11, 0)


async def test_what_was_restored_is_known_to_an_import(tmp_path: Path) -> None:
    """By a controller that keeps no sources: the index has it, from an export with sources and from
    one without."""
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    named, nameless = tmp_path / "named.json", tmp_path / "nameless.jsonl"
    async with SekhaClient.local() as client:
        await bring(client, january)
        await client.export_to(named)
    for backup in (named, nameless):
        controller = RecordedController(stack=Stack.nothing())
        index = tmp_path / "index.db"
        with serve(controller) as server:
            config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
            async with SekhaClient(config) as client:
                journal = tmp_path / f"{backup.stem}.journal"
                report = await client.restore(backup, index=index, journal=journal)
                assert report.stored == 9
                report = await client.restore(backup, index=index, journal=journal)
                assert report.already == 9
                assert counts(await bring(client, january)) == (0, 0, 9, 0)
                if backup == named:
                    await client.export_to(nameless, format="jsonl")
                assert counts(await bring(client, june)) == (3, 2, 6, 0)
                assert await said(client) == texts([*JUNE, JANUARY[-1]])
        controller.close()
        index.unlink()


async def test_a_restore_goes_on_where_nothing_can_be_noted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backup = tmp_path / "backup.jsonl"
    async with SekhaClient.local() as client:
        await client.create_conversation(NewConversation("Mine", [MessageDto("user", "x")]))
        await client.export_to(backup, format="jsonl")
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
        async with SekhaClient(config) as client:
            report = await client.restore(backup, index=tmp_path)  # a folder
            assert report.stored == 1
    controller.close()
    assert "until the import index is rebuilt" in caplog.text


async def test_an_index_can_be_made_anew_from_an_export(tmp_path: Path) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    backup, index = tmp_path / "backup.json", tmp_path / "index.db"
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
        async with SekhaClient(config) as client:
            await bring(client, january)
            await client.export_to(backup)
            gone = next(each for each in await client.list_conversations("deleted"))
            await client.delete(gone.id)
            index.rename(tmp_path / "lost.db")
            assert await client.rebuild_import_index(index, export=backup) == 8
            assert counts(await bring(client, january)) == (1, 0, 8, 0)
            assert counts(await bring(client, june)) == (3, 2, 6, 0)
            assert await said(client) == texts([*JUNE, JANUARY[-1]])
            known = sorted(sqlite3.connect(index).execute("SELECT hash, id FROM versions"))
            (tmp_path / "broken.json").write_text("{}")
            with pytest.raises(SekhaImportError):
                await client.rebuild_import_index(index, export=tmp_path / "broken.json")
            assert sorted(sqlite3.connect(index).execute("SELECT hash, id FROM versions")) == known
    controller.close()


async def test_months_are_of_messages(tmp_path: Path) -> None:
    chats = [
        chat("new year", "before", "after", begun=1_704_067_170 - 1_700_000_000),
        chat("later", "x", begun=1_706_800_000 - 1_700_000_000),
    ]
    path = written(tmp_path / "one" / "conversations.json", chats)
    async with SekhaClient.local() as client:
        await client.import_conversations(read(path, folder=lambda each: f"/{each.title}"))
        said = MessageDto("user", "y", timestamp="2024-02-03T04:05:06Z")
        await client.create_conversation(NewConversation("mine", [said]))
        months = (await client.stats(months=True)).months
        assert months == {
            "2023-12": {"chatgpt": 1},
            "2024-01": {"chatgpt": 1},
            "2024-02": {None: 1, "chatgpt": 1},
        }
        both = await client.stats("/later", "later", months=True)
        assert both.months == {"2024-02": {"chatgpt": 1}}
        assert (await client.stats()).months is None
        with pytest.raises(SekhaValidationError):
            await client.stats("/later", "later")


async def test_a_controller_without_times_knows_no_months() -> None:
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
        async with SekhaClient(config) as client:
            await client.create_conversation(NewConversation("L", [MessageDto("user", "x")]))
            found = await client.stats(months=True)
    controller.close()
    assert (found.total_conversations, found.months) == (1, None)


async def test_what_a_stopped_run_left_in_doubt_is_not_counted_as_archived(tmp_path: Path) -> None:
    path, journal = written(tmp_path / "one" / "conversations.json", JANUARY), tmp_path / "journal"
    async with SekhaClient.local(tmp_path / "memory.db") as client:
        await client.import_conversations(read(path), journal=journal)
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(each for each in lines if '"stored"' not in each))
        report = await client.import_conversations(read(path), journal=journal)
        assert (report.recovered, report.stored, report.archived) == (9, 9, 0)
        assert await client.count() == 9
