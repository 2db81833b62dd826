"""Every format: what was written and what was read, counted apart from each other."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from sekha import SyncSekhaClient
from sekha.importers import FORMAT_NAMES, read
from support.import_builders import BUILDERS, TALKS, Talk


def expected_times(talk: Talk, kind: str) -> list[datetime | None]:
    """What of the times a format holds: each message's, those of the prompts, or none."""
    times: list[datetime | None] = [time for _, _, time in talk.said]
    if kind == "none":
        return [None] * len(times)
    return [times[place - place % 2] for place in range(len(times))] if kind == "asked" else times


def test_there_is_a_builder_for_every_format() -> None:
    assert sorted(BUILDERS) == sorted(FORMAT_NAMES)


@pytest.mark.parametrize("name", BUILDERS)
def test_what_was_written_is_what_is_read(name: str, tmp_path: Path) -> None:
    built = BUILDERS[name]
    reading = read(built.build(tmp_path))
    got = sorted(reading, key=lambda each: each.conversation.messages[0].content)
    assert reading.formats == (name,)
    assert len(got) == len(TALKS), "conversations"
    assert sum(len(each.message_times) for each in got) == sum(len(each.said) for each in TALKS)
    for record, talk in zip(got, TALKS, strict=True):
        said = [(each.role, each.content) for each in record.conversation.messages]
        assert said == [(role, text) for role, text, _ in talk.said], "roles, texts and order"
        assert list(record.message_times) == expected_times(talk, built.times)
        if built.ids:
            assert (record.source_id or "").replace("-", "") == talk.id.replace("-", "")
    report = reading.report
    assert (report.lost, report.skipped, report.unshown) == (0, 0, 0)
    again = Counter(each.source_id or each.where for each in read(reading.path))
    assert again == Counter(each.source_id or each.where for each in got)


@pytest.mark.parametrize("name", BUILDERS)
def test_what_is_stored_is_what_was_written(name: str, tmp_path: Path) -> None:
    built = BUILDERS[name]
    path = built.build(tmp_path)
    with SyncSekhaClient.local() as client:
        assert client.import_conversations(read(path)).stored == len(TALKS)
        again = client.import_conversations(read(path))
        assert (again.stored, again.unchanged) == (0, len(TALKS))
        stored = sorted(client.iter_export(), key=lambda each: each["messages"][0]["content"])
    for record, talk in zip(stored, TALKS, strict=True):
        said = [(each["role"], each["content"]) for each in record["messages"]]
        assert said == [(role, text) for role, text, _ in talk.said]
        times = [each["timestamp"][:19] for each in record["messages"]]
        if built.times != "none":
            expected = expected_times(talk, built.times)
            assert times == [time.strftime("%Y-%m-%dT%H:%M:%S") for time in expected if time]
