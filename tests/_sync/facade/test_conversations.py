"""Storing, reading, listing and changing, on the embedded controller."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from sekha import MessageDto, NewConversation, SekhaNotFoundError, SyncSekhaClient
from support.recorded_controller import UNKNOWN_ID, talk


def test_what_is_stored_is_told_at_once(client: SyncSekhaClient) -> None:
    before = datetime.now(timezone.utc)
    made = client.create_conversation(talk("one", "two", label="A", folder="/a"))
    assert (made.label, made.folder, made.status) == ("A", "/a", "active")
    assert (made.message_count, made.importance_score, made.pinned) == (2, 5, False)
    assert [each.content for each in made.messages or ()] == ["one", "two"]
    assert made.created_at is not None and made.created_at.utcoffset() == timedelta(0)
    assert before - timedelta(seconds=5) < made.created_at < before + timedelta(minutes=1)


def test_what_is_stored_is_read_back(client: SyncSekhaClient) -> None:
    made = client.create_conversation(
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
    stored = client.get_conversation(made.id)
    assert [(each.role, each.content) for each in stored.messages or ()] == [
        ("system", "Be brief."),
        ("user", ""),
        ("tool", '{"x": "日本語 \\u0000 é"}'),
        ("function_call", " spaces around \n"),
    ]
    assert (stored.id, stored.label, stored.folder) == (made.id, "Roles", "/")
    assert (stored.importance_score, stored.message_count) == (8, 4)
    assert stored.created_at == made.created_at


def test_equal_conversations_stay_apart(client: SyncSekhaClient) -> None:
    ids = {(client.create_conversation(talk("the same"))).id for _ in range(5)}
    assert len(ids) == 5
    assert client.count() == 5


def test_a_conversation_may_have_no_messages(client: SyncSekhaClient) -> None:
    made = client.create_conversation(NewConversation("Empty", []))
    assert made.messages == ()
    assert (client.get_conversation(made.id)).messages == ()


def test_an_id_may_be_written_in_capitals(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("a"))
    assert (client.get_conversation(made.id.upper())).id == made.id


@pytest.mark.parametrize("conversation_id", ["invalid-id", "", UNKNOWN_ID])
def test_an_unknown_id_is_not_found_by_any_method(
    client: SyncSekhaClient, conversation_id: str
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
            call()
        assert raised.value.status_code == 404
        assert raised.value.conversation_id == conversation_id
        assert repr(conversation_id).strip("'") in raised.value.message


def test_lists_hold_the_last_changed_first_without_messages(client: SyncSekhaClient) -> None:
    made = [client.create_conversation(talk("a", label=label)) for label in "ABC"]
    client.move(made[0].id, "/moved")
    listed = client.list_conversations()
    assert [each.label for each in listed] == ["A", "C", "B"]
    assert {each.messages for each in listed} == {None}
    assert all(each.updated_at is not None and each.status == "active" for each in listed)
    assert [each.label for each in client.list_conversations(limit=2)] == ["A", "C"]


def test_lists_go_on_to_the_limit_and_iteration_to_the_end(client: SyncSekhaClient) -> None:
    for number in range(230):
        client.create_conversation(NewConversation(f"L{number % 2}", []))
    assert len(client.list_conversations()) == 50
    assert len(client.list_conversations(limit=1000)) == 230
    assert len(client.list_conversations("L1", limit=1000)) == 115
    ids = [each.id for each in client.iter_conversations()]
    assert len(ids) == len(set(ids)) == 230


def test_filters_are_exact_and_combine(client: SyncSekhaClient) -> None:
    for label, folder in [("A", "/x"), ("A", "/y"), ("AB", "/x"), ("a", "/x")]:
        client.create_conversation(talk("a", label=label, folder=folder))
    assert len(client.list_conversations(label="A")) == 2
    assert len(client.list_conversations(folder="/x")) == 3
    assert len(client.list_conversations("A", folder="/x")) == 1
    assert client.list_conversations("B") == []
    assert client.count() == 4
    assert client.count("A") == 2
    assert client.count(folder="/x") == 3
    assert client.count("A", "/x") == 1
    assert client.count("nothing") == 0


def test_a_pin_is_read_back(client: SyncSekhaClient) -> None:
    pinned = client.create_conversation(talk("a", importance_score=3))
    other = client.create_conversation(talk("b"))
    client.pin(pinned.id)
    stored = client.get_conversation(pinned.id)
    assert (stored.importance_score, stored.pinned) == (10, True)
    assert [each.id for each in client.list_conversations(pinned=True)] == [pinned.id]
    assert [each.id for each in client.list_conversations(pinned=False)] == [other.id]


def test_archiving_is_read_back(client: SyncSekhaClient) -> None:
    archived = client.create_conversation(talk("an apple"))
    other = client.create_conversation(talk("a pear"))
    client.archive(archived.id)
    assert (client.get_conversation(archived.id)).status == "archived"
    assert [each.id for each in client.list_conversations(archived=True)] == [archived.id]
    assert [each.id for each in client.list_conversations(archived=False)] == [other.id]
    assert [each.id for each in client.search("apple")] == [archived.id]


def test_labels_and_folders_are_read_back(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("a", label="Old", folder="/old", importance_score=7))

    def stored() -> tuple[str, str, int | None]:
        read = client.get_conversation(made.id)
        return read.label, read.folder, read.importance_score

    client.update_label(made.id, "New")
    assert stored() == ("New", "/old", 7)
    client.update_label(made.id, label="Newer", folder="/new")
    assert stored() == ("Newer", "/new", 7)
    client.move(made.id, "/moved")
    assert stored() == ("Newer", "/moved", 7)
    assert client.count("Old") == 0 and client.count("Newer", "/moved") == 1


@pytest.mark.parametrize("importance", range(1, 11))
def test_every_importance_is_read_back(client: SyncSekhaClient, importance: int) -> None:
    made = client.create_conversation(talk("a", importance_score=importance))
    assert made.importance_score == importance
    stored = client.get_conversation(made.id)
    assert stored.importance_score == importance
    assert stored.pinned == (importance == 10)


def test_a_deleted_conversation_is_gone(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("an apple"))
    client.delete(made.id)
    with pytest.raises(SekhaNotFoundError):
        client.get_conversation(made.id)
    with pytest.raises(SekhaNotFoundError):
        client.delete(made.id)
    assert client.list_conversations() == []
    assert client.search("apple") == []
    assert (client.smart_query("apple")).results == ()
