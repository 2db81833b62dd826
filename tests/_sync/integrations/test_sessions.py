"""Sessions: order, exactness, two writers, an end in the middle, and taking away."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sekha import Conversation, SekhaValidationError, SyncSekhaClient
from sekha._concurrency import gather
from sekha.integrations._core import folders
from sekha.integrations._core.codec import Said
from sekha.integrations._sync import session as sessions
from sekha.integrations._sync.session import Session

from .conftest import Writers

FOLDER = "/agents/anna/chat"
CALL = {
    "type": "function_call",
    "call_id": "call_1",
    "name": "get_weather",
    "arguments": '{"city": "Zürich"}',
    "nested": {"list": [1, 2.5, None, True, "\ud83d"], "empty": {}},
}
IMAGE = {
    "role": "user",
    "content": [
        {"type": "input_text", "text": "What is on this picture of the harbour?"},
        {"type": "input_image", "image_url": "https://example.org/harbour.png"},
    ],
}


def describe(item: Any) -> Said:
    if "content" in item and isinstance(item["content"], str):
        return Said(item["role"], item["content"])
    if "content" in item:
        return Said(item["role"], " ".join(part.get("text", "") for part in item["content"]))
    return Said("tool", " ".join(str(item.get(name, "")) for name in ("name", "arguments")))


def session(client: SyncSekhaClient, folder: str = FOLDER) -> Session:
    return Session(client, folder, title="chat", describe=describe)


def said(text: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": text}


def in_sight(found: Conversation) -> bool:
    return not folders.is_under(found.folder, folders.REMOVED)


ITEMS = [said("Hello"), CALL, IMAGE, said("", "assistant"), {"type": "reasoning", "x": []}]


def test_items_come_back_exactly_and_in_order(writers: Writers) -> None:
    writer = session(writers.one)
    writer.add(ITEMS[:2])
    writer.add([])
    writer.add(ITEMS[2:])
    writer.add([said("c" * 99 + "é" * 40), said("  日本語を話します。" * 20)])
    for reader in (writer, session(writers.other)):
        found = reader.items()
        assert found[:5] == ITEMS
        assert found[5:] == [said("c" * 99 + "é" * 40), said("  日本語を話します。" * 20)]
        assert [list(each) for each in found[:5]] == [list(each) for each in ITEMS]
        assert reader.items(3) == found[-3:]
        assert reader.items(0) == []
        assert reader.count() == 7


def test_what_is_given_out_is_the_callers_own(writers: Writers) -> None:
    writer = session(writers.one)
    writer.add([CALL])
    (writer.items())[0]["nested"]["list"].clear()
    assert writer.items() == [CALL]


def test_the_order_survives_changes_of_the_rows(writers: Writers) -> None:
    writer = session(writers.one)
    for number in range(4):
        writer.add([said(f"number {number}")])
    rows = writers.one.list_conversations(folder=FOLDER)
    for row in (rows[2], rows[3]):
        writers.one.pin(row.id)
        writers.one.archive(row.id)
    expected = [said(f"number {number}") for number in range(4)]
    assert session(writers.other).items() == expected
    assert session(writers.other).items(2) == expected[2:]


def test_their_text_is_found_and_no_record_is_a_word(writers: Writers) -> None:
    session(writers.one).add(ITEMS)
    for words in ("harbour", "get_weather", "Hello"):
        (found,) = [each for each in writers.other.search(words) if in_sight(each)]
        assert found.folder == FOLDER
    for words in ("input_image", "reasoning"):
        assert not [each for each in writers.other.search(words) if in_sight(each)]


def test_markdown_is_for_people(writers: Writers) -> None:
    session(writers.one).add(ITEMS)
    (row,) = writers.other.list_conversations(folder=FOLDER)
    text = writers.other.export_single(row.id, format="markdown")
    assert "harbour" in text and "sekha.record" not in text
    assert "messages: 3" in text


def test_recall_and_contexts_leave_records_out(client: SyncSekhaClient) -> None:
    session(client).add(ITEMS)
    found = client.recall("harbour weather", 50, under=FOLDER)
    assert len(found) == 3 and {each.role for each in found} == {"user", "tool"}
    context = client.assemble_context(
        "harbour weather", context_budget=4000, excluded_folders=[folders.REMOVED]
    )
    assert len(context.messages) == 3 and "sekha.record" not in context.formatted_context


def test_what_was_read_comes_before_what_is_added(writers: Writers) -> None:
    ahead, reader = session(writers.one), session(writers.other)
    with ahead._lock:
        ahead._last_seen = datetime.now(timezone.utc) + timedelta(days=2)
    ahead.add([said("from a clock that is ahead")])
    assert len(reader.items()) == 1
    reader.add([said("the answer")])
    assert (session(writers.one).items())[-1] == said("the answer")
    assert session(writers.one).items(1) == [said("the answer")]


def test_two_writers_lose_nothing(writers: Writers) -> None:
    one, other = session(writers.one), session(writers.other)

    def write(writer: Session, name: str) -> None:
        for number in range(6):
            writer.add([said(f"{name} {number}"), said(f"{name} {number} again")])

    gather(lambda: write(one, "one"), lambda: write(other, "other"))
    found = [each["content"] for each in one.items()]
    assert found == [each["content"] for each in other.items()]
    for name in ("one", "other"):
        assert [each for each in found if each.startswith(name + " ")] == [
            text for number in range(6) for text in (f"{name} {number}", f"{name} {number} again")
        ]
    assert all(found[place + 1] == found[place] + " again" for place in range(0, 24, 2))


def test_pop_takes_the_last_item_away(writers: Writers) -> None:
    writer, other = session(writers.one), session(writers.other)
    writer.add([said("first")])
    writer.add([said("kept in its batch"), CALL])
    assert other.pop() == CALL
    assert writer.items() == [said("first"), said("kept in its batch")]
    for each in writers.one.search("get_weather"):
        assert writers.keeps and each.folder == f"/removed{FOLDER}"
    writer.add([said("after")])
    for expected in ("after", "kept in its batch", "first"):
        assert writer.pop() == said(expected)
    assert writer.pop() is None
    assert other.items() == []
    assert writers.one.list_conversations(folder=FOLDER) == []


def test_two_that_pop_share_the_items(writers: Writers) -> None:
    one, other = session(writers.one), session(writers.other)
    texts = [f"number {number}" for number in range(8)]
    one.add([said(text) for text in texts[:4]])
    for text in texts[4:]:
        one.add([said(text)])
    popped: list[str] = []

    def pop(writer: Session) -> None:
        for _ in range(4):
            item = writer.pop()
            popped.append(item["content"])

    gather(lambda: pop(one), lambda: pop(other))
    assert sorted(popped) == texts
    assert one.items() == []


def test_clear_leaves_nothing_in_sight(writers: Writers) -> None:
    writer, beside = session(writers.one), session(writers.one, "/agents/anna/chat2")
    writer.add(ITEMS)
    writer.add([said("more")])
    beside.add([said("elsewhere")])
    writer.clear()
    writer.clear()
    assert session(writers.other).items() == []
    assert beside.items() == [said("elsewhere")]
    left = [each for each in writers.other.iter_conversations()]
    assert [each for each in left if not each.folder.startswith("/removed/")][0].label[:4] == "chat"
    for each in left:
        assert each.folder == "/agents/anna/chat2" or each.status == "archived"
    writer.add([said("anew")])
    assert session(writers.other).items() == [said("anew")]


def test_an_end_between_two_batches_leaves_a_beginning(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = session(writers.one)
    items = [said(f"number {number}") for number in range(250)]
    create, made = writer._create, []

    def ending(label: Any, messages: Any) -> Any:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(label)
        return create(label, messages)

    monkeypatch.setattr(writer, "_create", ending)
    with pytest.raises(KeyboardInterrupt):
        writer.add(items)
    assert session(writers.other).items() == items[:200]


def test_an_end_in_the_middle_of_a_pop_takes_the_item_once(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = session(writers.one)
    writer.add([said("first"), said("second"), said("third")])

    def ending(rows: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(writer._rows, "remove_all", ending)
    monkeypatch.setattr(sessions, "STILL_AFTER", 0.2)
    with pytest.raises(KeyboardInterrupt):
        writer.pop()
    other = session(writers.other)
    assert other.items() == [said("first"), said("second")]
    assert other.count() == 2
    assert other.pop() == said("second")
    assert other.items() == [said("first")]
    other.clear()
    assert writers.one.list_conversations(folder=FOLDER) == []


def test_what_is_no_json_is_refused_before_anything_is_stored(writers: Writers) -> None:
    writer = session(writers.one)
    with pytest.raises(SekhaValidationError, match=r"items\[1\]"):
        writer.add([said("fine"), {"role": "user", "content": "x", "bad": object()}])
    assert writer.items() == []
