"""What users were promised, on what the real controller answered, and alike on the others; what
differs on purpose is in the table of `targets`."""

from __future__ import annotations

import json

import pytest

from sekha import (
    Conversation,
    MessageDto,
    NewConversation,
    SekhaAuthError,
    SekhaClient,
    SekhaDeleteError,
    SekhaNotFoundError,
)
from support.targets import Target

UNKNOWN = "00000000-0000-0000-0000-000000000005"
ONE = MessageDto("user", "How should sessions be kept alive without asking for the password?")
TWO = MessageDto("assistant", "Use short-lived access tokens; it's best to rotate the other one.")


async def store(
    client: SekhaClient, label: str, *messages: MessageDto, importance: int | None = None
) -> Conversation:
    return await client.create_conversation(
        NewConversation(label, list(messages or (ONE, TWO)), "/cassettes", importance)
    )


async def test_create_and_get(client: SekhaClient, ground: Target) -> None:
    made = await store(client, ground.label("Create"))
    read = await client.get_conversation(made.id)
    assert (made.status, made.importance_score, made.message_count) == ("active", 5, 2)
    assert [(each.role, each.content) for each in read.messages or ()] == [
        (ONE.role, ONE.content),
        (TWO.role, TWO.content),
    ]
    assert read.created_at == made.created_at


async def test_importance_is_kept(client: SekhaClient, ground: Target) -> None:
    made = await store(client, ground.label("Importance"), importance=8)
    assert made.importance_score == 8
    assert (await client.get_conversation(made.id)).importance_score == 8


async def test_smart_query(client: SekhaClient, ground: Target) -> None:
    await store(client, ground.label("Query"))
    found = await client.smart_query("keeping users signed in", limit=5)
    assert 0 < len(found) <= 5
    similarities = [each.similarity for each in found]
    assert similarities == sorted(similarities, reverse=True)
    assert -1.0 <= similarities[-1] <= similarities[0] <= 1.0


@pytest.mark.parametrize("query", ["it's", "short-lived", '"access tokens"', "rotate"])
async def test_search(client: SekhaClient, ground: Target, query: str) -> None:
    label = ground.label(f"Search {query}")
    made = await store(client, label)
    found = await client.search(query, label=label)
    assert [(each.id, each.label) for each in found] == [(made.id, label)]
    assert [each.content for each in found[0].messages or ()] == [TWO.content]


async def test_assemble_context(client: SekhaClient, ground: Target) -> None:
    label = ground.label("Context")
    await store(client, label)
    context = await client.assemble_context("how to keep sessions alive", [label], 200)
    assert 0 < context.estimated_tokens <= 200
    assert label in context.formatted_context
    ids = [each.message_id for each in context.messages]
    assert len(ids) == len(set(ids))


async def test_list_and_count_by_label(client: SekhaClient, ground: Target) -> None:
    label = ground.label("List")
    made = await store(client, label)
    await store(client, label + " and more")
    assert [each.id for each in await client.list_conversations(label)] == [made.id]
    assert await client.count(label) == 1


async def test_label_folder_pin_archive(client: SekhaClient, ground: Target) -> None:
    made = await store(client, ground.label("Change"))
    await client.update_label(made.id, ground.label("Changed"))
    await client.move(made.id, "/cassettes/moved")
    await client.pin(made.id)
    await client.archive(made.id)
    read = await client.get_conversation(made.id)
    assert (read.label, read.folder) == (ground.label("Changed"), "/cassettes/moved")
    assert (read.pinned, read.status) == (True, "archived")


async def test_suggest_labels_and_summarize(client: SekhaClient, ground: Target) -> None:
    made = await store(client, ground.label("Suggest"))
    suggestions = await client.suggest_labels(made.id)
    assert suggestions and all(0 <= each.confidence <= 1 for each in suggestions)
    assert (await client.summarize(made.id, "weekly")).summary


async def test_pruning(client: SekhaClient, ground: Target) -> None:
    made = await store(client, ground.label("Prune"))
    found = {each.id: each for each in await client.get_pruning_suggestions(0)}
    assert found[made.id].importance_score == 5
    assert "importance 5" in found[made.id].reason
    await client.execute_prune([made.id])
    assert (await client.get_conversation(made.id)).status == "archived"


async def test_export(client: SekhaClient, ground: Target) -> None:
    label = ground.label("Export")
    made = await store(client, label)
    exported = json.loads(await client.export(label))["conversations"]
    assert [each["id"] for each in exported] == [made.id]
    assert [each["content"] for each in exported[0]["messages"]] == [ONE.content, TWO.content]
    assert TWO.content in await client.export_single(made.id, "markdown")


async def test_not_found(client: SekhaClient, ground: Target) -> None:
    for missing in ("invalid-id", UNKNOWN):
        for call in (client.get_conversation, client.pin, client.archive, client.suggest_labels):
            with pytest.raises(SekhaNotFoundError):
                await call(missing)


async def test_delete_works_or_says_why_it_cannot(client: SekhaClient, ground: Target) -> None:
    made = await store(client, ground.label("Delete"))
    if not ground.differs(22):
        await client.delete(made.id)
        with pytest.raises(SekhaNotFoundError):
            await client.get_conversation(made.id)
        return
    with pytest.raises(SekhaDeleteError, match="nothing was deleted. Archive it instead"):
        await client.delete(made.id)
    assert (await client.get_conversation(made.id)).id == made.id


async def test_stats_health_metrics(client: SekhaClient, ground: Target) -> None:
    await store(client, ground.label("Stats"))
    assert (await client.stats()).total_conversations >= 1
    assert (await client.stats(folder="/cassettes")).folders == ("/cassettes",)
    assert (await client.health()).healthy
    assert "sekha_conversations_total" in await client.metrics()


async def test_wrong_key(client: SekhaClient, ground: Target) -> None:
    if not ground.differs(23):
        return
    config = client.config.evolve(api_key="a-wrong-key-for-this-controller-at-all")
    async with SekhaClient(config) as other:
        with pytest.raises(SekhaAuthError, match="Invalid API key"):
            await other.get_conversation(UNKNOWN)


async def test_padded_japanese(client: SekhaClient, ground: Target) -> None:
    text = "私は日本語を話します。" * 12
    aligned = client.options(align_multibyte=True)
    made = await store(aligned, ground.label("Japanese"), MessageDto("user", text))
    read = await aligned.get_conversation(made.id)
    assert (read.messages or ())[0].content == text
