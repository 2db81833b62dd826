"""Row 3: text that kills the controller's handler."""

from __future__ import annotations

import json

import pytest

from sekha import SekhaConnectionError, SekhaUnstorableTextError, SyncSekhaClient
from sekha_api.api.conversations import create_conversation
from sekha_api.models import CreateConversationRequest, MessageDto
from support.recorded_controller import Scene, talk
from support.recorded_controller.stack import kills_handler
from support.recorded_controller.texts import every_alignment

DEADLY = "a" * 99 + "é" + "b" * 50
FINE = "a" * 100 + "é" + "b" * 50


def test_row_03_the_drop_names_cause_message_and_remedy(
    client: SyncSekhaClient, here: Scene
) -> None:
    with pytest.raises(SekhaUnstorableTextError) as caught:
        client.create_conversation(talk("fine", "also fine", DEADLY))
    error = caught.value
    assert error.message_index == 2 and error.sent
    assert "byte 100" in error.message and "messages[2]" in error.message
    assert "align_multibyte=True" in error.message
    assert list(error.conversation_ids) == here.rows()
    assert here.rows()[0] in error.message
    assert not isinstance(error, SekhaConnectionError)
    assert here.sent("create_conversation") == 1


@pytest.mark.parametrize("importance", [None, 7])
def test_row_03_after_one_drop_no_such_text_is_sent(
    client: SyncSekhaClient, here: Scene, importance: int | None
) -> None:
    with pytest.raises(SekhaUnstorableTextError):
        client.create_conversation(talk(DEADLY))
    before, rows = here.sent(), here.rows()
    with pytest.raises(SekhaUnstorableTextError) as caught:
        client.create_conversation(talk("one", "語" * 50, importance_score=importance))
    assert (caught.value.message_index, caught.value.sent) == (1, False)
    body = CreateConversationRequest(label="L", folder="/", messages=[MessageDto("user", DEADLY)])
    with pytest.raises(SekhaUnstorableTextError):
        client.options(timeout=5.0).call(create_conversation, body=body)
    assert (here.sent(), here.rows()) == (before, rows)
    made = client.create_conversation(talk(FINE))
    assert (client.get_conversation(made.id)).messages is not None


def test_row_03_each_try_leaves_one_row_and_there_is_one_try(
    client: SyncSekhaClient, here: Scene
) -> None:
    for _ in range(3):
        with pytest.raises(SekhaUnstorableTextError):
            client.create_conversation(talk(DEADLY))
    assert len(here.rows()) == 1


def test_row_03_without_embeddings_such_text_is_stored(
    client: SyncSekhaClient, here: Scene
) -> None:
    here.stack.embeddings = False
    made = client.create_conversation(talk(DEADLY))
    assert [each.content for each in (client.get_conversation(made.id)).messages or ()] == [DEADLY]


def test_row_03_every_alignment_as_it_is(here: Scene) -> None:
    # Each drop costs a client: some of each width are enough here.
    for text in every_alignment()[3::5]:
        with SyncSekhaClient(here.config()) as client:
            if kills_handler(text):
                with pytest.raises(SekhaUnstorableTextError):
                    client.create_conversation(talk(text))
            else:
                made = client.create_conversation(talk(text))
                stored = client.get_conversation(made.id)
                assert [each.content for each in stored.messages or ()] == [text]


def test_row_03_every_alignment_with_align_multibyte(here: Scene) -> None:
    texts = every_alignment()
    with SyncSekhaClient(here.config(align_multibyte=True)) as client:
        made = client.create_conversation(talk(*texts, label="Aligned"))
        rated = client.create_conversation(talk(*texts, label="Rated", importance_score=6))
        for each in (made, rated):
            assert [message.content for message in each.messages or ()] == texts
            stored = client.get_conversation(each.id)
            assert [message.content for message in stored.messages or ()] == texts
        exported = json.loads(client.export(label="Aligned"))
        (record,) = exported["conversations"]
        assert [message["content"] for message in record["messages"]] == texts


def test_row_03_padding_comes_off_wherever_text_is_read(here: Scene) -> None:
    text = "日本語 か " + "私は日本語を話します。" * 9
    assert kills_handler(text)
    with SyncSekhaClient(here.config(align_multibyte=True)) as client:
        made = client.create_conversation(talk(text))
        (hit,) = client.smart_query("日本語")
        (found,) = client.search("日本語")
        context = client.assemble_context("日本語")
        assert hit.content == text
        assert [each.content for each in found.messages or ()] == [text]
        assert [each.content for each in context.messages] == [text]
        assert f"user: {text}\n" in context.formatted_context
        assert text in client.export_single(made.id, "markdown")
    with SyncSekhaClient(here.config()) as plain:
        stored = plain.get_conversation(made.id)
        assert [each.content for each in stored.messages or ()] == ["  " + text]
