"""Sessions: order, exactness, two writers, an end in the middle, and taking away."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sekha import Conversation, SekhaClient, SekhaValidationError
from sekha._concurrency import async_gather
from sekha.integrations._async import session as sessions
from sekha.integrations._async.session import Session
from sekha.integrations._core import folders
from sekha.integrations._core.codec import Said

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


def session(client: SekhaClient, folder: str = FOLDER) -> Session:
    return Session(client, folder, title="chat", describe=describe)


def said(text: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": text}


def in_sight(found: Conversation) -> bool:
    return not folders.is_under(found.folder, folders.REMOVED)


ITEMS = [said("Hello"), CALL, IMAGE, said("", "assistant"), {"type": "reasoning", "x": []}]


async def test_items_come_back_exactly_and_in_order(writers: Writers) -> None:
    writer = session(writers.one)
    await writer.add(ITEMS[:2])
    await writer.add([])
    await writer.add(ITEMS[2:])
    await writer.add([said("c" * 99 + "é" * 40), said("  日本語を話します。" * 20)])
    for reader in (writer, session(writers.other)):
        found = await reader.items()
        assert found[:5] == ITEMS
        assert found[5:] == [said("c" * 99 + "é" * 40), said("  日本語を話します。" * 20)]
        assert [list(each) for each in found[:5]] == [list(each) for each in ITEMS]
        assert await reader.items(3) == found[-3:]
        assert await reader.items(0) == []
        assert await reader.count() == 7


async def test_what_is_given_out_is_the_callers_own(writers: Writers) -> None:
    writer = session(writers.one)
    await writer.add([CALL])
    (await writer.items())[0]["nested"]["list"].clear()
    assert await writer.items() == [CALL]


async def test_the_order_survives_changes_of_the_rows(writers: Writers) -> None:
    writer = session(writers.one)
    for number in range(4):
        await writer.add([said(f"number {number}")])
    rows = await writers.one.list_conversations(folder=FOLDER)
    for row in (rows[2], rows[3]):
        await writers.one.pin(row.id)
        await writers.one.archive(row.id)
    expected = [said(f"number {number}") for number in range(4)]
    assert await session(writers.other).items() == expected
    assert await session(writers.other).items(2) == expected[2:]


async def test_their_text_is_found_and_no_record_is_a_word(writers: Writers) -> None:
    await session(writers.one).add(ITEMS)
    for words in ("harbour", "get_weather", "Hello"):
        (found,) = [each for each in await writers.other.search(words) if in_sight(each)]
        assert found.folder == FOLDER
    for words in ("input_image", "reasoning"):
        assert not [each for each in await writers.other.search(words) if in_sight(each)]


async def test_markdown_is_for_people(writers: Writers) -> None:
    await session(writers.one).add(ITEMS)
    (row,) = await writers.other.list_conversations(folder=FOLDER)
    text = await writers.other.export_single(row.id, format="markdown")
    assert "harbour" in text and "sekha.record" not in text
    assert "messages: 3" in text


async def test_recall_and_contexts_leave_records_out(client: SekhaClient) -> None:
    await session(client).add(ITEMS)
    found = await client.recall("harbour weather", 50, under=FOLDER)
    assert len(found) == 3 and {each.role for each in found} == {"user", "tool"}
    context = await client.assemble_context(
        "harbour weather", context_budget=4000, excluded_folders=[folders.REMOVED]
    )
    assert len(context.messages) == 3 and "sekha.record" not in context.formatted_context


async def test_what_was_read_comes_before_what_is_added(writers: Writers) -> None:
    ahead, reader = session(writers.one), session(writers.other)
    with ahead._lock:
        ahead._last_seen = datetime.now(timezone.utc) + timedelta(days=2)
    await ahead.add([said("from a clock that is ahead")])
    assert len(await reader.items()) == 1
    await reader.add([said("the answer")])
    assert (await session(writers.one).items())[-1] == said("the answer")
    assert await session(writers.one).items(1) == [said("the answer")]


async def test_two_writers_lose_nothing(writers: Writers) -> None:
    one, other = session(writers.one), session(writers.other)

    async def write(writer: Session, name: str) -> None:
        for number in range(6):
            await writer.add([said(f"{name} {number}"), said(f"{name} {number} again")])

    await async_gather(lambda: write(one, "one"), lambda: write(other, "other"))
    found = [each["content"] for each in await one.items()]
    assert found == [each["content"] for each in await other.items()]
    for name in ("one", "other"):
        assert [each for each in found if each.startswith(name + " ")] == [
            text for number in range(6) for text in (f"{name} {number}", f"{name} {number} again")
        ]
    assert all(found[place + 1] == found[place] + " again" for place in range(0, 24, 2))


async def test_pop_takes_the_last_item_away(writers: Writers) -> None:
    writer, other = session(writers.one), session(writers.other)
    await writer.add([said("first")])
    await writer.add([said("kept in its batch"), CALL])
    assert await other.pop() == CALL
    assert await writer.items() == [said("first"), said("kept in its batch")]
    for each in await writers.one.search("get_weather"):
        assert writers.keeps and each.folder == f"/removed{FOLDER}"
    await writer.add([said("after")])
    for expected in ("after", "kept in its batch", "first"):
        assert await writer.pop() == said(expected)
    assert await writer.pop() is None
    assert await other.items() == []
    assert await writers.one.list_conversations(folder=FOLDER) == []


async def test_two_that_pop_share_the_items(writers: Writers) -> None:
    one, other = session(writers.one), session(writers.other)
    texts = [f"number {number}" for number in range(8)]
    await one.add([said(text) for text in texts[:4]])
    for text in texts[4:]:
        await one.add([said(text)])
    popped: list[str] = []

    async def pop(writer: Session) -> None:
        for _ in range(4):
            item = await writer.pop()
            popped.append(item["content"])

    await async_gather(lambda: pop(one), lambda: pop(other))
    assert sorted(popped) == texts
    assert await one.items() == []


async def test_clear_leaves_nothing_in_sight(writers: Writers) -> None:
    writer, beside = session(writers.one), session(writers.one, "/agents/anna/chat2")
    await writer.add(ITEMS)
    await writer.add([said("more")])
    await beside.add([said("elsewhere")])
    await writer.clear()
    await writer.clear()
    assert await session(writers.other).items() == []
    assert await beside.items() == [said("elsewhere")]
    left = [each async for each in writers.other.iter_conversations()]
    assert [each for each in left if not each.folder.startswith("/removed/")][0].label[:4] == "chat"
    for each in left:
        assert each.folder == "/agents/anna/chat2" or each.status == "archived"
    await writer.add([said("anew")])
    assert await session(writers.other).items() == [said("anew")]


async def test_an_end_between_two_batches_leaves_a_beginning(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = session(writers.one)
    items = [said(f"number {number}") for number in range(250)]
    create, made = writer._create, []

    async def ending(label: Any, messages: Any) -> Any:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(label)
        return await create(label, messages)

    monkeypatch.setattr(writer, "_create", ending)
    with pytest.raises(KeyboardInterrupt):
        await writer.add(items)
    assert await session(writers.other).items() == items[:200]


async def test_an_end_in_the_middle_of_a_pop_takes_the_item_once(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = session(writers.one)
    await writer.add([said("first"), said("second"), said("third")])

    async def ending(rows: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(writer._rows, "remove_all", ending)
    monkeypatch.setattr(sessions, "STILL_AFTER", 0.2)
    with pytest.raises(KeyboardInterrupt):
        await writer.pop()
    other = session(writers.other)
    assert await other.items() == [said("first"), said("second")]
    assert await other.count() == 2
    assert await other.pop() == said("second")
    assert await other.items() == [said("first")]
    await other.clear()
    assert await writers.one.list_conversations(folder=FOLDER) == []


async def test_what_is_no_json_is_refused_before_anything_is_stored(writers: Writers) -> None:
    writer = session(writers.one)
    with pytest.raises(SekhaValidationError, match=r"items\[1\]"):
        await writer.add([said("fine"), {"role": "user", "content": "x", "bad": object()}])
    assert await writer.items() == []
