"""The store beside the framework's own in memory, and what it keeps for whom."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_ai import Agent
from pydantic_ai.conversation import Conversation
from pydantic_ai.conversation_store import (
    ConversationConflict,
    ConversationEntry,
    ConversationRecord,
    InMemoryConversationStore,
)
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.test import TestModel

from sekha import SekhaClient
from sekha.integrations import pydantic_ai
from sekha.integrations.pydantic_ai import SekhaConversationStore, SekhaMemory

MESSAGES: list[ModelMessage] = [
    ModelRequest(parts=[UserPromptPart("My boat is called Ada.")]),
    ModelResponse(parts=[ToolCallPart("berth", {"boat": "Ada"}, "c1")]),
    ModelRequest(parts=[ToolReturnPart("berth", {"number": 12}, "c1")]),
    ModelResponse(parts=[TextPart("Berth twelve, and the harbour is deep.")]),
]


async def test_saving_loading_branching_and_forking(client: SekhaClient) -> None:
    store = SekhaConversationStore(client)
    conversation = Conversation(messages=MESSAGES[:2], conversation_id="one")
    saved = await store.save(conversation, scope="anna")
    assert [each.message for each in saved] == MESSAGES[:2]
    other = SekhaConversationStore(client)
    loaded = await other.load("one", scope="anna")
    assert loaded is not None and list(loaded.messages) == MESSAGES[:2]
    assert await other.load("one", scope="ann") is None
    loaded.messages.extend(MESSAGES[2:])
    assert len(await other.save(loaded)) == 2
    with pytest.raises(ConversationConflict):
        await store.save(replace(conversation, messages=[*conversation.messages, MESSAGES[3]]))
    whole = await store.load("one")
    assert whole is not None and list(whole.messages) == MESSAGES
    last = await store.load("one", limit=1)
    assert last is not None and list(last.messages) == MESSAGES[3:]
    fork = await other.fork("one", at=2, new_conversation_id="two")
    assert list(fork.messages) == MESSAGES[:2]
    branched = await store.branch("one", at=1, expected_revision=whole.revision)
    assert list(branched.messages) == MESSAGES[:1]
    assert {each.conversation_id for each in await store.list_conversations(scope="anna")} == {
        "one",
        "two",
    }
    await store.delete("one", scope="ann")
    assert await store.load("one") is not None
    await store.delete("one", scope="anna")
    assert await store.load("one") is None
    kept = await SekhaConversationStore(client).load("two")
    assert kept is not None and list(kept.messages) == MESSAGES[:2]
    await store.delete("two")
    left = [each async for each in client.iter_conversations()]
    assert not [each for each in left if not each.folder.startswith("/removed/")]


async def test_few_entries_are_known_and_all_are_found(
    client: SekhaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pydantic_ai, "KNOWN_ENTRIES", 3)
    store = SekhaConversationStore(client)
    entries = []
    for name in ("one", "two", "three"):
        conversation = Conversation(messages=list(MESSAGES), conversation_id=name)
        await store.save(conversation)
        record = await store.read_record(name)
        assert record is not None and record.head_id is not None
        entries.append(record.head_id)
    assert len(store._where) == 3
    for entry in entries:
        assert (await store.read_entry(entry)).id == entry
    with pytest.raises(LookupError):
        await store.read_entry("no such entry")
    assert len(store._where) == 3


async def test_of_two_that_save_at_once_one_stays(client: SekhaClient) -> None:
    one, other = SekhaConversationStore(client), SekhaConversationStore(client)
    tries = [
        store.save(Conversation(messages=MESSAGES[:2], conversation_id="one"))
        for store in (one, other)
    ]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(isinstance(each, ConversationConflict) for each in outcomes) in (
        [False, True],
        [True, True],
    )
    if any(not isinstance(each, BaseException) for each in outcomes):
        loaded = await SekhaConversationStore(client).load("one")
        assert loaded is not None and list(loaded.messages) == MESSAGES[:2]


async def test_the_text_is_found_by_its_own_user_only(client: SekhaClient) -> None:
    store = SekhaConversationStore(client)
    await store.save(Conversation(messages=MESSAGES, conversation_id="one"), scope="anna")
    for words in ("boat called", "berth", "harbour"):
        found = {each.folder for each in await client.search(words)}
        assert {each for each in found if not each.startswith("/removed/")} == {"/agents/anna/one"}
    for user, knows in (("anna", True), ("ann", False), ("one", False)):
        model = TestModel(call_tools=["recall"])
        agent = Agent(model, capabilities=[SekhaMemory(client, user)])
        result = await agent.run("What is my boat called?")
        assert ("Ada" in result.output) == knows


operations = st.lists(
    st.tuples(
        st.sampled_from(["write", "extend", "stale", "fork", "delete", "gone"]),
        st.sampled_from(["a", "b"]),
        st.integers(0, 3),
    ),
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(operations)
def test_it_does_what_the_store_in_memory_does(steps: list[tuple[str, str, int]]) -> None:
    asyncio.run(_both(steps))


async def _both(steps: list[tuple[str, str, int]]) -> None:
    clock = datetime(2026, 1, 1, tzinfo=timezone.utc)
    async with SekhaClient.local() as client:
        theirs, ours = InMemoryConversationStore(), SekhaConversationStore(client)
        revisions: dict[str, str] = {}
        heads: dict[str, str | None] = {}
        for place, (kind, name, count) in enumerate(steps):
            entries, head = [], heads.get(name) if kind != "fork" else heads.get("a")
            if kind in ("write", "extend"):
                for message in MESSAGES[:count]:
                    entries.append(ConversationEntry(parent_id=head, message=message))
                    head = entries[-1].id
            if kind == "gone":
                head = "no such entry"
            record = ConversationRecord(
                conversation_id=name,
                head_id=head,
                scope=name,
                updated_at=clock + timedelta(seconds=place),
            )
            expected = None if kind in ("write", "fork") else revisions.get(name)
            if kind == "stale":
                expected = "another"
            outcomes = []
            for store in (theirs, ours):
                outcomes.append(
                    await _outcome(store, kind, record, entries, expected or None, name)
                )
            assert outcomes[0] == outcomes[1], (kind, name)
            if outcomes[0] == "done":
                revisions[name], heads[name] = record.revision, head
                if kind == "delete":
                    del revisions[name], heads[name]
            assert await ours.read_records() == await theirs.read_records()
            for key in ("a", "b"):
                assert await ours.read_record(key) == await theirs.read_record(key)
                assert await _history(ours, heads.get(key)) == await _history(
                    theirs, heads.get(key)
                )


async def _outcome(
    store: Any, kind: str, record: Any, entries: Any, expected: str | None, name: str
) -> str:
    try:
        if kind == "delete":
            await store.delete_record(name, expected_revision=expected or "none")
        else:
            await store.write_record(record, new_entries=entries, expected_revision=expected)
    except ConversationConflict:
        return "conflict"
    return "done"


async def _history(store: Any, head: str | None) -> Any:
    try:
        return await store.read_history(head)
    except LookupError:
        return "gone"
