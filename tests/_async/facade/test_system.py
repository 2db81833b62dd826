"""The controller as a whole, embedded."""

from __future__ import annotations

import pytest

from sekha import SekhaClient
from support.recorded_controller import talk


async def test_health_says_what_was_looked_at(client: SekhaClient) -> None:
    health = await client.health()
    assert health.healthy and health.status == "healthy"
    assert health.checks and health.timestamp is not None


async def test_metrics_are_prometheus_text(client: SekhaClient) -> None:
    await client.create_conversation(talk("a"))
    assert "# TYPE sekha_conversations_total" in await client.metrics()


async def test_stats_count_by_folder_and_by_label(client: SekhaClient) -> None:
    await client.create_conversation(talk("a", label="A", folder="/x", importance_score=2))
    await client.create_conversation(talk("b", label="A", folder="/y", importance_score=8))
    await client.create_conversation(talk("c", label="B", folder="/y", importance_score=5))
    everything = await client.stats()
    assert everything.total_conversations == 3
    assert everything.average_importance == pytest.approx(5.0)
    assert set(everything.folders or ()) == {"/x", "/y"}
    of_folder = await client.stats(folder="/y")
    assert (of_folder.total_conversations, of_folder.average_importance) == (2, 6.5)
    of_label = await client.stats(label="A")
    assert (of_label.total_conversations, of_label.average_importance) == (2, 5.0)


async def test_rebuilding_keeps_everything_findable(client: SekhaClient) -> None:
    made = await client.create_conversation(talk("the cake in the oven"))
    await client.rebuild_embeddings()
    assert (await client.smart_query("baking"))[0].conversation_id == made.id
