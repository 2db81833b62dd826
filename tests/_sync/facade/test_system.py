"""The controller as a whole, embedded."""

from __future__ import annotations

import pytest

from sekha import SyncSekhaClient
from support.recorded_controller import talk


def test_health_says_what_was_looked_at(client: SyncSekhaClient) -> None:
    health = client.health()
    assert health.healthy and health.status == "healthy"
    assert health.checks and health.timestamp is not None


def test_metrics_are_prometheus_text(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("a"))
    assert "# TYPE sekha_conversations_total" in client.metrics()


def test_stats_count_by_folder_and_by_label(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("a", label="A", folder="/x", importance_score=2))
    client.create_conversation(talk("b", label="A", folder="/y", importance_score=8))
    client.create_conversation(talk("c", label="B", folder="/y", importance_score=5))
    everything = client.stats()
    assert everything.total_conversations == 3
    assert everything.average_importance == pytest.approx(5.0)
    assert set(everything.folders or ()) == {"/x", "/y"}
    of_folder = client.stats(folder="/y")
    assert (of_folder.total_conversations, of_folder.average_importance) == (2, 6.5)
    of_label = client.stats(label="A")
    assert (of_label.total_conversations, of_label.average_importance) == (2, 5.0)


def test_rebuilding_keeps_everything_findable(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("the cake in the oven"))
    client.rebuild_embeddings()
    assert (client.smart_query("baking"))[0].conversation_id == made.id
