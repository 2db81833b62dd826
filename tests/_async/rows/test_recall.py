"""Rows 15 to 17, 32 and 35 as `recall` meets them, and that it gives what it gives elsewhere."""

from __future__ import annotations

import pytest

from sekha import SekhaClient, SekhaUnavailableError
from support.recorded_controller import Scene, talk

CHATS = [
    ("Travel", ["Which hotel did you take in Porto?", "The Mariner, by the river."]),
    ("Travel", ["The train to Lisbon takes three hours.", "And back it is four."]),
    ("Security", ["Rotate the signing keys monthly.", "The keys are in the vault."]),
    ("Recipes", ["My sourdough does not rise.", "Feed the starter twice a day."]),
    ("Diary", ["Met Ines at the river, on the old bridge.", "She took the train home."]),
]
QUERIES = [
    "Which hotel in Porto?",
    "train",
    "Where are the keys?",
    "river bridge",
    "it's \"short-lived\" - C++ 'x' Project:AI",
    "how do I bake bread",
]


async def store_all(client: SekhaClient) -> None:
    for label, texts in CHATS:
        await client.create_conversation(talk(*texts, label=label, folder=f"/{label}"))


@pytest.mark.parametrize("label", [None, "Travel"])
async def test_row_17_unranked_answers_are_ranked_as_ranked_ones(
    client: SekhaClient, label: str | None
) -> None:
    async with SekhaClient.local() as ranked:
        await store_all(ranked)
        await store_all(client)
        for query in QUERIES:
            here = await client.recall(query, label=label)
            there = await ranked.recall(query, label=label)
            assert len(here) == (4 if label else 10)
            assert {each.content for each in here} == {each.content for each in there}
            best = [each.content for each in here.results[:3]]
            assert best == [each.content for each in there.results[:3]]
            scores = [each.score for each in there]
            assert [each.score for each in here] == pytest.approx(scores, abs=0.01)


async def test_row_15_filters_have_no_effect_there_and_are_exact_here(
    client: SekhaClient,
) -> None:
    await store_all(client)
    found = await client.recall("river", folder="/Diary")
    assert [each.label for each in found] == ["Diary", "Diary"]
    assert len(await client.recall("river", label="Diar")) == 0
    assert len(await client.recall("river", label="Diary", folder="/Travel")) == 0


async def test_row_16_a_dead_vector_store_is_not_an_empty_answer(
    client: SekhaClient, here: Scene
) -> None:
    await store_all(client)
    here.stack.chroma = False
    for label in (None, "Travel"):
        with pytest.raises(SekhaUnavailableError, match="unhealthy"):
            await client.recall("river", label=label)


async def test_row_32_dead_embeddings_are_not_an_empty_answer(
    client: SekhaClient, here: Scene
) -> None:
    await store_all(client)
    here.stack.embeddings = False
    for label in (None, "Travel"):
        with pytest.raises(SekhaUnavailableError, match="embeddings do not answer"):
            await client.recall("river", label=label)


async def test_row_32_nothing_stored_is_nothing_found(client: SekhaClient) -> None:
    assert (await client.recall("river")).results == ()
