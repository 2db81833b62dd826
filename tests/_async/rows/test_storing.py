"""Rows 1, 2, 5, 9, 30 and 34: what is stored is what was given."""

from __future__ import annotations

import pytest

from sekha import SekhaClient, SekhaUnknownOutcomeError, SekhaValidationError
from sekha.testing import StoredInPart
from sekha_api.api.conversations import create_conversation
from sekha_api.models import CreateConversationRequest, MessageDto
from support.recorded_controller import Scene, scene, talk


async def test_row_01_importance_is_kept(client: SekhaClient) -> None:
    made = await client.create_conversation(talk("hello", importance_score=8))
    assert made.importance_score == 8
    assert (await client.get_conversation(made.id)).importance_score == 8
    assert [row.importance_score for row in await client.list_conversations()] == [8]


async def test_row_01_without_an_importance_it_is_the_default(client: SekhaClient) -> None:
    made = await client.create_conversation(talk("hello"))
    assert made.importance_score == 5
    assert (await client.get_conversation(made.id)).importance_score == 5


async def test_row_01_rest_alone_would_have_lost_it(client: SekhaClient) -> None:
    body = CreateConversationRequest(
        label="L", folder="/", messages=[MessageDto("user", "hello")], importance_score=8
    )
    made = await client.call(create_conversation, body=body)
    assert (await client.get_conversation(made.id)).importance_score == 5


@pytest.mark.parametrize("importance", [0, 11, 99, -1, True, 7.5])
async def test_row_01_no_other_importance_is_sent(
    client: SekhaClient, here: Scene, importance: int
) -> None:
    with pytest.raises(SekhaValidationError, match="importance_score"):
        await client.create_conversation(talk("hello", importance_score=importance))
    assert here.sent() == 0


@pytest.mark.parametrize("importance", [None, 6])
async def test_row_02_messages_keep_their_order(
    client: SekhaClient, importance: int | None
) -> None:
    contents = [f"message number {number}" for number in range(25)]
    made = await client.create_conversation(talk(*contents, importance_score=importance))
    stored = await client.get_conversation(made.id)
    assert [each.content for each in stored.messages or ()] == contents
    assert [each.role for each in stored.messages or ()][:3] == ["user", "assistant", "user"]
    assert len({each.timestamp for each in stored.messages or ()}) == 1


@pytest.mark.slow
async def test_row_05_a_create_that_took_too_long_is_not_called_absent(here: Scene) -> None:
    here.pace.message_seconds = 0.05
    async with SekhaClient(here.config(timeout=0.6, max_retries=0)) as client:
        with pytest.raises(SekhaUnknownOutcomeError) as caught:
            await client.create_conversation(talk(*(f"message {n}" for n in range(20))))
        (left,) = here.rows()
        assert caught.value.conversation_ids == (left,)
        stored = await client.get_conversation(left)
    assert len(stored.messages or ()) < 20
    assert here.sent("create_conversation", "memory_store") == 1


async def test_row_05_a_slow_create_within_its_time_is_a_create(here: Scene) -> None:
    here.pace.message_seconds = 0.02
    async with SekhaClient(here.config(timeout=5.0)) as client:
        made = await client.create_conversation(talk(*(f"message {n}" for n in range(20))))
        assert (await client.get_conversation(made.id)).message_count == 20


async def test_row_09_a_conversation_comes_with_its_messages(client: SekhaClient) -> None:
    made = await client.create_conversation(talk("one", "two", "three"))
    stored = await client.get_conversation(made.id)
    assert stored.message_count == 3
    assert [each.content for each in stored.messages or ()] == ["one", "two", "three"]
    assert all(each.id for each in stored.messages or ())
    assert stored.created_at == made.created_at


async def test_row_30_pinning_is_importance_10(client: SekhaClient) -> None:
    pinned = await client.create_conversation(talk("first", importance_score=3))
    born_pinned = await client.create_conversation(talk("second", importance_score=10))
    other = await client.create_conversation(talk("third"))
    await client.pin(pinned.id)
    stored = await client.get_conversation(pinned.id)
    assert (stored.importance_score, stored.pinned) == (10, True)
    assert born_pinned.pinned is True
    listed = {each.id for each in await client.list_conversations(pinned=True)}
    assert listed == {pinned.id, born_pinned.id}
    assert [each.id for each in await client.list_conversations(pinned=False)] == [other.id]


@pytest.mark.slow
@pytest.mark.parametrize("answered", [True, False], ids=["500", "dropped"])
async def test_row_34_a_create_that_failed_half_way_is_named(answered: bool) -> None:
    fault = StoredInPart(messages=1, answered=answered)
    with scene({("create_conversation", 0): fault}) as served:
        async with SekhaClient(served.config()) as client:
            with pytest.raises(SekhaUnknownOutcomeError) as caught:
                await client.create_conversation(talk("kept", "lost"))
        assert caught.value.conversation_ids == tuple(served.rows())
        assert served.rows()[0] in str(caught.value)
        assert served.sent("create_conversation") == 1
