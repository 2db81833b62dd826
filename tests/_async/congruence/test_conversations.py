"""Storing, reading, listing, changing and removing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sekha import (
    MessageDto,
    NewConversation,
    SekhaClient,
    SekhaDeleteError,
    SekhaError,
    SekhaNotFoundError,
    SekhaUnstorableTextError,
    SekhaValidationError,
)
from sekha._concurrency import async_bounded_map
from sekha_api.api.conversations import (
    count_conversations,
    get_conversation,
    list_conversations,
    update_folder,
)
from sekha_api.api.tools import memory_update
from sekha_api.models import MemoryUpdateRequest, UpdateFolderRequest
from support.recorded_controller import UNKNOWN_ID, talk
from support.recorded_controller.stack import kills_handler
from support.recorded_controller.texts import every_alignment
from support.targets import Target

ODD_TEXTS = [
    "",
    " leading and trailing ",
    "line\nbreaks\r\nand\ttabs",
    'quotes " and \\ and \' and {"json": true}',
    "héllo wörld 日本語 🎉",
    "<b>&amp;</b> %41 +",
    "x" * 60_000,
]


@pytest.mark.parametrize("importance", [None, 1, 8, 10])
async def test_what_goes_in_comes_out(
    client: SekhaClient, ground: Target, importance: int | None
) -> None:
    roles = ["user", "assistant", "system", "tool", "Ünï", "user", "assistant"]
    given = NewConversation(
        label=ground.label("Grüße 🎉"),
        folder="/ünï/with space & more",
        messages=[MessageDto(role, text) for role, text in zip(roles, ODD_TEXTS, strict=True)],
        importance_score=importance,
    )
    made = await client.create_conversation(given)
    stored = await client.get_conversation(made.id)
    for each in (made, stored):
        assert (each.label, each.folder) == (given.label, given.folder)
        assert (each.status, each.message_count) == ("active", len(roles))
        assert each.importance_score == (importance or 5)
        assert each.pinned == (importance == 10)
        assert [(m.role, m.content) for m in each.messages or ()] == [
            (m.role, m.content) for m in given.messages
        ]
    assert made.created_at == stored.created_at == stored.updated_at
    assert all(message.timestamp == stored.created_at for message in stored.messages or ())


async def test_a_conversation_of_no_messages(client: SekhaClient, ground: Target) -> None:
    made = await client.create_conversation(talk(label=ground.label("Empty")))
    stored = await client.get_conversation(made.id)
    assert (stored.messages, stored.message_count) == ((), 0)


async def test_equal_conversations_stay_separate(client: SekhaClient, ground: Target) -> None:
    given = talk("the very same", label=ground.label("Twins"))
    made = [await client.create_conversation(given) for _ in range(3)]
    assert len({each.id for each in made}) == 3
    assert await client.count(label=given.label) == 3


async def test_many_creates_at_once(client: SekhaClient, ground: Target) -> None:
    label = ground.label("Many")
    names = [f"number {number}" for number in range(40)]
    made = [
        each
        async for each in async_bounded_map(
            lambda name: client.create_conversation(talk(name, "answer", label=label)), names, 20
        )
    ]
    assert [(each.messages or ())[0].content for each in made] == names
    listed = await client.list_conversations(label, limit=100)
    assert {each.id for each in listed} == {each.id for each in made}


async def test_lists_and_counts_are_exact(client: SekhaClient, ground: Target) -> None:
    label, folder = ground.label("Project"), f"/{ground.prefix}"
    one = await client.create_conversation(talk("1", label=label, folder=folder))
    two = await client.create_conversation(talk("2", label=label, folder=folder + "/below"))
    lower = await client.create_conversation(talk("3", label=label.lower(), folder=folder))
    longer = await client.create_conversation(talk("4", label=label + " X", folder=folder))
    await client.archive(two.id)
    await client.pin(longer.id)

    async def ids(wanted: str | None = None, **filters: object) -> list[str]:
        found = await client.list_conversations(wanted, **filters)  # type: ignore[arg-type]
        return [each.id for each in found]

    assert await ids(label) == [two.id, one.id]
    assert await ids(folder=folder) == [longer.id, lower.id, one.id]
    assert await ids(label, folder=folder) == [one.id]
    assert await ids(label, archived=True) == [two.id]
    assert await ids(folder=folder, pinned=True) == [longer.id]
    assert await ids(folder=folder, pinned=False, archived=False) == [lower.id, one.id]
    assert await ids(label, limit=1) == [two.id]
    assert await ids(ground.label("Nobody")) == []
    assert await client.count(label) == 2
    assert await client.count(folder=folder) == 3
    assert await client.count(label, folder) == 1
    assert await client.count(ground.label("Nobody")) == 0
    assert [each.id async for each in client.iter_conversations(label)] == [two.id, one.id]
    everything = [each.id async for each in client.iter_conversations()]
    assert len(everything) == len(set(everything))
    assert {one.id, two.id, lower.id, longer.id} <= set(everything)
    assert everything.index(longer.id) < everything.index(two.id) < everything.index(one.id)


async def test_rows_6_8_9_of_the_operations_themselves(client: SekhaClient, ground: Target) -> None:
    label = ground.label("Own")
    made = await client.create_conversation(talk("1", "2", label=label))
    await client.create_conversation(talk("3", label=label.upper() + " X"))
    filtered = await client.call(list_conversations, label=label)
    assert len(filtered.results) == (0 if ground.differs(6) else 1)
    counted = await client.call(count_conversations, label=label)
    assert counted.count == (2 if ground.differs(8) else 1)
    head = await client.call(get_conversation, made.id)
    assert head.message_count == (0 if ground.differs(9) else 2)


async def test_labels_and_folders_change_alone(client: SekhaClient, ground: Target) -> None:
    made = await client.create_conversation(talk("1", label=ground.label("Old"), folder="/old"))

    async def names() -> tuple[str, str]:
        stored = await client.get_conversation(made.id)
        return stored.label, stored.folder

    await client.move(made.id, "/new")
    assert await names() == (ground.label("Old"), "/new")
    await client.update_label(made.id, ground.label("New"))
    assert await names() == (ground.label("New"), "/new")
    await client.update_label(made.id, ground.label("Newer"), folder="/newer")
    assert await names() == (ground.label("Newer"), "/newer")
    await client.call(update_folder, made.id, body=UpdateFolderRequest(folder="/own"))
    label = "/own" if ground.differs(10) else ground.label("Newer")
    assert await names() == (label, "/own")


async def test_pins_and_archives(client: SekhaClient, ground: Target) -> None:
    made = await client.create_conversation(talk("1", label=ground.label("P")))
    claimed = MemoryUpdateRequest(conversation_id=made.id, status="archived", importance_score=3)
    assert (await client.call(memory_update, body=claimed)).success
    stored = await client.get_conversation(made.id)
    changed = (stored.status, stored.importance_score)
    assert changed == (("active", 5) if ground.differs(12) else ("archived", 3))
    await client.archive(made.id)
    await client.pin(made.id)
    await client.pin(made.id)
    stored = await client.get_conversation(made.id)
    assert (stored.status, stored.importance_score, stored.pinned) == ("archived", 10, True)
    assert stored.created_at is not None and stored.updated_at is not None
    assert stored.updated_at > stored.created_at


@pytest.mark.parametrize("bad", [UNKNOWN_ID, "invalid-id"])
async def test_one_error_for_what_is_not_there(client: SekhaClient, bad: str) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: client.get_conversation(bad),
        lambda: client.update_label(bad, "L"),
        lambda: client.update_label(bad, "L", "/f"),
        lambda: client.move(bad, "/f"),
        lambda: client.pin(bad),
        lambda: client.archive(bad),
        lambda: client.delete(bad),
        lambda: client.suggest_labels(bad),
        lambda: client.summarize(bad),
        lambda: client.execute_prune([bad]),
        lambda: client.export_single(bad),
    ]
    for place, call in enumerate(calls):
        with pytest.raises(SekhaNotFoundError) as caught:
            await call()
        assert (caught.value.status_code, caught.value.conversation_id) == (404, bad), place


async def test_bad_input_is_said_before_anything_is_sent(client: SekhaClient) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: client.create_conversation(talk("1", label=" ")),
        lambda: client.create_conversation(talk("1", importance_score=11)),
        lambda: client.list_conversations(limit=0),
        lambda: client.smart_query(" "),
        lambda: client.search('"'),
        lambda: client.summarize(UNKNOWN_ID, "yearly"),
        lambda: client.stats(folder="/", label="L"),
        lambda: client.export(format="xml"),
        lambda: client.assemble_context("x", context_budget=0),
        lambda: client.get_pruning_suggestions(threshold_days=10**9),
    ]
    for place, call in enumerate(calls):
        with pytest.raises(SekhaValidationError) as caught:
            await call()
        assert caught.value.parameter, place


async def test_delete(client: SekhaClient, ground: Target) -> None:
    empty = await client.create_conversation(talk(label=ground.label("D")))
    made = await client.create_conversation(talk("1", label=ground.label("D")))
    await client.delete(empty.id)
    with pytest.raises(SekhaNotFoundError):
        await client.get_conversation(empty.id)
    if ground.differs(22):
        with pytest.raises(SekhaDeleteError, match="nothing was deleted"):
            await client.delete(made.id)
        assert (await client.get_conversation(made.id)).message_count == 1
        return
    await client.delete(made.id)
    with pytest.raises(SekhaNotFoundError):
        await client.delete(made.id)
    assert await client.count(ground.label("D")) == 0


async def test_text_that_is_cut_inside_a_character(client: SekhaClient, ground: Target) -> None:
    deadly = "a" * 99 + "語" * 20
    given = talk("fine", deadly, label=ground.label("Deadly"))
    if not ground.differs(3):
        made = await client.create_conversation(given)
        assert ((await client.get_conversation(made.id)).messages or ())[1].content == deadly
        return
    with pytest.raises(SekhaUnstorableTextError) as caught:
        await client.create_conversation(given)
    assert (caught.value.message_index, caught.value.sent) == (1, True)
    (left,) = await client.list_conversations(given.label)
    assert caught.value.conversation_ids == (left.id,)
    with pytest.raises(SekhaUnstorableTextError) as caught:
        await client.create_conversation(given)
    assert caught.value.sent is False
    assert await client.count(given.label) == 1


async def test_any_text_is_stored_with_align_multibyte(client: SekhaClient, ground: Target) -> None:
    texts = every_alignment()
    assert any(kills_handler(text) for text in texts)
    aligned = client.options(align_multibyte=True)
    label = ground.label("Aligned")
    made = await aligned.create_conversation(talk(*texts, label=label))
    stored = await aligned.get_conversation(made.id)
    assert [each.content for each in stored.messages or ()] == texts
    (record,) = json.loads(await aligned.export(label))["conversations"]
    assert [message["content"] for message in record["messages"]] == texts


async def test_exports(client: SekhaClient, ground: Target) -> None:
    label = ground.label("Export")
    first = await client.create_conversation(talk("one", "two", label=label, folder="/e"))
    second = await client.create_conversation(
        talk("three", label=label, folder="/e", importance_score=9)
    )
    await client.create_conversation(talk("four", label=label + " X"))
    document = json.loads(await client.export(label))
    records = {each["id"]: each for each in document["conversations"]}
    assert set(records) == {first.id, second.id}
    assert [m["content"] for m in records[first.id]["messages"]] == ["one", "two"]
    assert records[second.id]["importance_score"] == 9
    assert json.loads(await client.export_single(second.id))["conversations"] == [
        records[second.id]
    ]
    markdown = await client.export(label, format="markdown")
    for text in ("one", "two", "three", label, "/e", first.id):
        assert text in markdown
    assert "four" not in markdown
    assert json.loads(await client.export(ground.label("Nobody")))["conversations"] == []


async def test_stats_and_health(client: SekhaClient, ground: Target) -> None:
    label, folder = ground.label("S"), f"/{ground.prefix}"
    await client.create_conversation(talk("1", label=label, folder=folder, importance_score=9))
    await client.create_conversation(talk("2", label=label, folder=folder))
    for stats in (await client.stats(label=label), await client.stats(folder=folder)):
        assert (stats.total_conversations, stats.average_importance) == (2, 7.0)
    everything = await client.stats()
    assert everything.total_conversations >= 2
    assert folder in (everything.folders or ())
    assert (await client.health()).healthy == (not ground.differs(16))
    assert "sekha_conversations_total" in await client.metrics()
    await client.rebuild_embeddings()


async def test_a_wrong_key(client: SekhaClient, ground: Target) -> None:
    if not ground.differs(23) or ground.config is None:
        assert await client.count() >= 0
        return
    wrong = ground.config.evolve(api_key="a-wrong-key-" + "0" * 32)
    async with SekhaClient(wrong) as stranger:
        with pytest.raises(SekhaError, match="api_key") as caught:
            await stranger.get_conversation(UNKNOWN_ID)
    assert type(caught.value).__name__ == "SekhaAuthError"
