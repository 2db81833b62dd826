"""Labels, summaries and pruning, on the embedded controller."""

from __future__ import annotations

import pytest

from sekha import SekhaNotFoundError, SyncSekhaClient
from support.recorded_controller import UNKNOWN_ID, talk


def test_labels_are_suggested_with_their_confidence(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("bake a cake in the oven", label="Cooking"))
    made = client.create_conversation(talk("the oven bakes my cake", label="Untitled"))
    suggestions = client.suggest_labels(made.id)
    assert "Cooking" in [each.label for each in suggestions]
    for each in suggestions:
        assert 0 <= each.confidence <= 1 and each.reason
        assert each.is_existing == (each.label in ("Cooking", "Untitled"))


@pytest.mark.parametrize("level", ["daily", "weekly", "monthly"])
def test_a_summary_is_of_the_conversation(client: SyncSekhaClient, level: str) -> None:
    made = client.create_conversation(talk("The migration starts on Monday."))
    summary = client.summarize(made.id, level)
    assert (summary.conversation_id, summary.level) == (made.id, level)
    assert "migration" in summary.summary
    assert summary.generated_at is not None and summary.generated_at.tzinfo is not None


def test_zero_days_lists_what_is_not_pinned_with_age_and_reason(client: SyncSekhaClient) -> None:
    low = client.create_conversation(talk("a", label="Low", importance_score=2))
    default = client.create_conversation(talk("b", label="Default"))
    high = client.create_conversation(talk("c", label="High", importance_score=8))
    pinned = client.create_conversation(talk("d", label="Pinned", importance_score=1))
    archived = client.create_conversation(talk("e", label="Archived"))
    client.pin(pinned.id)
    client.archive(archived.id)

    found = client.get_pruning_suggestions(threshold_days=0)
    assert [each.id for each in found] == [low.id, default.id]
    assert [(each.age_days, each.importance_score) for each in found] == [(0, 2), (0, 5)]
    assert all("importance" in each.reason and "not pinned" in each.reason for each in found)
    assert all(each.preview is None for each in found)

    assert client.get_pruning_suggestions() == []
    everything = client.get_pruning_suggestions(0, 10.0)
    assert {each.id for each in everything} == {low.id, default.id, high.id}
    assert client.get_pruning_suggestions(0, 1.0) == []


def test_previews_say_what_would_be_lost(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("The wifi code is on the fridge."))
    (found,) = client.get_pruning_suggestions(threshold_days=0, previews=True)
    assert found.preview is not None and "fridge" in found.preview


def test_pruning_archives(client: SyncSekhaClient) -> None:
    made = [client.create_conversation(talk("a")) for _ in range(3)]
    client.execute_prune([each.id for each in made[:2]])
    statuses = [(client.get_conversation(each.id)).status for each in made]
    assert statuses == ["archived", "archived", "active"]
    client.execute_prune([])


def test_pruning_archives_the_others_and_names_what_is_missing(client: SyncSekhaClient) -> None:
    made = [client.create_conversation(talk("a")) for _ in range(2)]
    with pytest.raises(SekhaNotFoundError, match=UNKNOWN_ID) as raised:
        client.execute_prune([made[0].id, UNKNOWN_ID, made[1].id])
    assert raised.value.conversation_id == UNKNOWN_ID
    assert made[0].id not in raised.value.message
    for each in made:
        assert (client.get_conversation(each.id)).status == "archived"
