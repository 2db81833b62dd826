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
    SekhaImportError,
    SekhaValidationError,
    SyncSekhaClient,
)
from sekha._sync.import_known import KnownConversations, Look
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


def foreseen(client: SyncSekhaClient, path: Path) -> tuple[int, int, int, int]:
    """What a dry run says is new, would be replaced, is unchanged and is outdated."""
    index = path.parent.parent / "index.db"
    report = client.import_conversations(read(path), index=index, dry_run=True)
    assert report.dry_run and report.compared and not report.stored
    new = report.pending - report.replaced
    assert report.read == report.pending + report.unchanged + report.outdated
    return new, report.replaced, report.unchanged, report.outdated


def test_a_dry_run_says_what_would_become_of_each(opened: Open, tmp_path: Path) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    with opened() as client:
        assert foreseen(client, january) == (9, 0, 0, 0)
        assert client.count() == 0 and not (tmp_path / "index.db").exists()
        bring(client, january)
        assert foreseen(client, june) == (1, 2, 6, 0)
        assert said(client) == texts(JANUARY)
        bring(client, june)
        assert foreseen(client, june) == (0, 0, 9, 0)
        assert foreseen(client, january) == (0, 0, 7, 2)


def test_a_dry_run_of_two_versions_in_one_folder(tmp_path: Path) -> None:
    written(tmp_path / "both" / "january.json", JANUARY)
    june = written(tmp_path / "both" / "june.json", JUNE)
    with SyncSekhaClient.local() as client:
        report = client.import_conversations(read(june.parent), dry_run=True)
    assert (report.pending, report.replaced, report.unchanged) == (12, 2, 0)


def test_a_dry_run_without_a_controller_counts_all(tmp_path: Path) -> None:
    path = written(tmp_path / "one" / "conversations.json", JANUARY)
    config = ClientConfig(api_key=KEY, base_url="http://127.0.0.1:9", max_retries=0)
    with SyncSekhaClient(config) as client:
        report = client.import_conversations(read(path), index=tmp_path / "index.db", dry_run=True)
    assert (report.pending, report.compared, report.failed) == (9, False, 0)


def test_of_imports_at_one_moment_one_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one looks before the other has stored anything, and stores after it."""
    june = written(tmp_path / "one" / "conversations.json", JUNE)
    named = [{"conversations": [{"from": "human", "value": t}]} for t in ("one", "two", "two")]
    unnamed = written(tmp_path / "two" / "sharegpt.json", named)
    for number, (file, before) in enumerate(((june, []), (june, JANUARY), (unnamed, []))):
        memory = tmp_path / f"{number}.db"
        with SyncSekhaClient.local(memory) as slow, SyncSekhaClient.local(memory) as quick:
            if before:
                bring(slow, written(tmp_path / "three" / "conversations.json", before))
            look = KnownConversations.look
            done: list[ImportReport] = []

            def overtaken(self: Any, *given: Any, **options: Any) -> Look:
                found = look(self, *given, **options)
                if not done:
                    done.append(ImportReport())
                    done[0] = bring(quick, file)
                return found

            with monkeypatch.context() as patched:
                patched.setattr(KnownConversations, "look", overtaken)
                report = bring(slow, file)
            every = len(JUNE) if file == june else len(named)
            assert done[0].complete and report.complete
            assert done[0].stored + report.stored == (3 if before else every)
            assert done[0].unchanged + report.unchanged == every + (6 if before else 0)
            stored = said(slow)
        if file == june:
            assert stored == texts([*JUNE, *JANUARY[-1:]] if before else JUNE)
        else:
            assert stored == {("one",): 1, ("two",): 2}


def test_a_create_that_is_conditional() -> None:
    """The contract's own words, as another client would use them."""
    body: dict[str, Any] = {
        "label": "L",
        "folder": "/",
        "messages": [{"role": "user", "content": "x"}],
        "source": "s",
        "source_id": "1",
        "if_stored_at_most": 0,
    }
    with SyncSekhaClient.local() as client:
        request = api.CreateConversationRequest.from_dict(body)
        first = client.call(create_conversation, body=request)
        again = client.call(create_conversation, body=request)
        assert again.already_stored is True and again.id == first.id
        # Whatever became of it, as many more may be on their way.
        assert again.creates_at_once == first.creates_at_once > 4
        assert first.already_stored is not True
        tool = api.MemoryStoreRequest.from_dict({**body, "importance_score": 7})
        answer = client.call(memory_store, body=tool)
        assert answer.data.already_stored is True and answer.data.id == first.id
        request.if_stored_at_most = 1
        assert (client.call(create_conversation, body=request)).id != first.id
        assert client.count() == 2


def test_its_own_export_comes_again_into_where_it_is_from(opened: Open, tmp_path: Path) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    backup = tmp_path / "one" / "backup.json"
    lines = tmp_path / "one" / "backup.jsonl"
    equal = NewConversation("Mine", [MessageDto("user", "kept on purpose")])
    with opened() as client:
        bring(client, january)
        for _ in range(2):
            client.create_conversation(equal)
        client.export_to(backup)
        client.export_to(lines, format="jsonl")
        before = client.count()
        for path in (backup, lines):
            assert foreseen(client, path) == (0, 0, 11, 0)
            assert counts(bring(client, path, folder="/else")) == (0, 0, 11, 0)
        assert client.count() == before
        # What has grown meanwhile is newer than the backup.
        bring(client, written(tmp_path / "three" / "conversations.json", JUNE))
        report = bring(client, backup)
        assert report.stored == 0 and report.unchanged + report.outdated == 11


