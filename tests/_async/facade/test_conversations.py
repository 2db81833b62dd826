"""Storing, reading, listing and changing, on the embedded controller."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from sekha import MessageDto, NewConversation, SekhaClient, SekhaNotFoundError
from support.recorded_controller import UNKNOWN_ID, talk


async def test_what_is_stored_is_told_at_once(client: SekhaClient) -> None:
    before = datetime.now(timezone.utc)
    made = await client.create_conversation(talk("one", "two", label="A", folder="/a"))
    assert (made.label, made.folder, made.status) == ("A", "/a", "active")
    assert (made.message_count, made.importance_score, made.pinned) == (2, 5, False)
    assert [each.content for each in made.messages or ()] == ["one", "two"]
    assert made.created_at is not None and made.created_at.utcoffset() == timedelta(0)
    assert before - timedelta(seconds=5) < made.created_at < before + timedelta(minutes=1)


async def test_what_is_stored_is_read_back(client: SekhaClient) -> None:
    made = await client.create_conversation(
        NewConversation(
            label="Roles",
            messages=[
                MessageDto("system", "Be brief."),
                MessageDto("user", ""),
                MessageDto("tool", '{"x": "日本語 \\u0000 é"}'),
                MessageDto("function_call", " spaces around \n"),
            ],
            importance_score=8,
        )
    )
    stored = await client.get_conversation(made.id)
    assert [(each.role, each.content) for each in stored.messages or ()] == [
        ("system", "Be brief."),
        ("user", ""),
        ("tool", '{"x": "日本語 \\u0000 é"}'),
        ("function_call", " spaces around \n"),
    ]
    assert (stored.id, stored.label, stored.folder) == (made.id, "Roles", "/")
    assert (stored.importance_score, stored.message_count) == (8, 4)
    assert stored.created_at == made.created_at


async def test_equal_conversations_stay_apart(client: SekhaClient) -> None:
    ids = {(await client.create_conversation(talk("the same"))).id for _ in range(5)}
    assert len(ids) == 5
    assert await client.count() == 5


async def test_a_conversation_may_have_no_messages(client: SekhaClient) -> None:
    made = await client.create_conversation(NewConversation("Empty", []))
    assert made.messages == ()
    assert (await client.get_conversation(made.id)).messages == ()


async def test_an_id_may_be_written_in_capitals(client: SekhaClient) -> None:
    made = await client.create_conversation(talk("a"))
    assert (await client.get_conversation(made.id.upper())).id == made.id


@pytest.mark.parametrize("conversation_id", ["invalid-id", "", UNKNOWN_ID])
async def test_an_unknown_id_is_not_found_by_any_method(
    client: SekhaClient, conversation_id: str
) -> None:
    calls = [
        lambda: client.get_conversation(conversation_id),
        lambda: client.update_label(conversation_id, "Label"),
        lambda: client.move(conversation_id, "/folder"),
        lambda: client.pin(conversation_id),
        lambda: client.archive(conversation_id),
        lambda: client.delete(conversation_id),
        lambda: client.suggest_labels(conversation_id),
        lambda: client.summarize(conversation_id),
        lambda: client.execute_prune([conversation_id]),
        lambda: client.export_single(conversation_id),
    ]
    for call in calls:
        with pytest.raises(SekhaNotFoundError) as raised:
            await call()
        assert raised.value.status_code == 404
        assert raised.value.conversation_id == conversation_id
        assert repr(conversation_id).strip("'") in raised.value.message


async def test_lists_hold_the_last_changed_first_without_messages(client: SekhaClient) -> None:
    made = [await client.create_conversation(talk("a", label=label)) for label in "ABC"]
    await client.move(made[0].id, "/moved")
    listed = await client.list_conversations()
    assert [each.label for each in listed] == ["A", "C", "B"]
    assert {each.messages for each in listed} == {None}
    assert all(each.updated_at is not None and each.status == "active" for each in listed)
    assert [each.label for each in await client.list_conversations(limit=2)] == ["A", "C"]


async def test_lists_go_on_to_the_limit_and_iteration_to_the_end(client: SekhaClient) -> None:
    for number in range(230):
        await client.create_conversation(NewConversation(f"L{number % 2}", []))
    assert len(await client.list_conversations()) == 50
    assert len(await client.list_conversations(limit=1000)) == 230
    assert len(await client.list_conversations("L1", limit=1000)) == 115
    ids = [each.id async for each in client.iter_conversations()]
    assert len(ids) == len(set(ids)) == 230


async def test_filters_are_exact_and_combine(client: SekhaClient) -> None:
    for label, folder in [("A", "/x"), ("A", "/y"), ("AB", "/x"), ("a", "/x")]:
        await client.create_conversation(talk("a", label=label, folder=folder))
    assert len(await client.list_conversations(label="A")) == 2
    assert len(await client.list_conversations(folder="/x")) == 3
    assert len(await client.list_conversations("A", folder="/x")) == 1
    assert await client.list_conversations("B") == []
    assert await client.count() == 4
    assert await client.count("A") == 2
    assert await client.count(folder="/x") == 3
    assert await client.count("A", "/x") == 1
    assert await client.count("nothing") == 0


async def test_a_pin_is_read_back(client: SekhaClient) -> None:
    pinned = await client.create_conversation(talk("a", importance_score=3))
    other = await client.create_conversation(talk("b"))
    await client.pin(pinned.id)
    stored = await client.get_conversation(pinned.id)
    assert (stored.importance_score, stored.pinned) == (10, True)
    assert [each.id for each in await client.list_conversations(pinned=True)] == [pinned.id]
    assert [each.id for each in await client.list_conversations(pinned=False)] == [other.id]


async def test_archiving_is_read_back(client: SekhaClient) -> None:
    archived = await client.create_conversation(talk("an apple"))
    other = await client.create_conversation(talk("a pear"))
    await client.archive(archived.id)
    assert (await client.get_conversation(archived.id)).status == "archived"
    assert [each.id for each in await client.list_conversations(archived=True)] == [archived.id]
    assert [each.id for each in await client.list_conversations(archived=False)] == [other.id]
    assert [each.id for each in await client.search("apple")] == [archived.id]


async def test_labels_and_folders_are_read_back(client: SekhaClient) -> None:
    made = await client.create_conversation(
        talk("a", label="Old", folder="/old", importance_score=7)
    )

    async def stored() -> tuple[str, str, int | None]:
        read = await client.get_conversation(made.id)
        return read.label, read.folder, read.importance_score

    await client.update_label(made.id, "New")
    assert await stored() == ("New", "/old", 7)
    await client.update_label(made.id, label="Newer", folder="/new")
    assert await stored() == ("Newer", "/new", 7)
    await client.move(made.id, "/moved")
    assert await stored() == ("Newer", "/moved", 7)
    assert await client.count("Old") == 0 and await client.count("Newer", "/moved") == 1


@pytest.mark.parametrize("importance", range(1, 11))
async def test_every_importance_is_read_back(client: SekhaClient, importance: int) -> None:
    made = await client.create_conversation(talk("a", importance_score=importance))
    assert made.importance_score == importance
    stored = await client.get_conversation(made.id)
    assert stored.importance_score == importance
    assert stored.pinned == (importance == 10)


async def test_a_deleted_conversation_is_gone(client: SekhaClient) -> None:
    made = await client.create_conversation(talk("an apple"))
    await client.delete(made.id)
    with pytest.raises(SekhaNotFoundError):
        await client.get_conversation(made.id)
    with pytest.raises(SekhaNotFoundError):
        await client.delete(made.id)
    assert await client.list_conversations() == []
    assert await client.search("apple") == []
    assert (await client.smart_query("apple")).results == ()
