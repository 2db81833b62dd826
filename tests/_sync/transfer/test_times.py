"""When things were said: kept where the controller can, and said where it cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from sekha import (
    ClientConfig,
    MessageDto,
    NewConversation,
    SekhaValidationError,
    SyncSekhaClient,
)
from sekha.local import Controller, schema
from sekha.testing import Drop, Fault, FaultServer
from support.recorded_controller import KEY, RecordedController, Stack, serve

FIRST = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
LAST = datetime(2024, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
SAID = [
    MessageDto("user", "which train goes to Porto", FIRST),
    MessageDto("assistant", "the one at noon", "2024-02-03T06:05:06+02:00"),
]
IMPORTANCES = pytest.mark.parametrize("importance", [None, 7])


def config_of(server: FaultServer) -> ClientConfig:
    return ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)


@IMPORTANCES
def test_a_conversation_is_as_old_as_what_was_said(importance: int | None) -> None:
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    with SyncSekhaClient.local() as client:
        made = client.create_conversation(NewConversation("L", SAID, "/f", importance))
        assert made.times_kept is True
        assert (made.created_at, made.updated_at) == (FIRST, LAST)
        assert made.stored_at is not None and made.stored_at > before
        assert [each.timestamp for each in made.messages or ()] == [FIRST, LAST]
        read = client.get_conversation(made.id)
        assert (read.created_at, read.updated_at) == (FIRST, LAST)
        assert [each.timestamp for each in read.messages or ()] == [FIRST, LAST]
        (row,) = client.list_conversations()
        assert (row.updated_at, row.stored_at) == (LAST, made.stored_at)
        (found,) = (client.smart_query("train Porto", limit=1)).results
        assert found.timestamp == FIRST


def test_lists_filters_and_pruning_go_by_what_was_said() -> None:
    with SyncSekhaClient.local() as client:
        for year in (2022, 2024, 2023):
            said = MessageDto("user", "text", f"{year}-06-01T12:00:00")
            client.create_conversation(NewConversation(str(year), [said]))
        client.create_conversation(NewConversation("now", [MessageDto("user", "text")]))
        listed = [each.label for each in client.list_conversations()]
        assert listed == ["now", "2024", "2023", "2022"]
        found = [each["label"] for each in client.iter_export(since="2023", until="2024-06")]
        assert found == ["2024", "2023"]
        suggested = client.get_pruning_suggestions(threshold_days=365)
        assert {each.label for each in suggested} == {"2022", "2023", "2024"}


def test_messages_without_a_time_have_that_of_the_one_before() -> None:
    messages = [
        MessageDto("user", "a"),
        MessageDto("user", "b", FIRST),
        MessageDto("user", "c"),
        MessageDto("user", "d", LAST),
    ]
    with SyncSekhaClient.local() as client:
        made = client.create_conversation(NewConversation("L", messages))
        read = client.get_conversation(made.id)
    assert [each.timestamp for each in read.messages or ()] == [FIRST, FIRST, FIRST, LAST]


@IMPORTANCES
def test_a_controller_that_does_not_keep_them_says_so(importance: int | None) -> None:
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        with SyncSekhaClient(config_of(server)) as client:
            assert not client.keeps_times()
            made = client.create_conversation(NewConversation("L", SAID, "/f", importance))
            assert made.times_kept is False and made.stored_at is None
            assert [each.timestamp for each in made.messages or ()] == [None, None]
            plain = NewConversation("L", [MessageDto("user", "text")])
            assert (client.create_conversation(plain)).times_kept is None
    controller.close()
    with SyncSekhaClient.local() as client:
        assert client.keeps_times()


@pytest.mark.parametrize(
    ("timestamp", "reason"),
    [
        (datetime(2024, 1, 1), "has no zone"),
        ("yesterday", "ISO 8601"),
        ("2024-13-01T00:00:00", "ISO 8601"),
        (1_700_000_000, "ISO 8601"),
        ("1500-01-01T00:00:00", "from 1678"),
        ("9999-01-01T00:00:00", "from 1678"),
    ],
)
def test_what_is_no_time_is_refused(timestamp: Any, reason: str) -> None:
    with SyncSekhaClient.local() as client:
        with pytest.raises(SekhaValidationError, match=rf"messages\[0\].timestamp.*{reason}"):
            message = MessageDto("user", "text", timestamp)
            client.create_conversation(NewConversation("L", [message]))
        assert client.count() == 0


def lost_answers(path: str) -> Callable[[str, str, int], Fault | None]:
    def schedule(method: str, requested: str, number: int) -> Fault | None:
        return Drop(carried_out=True) if (method, requested) == ("POST", path) else None

    return schedule


@pytest.mark.parametrize(
    ("importance", "path"), [(None, "/api/v1/conversations"), (7, "/mcp/tools/memory_store")]
)
def test_what_was_said_long_ago_is_found_after_a_lost_answer(
    importance: int | None, path: str
) -> None:
    controller = Controller()
    with FaultServer(controller.handle, lost_answers(path)) as server:
        with SyncSekhaClient(config_of(server)) as client:
            new = NewConversation("L", SAID, "/f", importance)
            first = client.create_conversation(new)
            second = client.create_conversation(new)
            assert first.id != second.id and first.times_kept is True
            assert client.count() == 2
    controller.close()


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_they_come_back(format: str, tmp_path: Path) -> None:
    path = tmp_path / "export"
    with SyncSekhaClient.local() as client:
        new = NewConversation("L", SAID, source="chatgpt", source_id="one")
        made = client.create_conversation(new)
        client.archive((client.create_conversation(NewConversation("E", []))).id)
        client.pin(made.id)
        before = [each for each in client.iter_export()]
        client.export_to(path, format=format)
    with SyncSekhaClient.local() as client:
        report = client.restore(path)
        after = [each for each in client.iter_export()]
    assert report.archived == 1
    for record in (*before, *after):
        del record["id"], record["stored_at"]
        for message in record["messages"]:
            del message["id"]
    assert after == before


def test_a_controller_that_keeps_none_reports_what_was_lost(tmp_path: Path) -> None:
    with SyncSekhaClient.local() as client:
        client.create_conversation(NewConversation("L", SAID))
        client.export_to(tmp_path / "export")
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        with SyncSekhaClient(config_of(server)) as client:
            report = client.restore(tmp_path / "export")
    controller.close()
    names = ("id", "message id", "created_at", "updated_at", "message timestamp")
    assert report.not_restored == dict.fromkeys(names, 1)


def test_markdown_tells_them() -> None:
    with SyncSekhaClient.local() as client:
        client.create_conversation(NewConversation("L", SAID, source="chatgpt"))
        markdown = client.export(format="markdown")
    _, front, body = markdown.split("---\n", 2)
    facts = yaml.safe_load(front)
    assert facts["created_at"].startswith("2024-01-02 03:04:05") and facts["source"] == "chatgpt"
    assert "## user, 2024-01-02 03:04:05 UTC\n" in body
    assert "## assistant, 2024-02-03 04:05:06 UTC\n" in body


def test_an_older_memory_file_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    stored = 1_700_000_000_000_000_000
    with closing(sqlite3.connect(path)) as older:
        older.executescript(schema._FIRST_SCHEMA)
        older.execute(
            "INSERT INTO conversations VALUES (1, ?, 'L', '/f', 'active', 5, 1, 0, 0, ?, ?)",
            (str(uuid4()), stored, stored),
        )
        older.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        older.execute("PRAGMA user_version = 1")
        older.commit()
    with SyncSekhaClient.local(path) as client:
        (row,) = client.list_conversations()
        assert row.stored_at == row.updated_at == datetime.fromtimestamp(1.7e9, timezone.utc)
        made = client.create_conversation(NewConversation("L", SAID))
        assert made.created_at == FIRST