def test_its_own_export_comes_into_another_memory(tmp_path: Path) -> None:
    backup = tmp_path / "one" / "backup.json"
    equal = NewConversation("Mine", [MessageDto("user", "kept on purpose")])
    with SyncSekhaClient.local() as client:
        bring(client, written(tmp_path / "one" / "conversations.json", JANUARY))
        for _ in range(2):
            client.create_conversation(equal)
        client.export_to(backup)
    with SyncSekhaClient.local() as client:
        assert counts(bring(client, backup)) == (11, 0, 0, 0)
        assert counts(bring(client, backup)) == (0, 0, 11, 0)
        june = written(tmp_path / "three" / "conversations.json", JUNE)
        assert counts(bring(client, june)) == (3, 2, 6, 0)
    with SyncSekhaClient.local() as client:
        assert (client.restore(backup)).stored == 11
        assert counts(bring(client, backup)) == (0, 0, 11, 0)


def test_what_was_restored_is_known_to_an_import(tmp_path: Path) -> None:
    """By a controller that keeps no sources: the index has it, from an export with sources and from
    one without."""
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    named, nameless = tmp_path / "named.json", tmp_path / "nameless.jsonl"
    with SyncSekhaClient.local() as client:
        bring(client, january)
        client.export_to(named)
    for backup in (named, nameless):
        controller = RecordedController(stack=Stack.nothing())
        index = tmp_path / "index.db"
        with serve(controller) as server:
            config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
            with SyncSekhaClient(config) as client:
                journal = tmp_path / f"{backup.stem}.journal"
                report = client.restore(backup, index=index, journal=journal)
                assert report.stored == 9
                report = client.restore(backup, index=index, journal=journal)
                assert report.already == 9
                assert counts(bring(client, january)) == (0, 0, 9, 0)
                if backup == named:
                    client.export_to(nameless, format="jsonl")
                assert counts(bring(client, june)) == (3, 2, 6, 0)
                assert said(client) == texts([*JUNE, JANUARY[-1]])
        controller.close()
        index.unlink()


def test_a_restore_goes_on_where_nothing_can_be_noted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backup = tmp_path / "backup.jsonl"
    with SyncSekhaClient.local() as client:
        client.create_conversation(NewConversation("Mine", [MessageDto("user", "x")]))
        client.export_to(backup, format="jsonl")
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
        with SyncSekhaClient(config) as client:
            report = client.restore(backup, index=tmp_path)  # a folder
            assert report.stored == 1
    controller.close()
    assert "until the import index is rebuilt" in caplog.text


def test_an_index_can_be_made_anew_from_an_export(tmp_path: Path) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    backup, index = tmp_path / "backup.json", tmp_path / "index.db"
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
        with SyncSekhaClient(config) as client:
            bring(client, january)
            client.export_to(backup)
            gone = next(each for each in client.list_conversations("deleted"))
            client.delete(gone.id)
            index.rename(tmp_path / "lost.db")
            assert client.rebuild_import_index(index, export=backup) == 8
            assert counts(bring(client, january)) == (1, 0, 8, 0)
            assert counts(bring(client, june)) == (3, 2, 6, 0)
            assert said(client) == texts([*JUNE, JANUARY[-1]])
            known = sorted(sqlite3.connect(index).execute("SELECT hash, id FROM versions"))
            (tmp_path / "broken.json").write_text("{}")
            with pytest.raises(SekhaImportError):
                client.rebuild_import_index(index, export=tmp_path / "broken.json")
            assert sorted(sqlite3.connect(index).execute("SELECT hash, id FROM versions")) == known
    controller.close()


def test_months_are_of_messages(tmp_path: Path) -> None:
    chats = [
        chat("new year", "before", "after", begun=1_704_067_170 - 1_700_000_000),
        chat("later", "x", begun=1_706_800_000 - 1_700_000_000),
    ]
    path = written(tmp_path / "one" / "conversations.json", chats)
    with SyncSekhaClient.local() as client:
        client.import_conversations(read(path, folder=lambda each: f"/{each.title}"))
        said = MessageDto("user", "y", timestamp="2024-02-03T04:05:06Z")
        client.create_conversation(NewConversation("mine", [said]))
        months = (client.stats(months=True)).months
        assert months == {
            "2023-12": {"chatgpt": 1},
            "2024-01": {"chatgpt": 1},
            "2024-02": {None: 1, "chatgpt": 1},
        }
        both = client.stats("/later", "later", months=True)
        assert both.months == {"2024-02": {"chatgpt": 1}}
        assert (client.stats()).months is None
        with pytest.raises(SekhaValidationError):
            client.stats("/later", "later")


def test_a_controller_without_times_knows_no_months() -> None:
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
        with SyncSekhaClient(config) as client:
            client.create_conversation(NewConversation("L", [MessageDto("user", "x")]))
            found = client.stats(months=True)
    controller.close()
    assert (found.total_conversations, found.months) == (1, None)


def test_what_a_stopped_run_left_in_doubt_is_not_counted_as_archived(tmp_path: Path) -> None:
    path, journal = written(tmp_path / "one" / "conversations.json", JANUARY), tmp_path / "journal"
    with SyncSekhaClient.local(tmp_path / "memory.db") as client:
        client.import_conversations(read(path), journal=journal)
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(each for each in lines if '"stored"' not in each))
        report = client.import_conversations(read(path), journal=journal)
        assert (report.recovered, report.stored, report.archived) == (9, 9, 0)
        assert client.count() == 9
