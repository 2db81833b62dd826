"""Rows 10 to 14, 19 to 24, 27, 28 and 31: changes do what they say, and errors say what happened."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import pytest

from sekha import (
    SekhaAuthError,
    SekhaDeleteError,
    SekhaNotFoundError,
    SekhaRateLimitError,
    SekhaServerError,
    SekhaValidationError,
    SyncSekhaClient,
)
from sekha_api.api.conversations import update_folder
from sekha_api.api.tools import memory_prune, memory_update
from sekha_api.models import (
    MemoryPruneRequest,
    MemoryUpdateRequest,
    UpdateFolderRequest,
)
from support.recorded_controller import UNKNOWN_ID, Scene, scene, talk

Call = Callable[[SyncSekhaClient, str], Awaitable[object]]


def test_row_10_moving_keeps_the_label(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("a", label="Keep me", folder="/old"))
    client.move(made.id, "/new")
    stored = client.get_conversation(made.id)
    assert (stored.label, stored.folder) == ("Keep me", "/new")


def test_row_10_the_controller_alone_would_not(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("a", label="Lost", folder="/old"))
    client.call(update_folder, made.id, body=UpdateFolderRequest(folder="/new"))
    assert (client.get_conversation(made.id)).label == "/new"


def test_row_11_a_label_changes_alone_or_with_a_folder(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("a", label="Old", folder="/old"))
    client.update_label(made.id, "New")
    stored = client.get_conversation(made.id)
    assert (stored.label, stored.folder) == ("New", "/old")
    client.update_label(made.id, "Newer", folder="/new")
    stored = client.get_conversation(made.id)
    assert (stored.label, stored.folder) == ("Newer", "/new")


def test_row_12_archiving_and_pinning_really_do_it(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("a"))
    claimed = MemoryUpdateRequest(conversation_id=made.id, status="archived", importance_score=10)
    client.call(memory_update, body=claimed)
    untouched = client.get_conversation(made.id)
    assert (untouched.status, untouched.importance_score) == ("active", 5)
    client.archive(made.id)
    client.pin(made.id)
    stored = client.get_conversation(made.id)
    assert (stored.status, stored.importance_score) == ("archived", 10)


BY_ID: dict[str, Call] = {
    "get_conversation": lambda client, id: client.get_conversation(id),
    "update_label": lambda client, id: client.update_label(id, "L"),
    "update_label_and_folder": lambda client, id: client.update_label(id, "L", "/f"),
    "move": lambda client, id: client.move(id, "/f"),
    "pin": lambda client, id: client.pin(id),
    "archive": lambda client, id: client.archive(id),
    "delete": lambda client, id: client.delete(id),
    "suggest_labels": lambda client, id: client.suggest_labels(id),
    "summarize": lambda client, id: client.summarize(id),
    "summarize_weekly": lambda client, id: client.summarize(id, "weekly"),
    "execute_prune": lambda client, id: client.execute_prune([id]),
    "export_single": lambda client, id: client.export_single(id),
    "export_single_markdown": lambda client, id: client.export_single(id, "markdown"),
}


def test_row_13_one_error_for_an_unknown_id(client: SyncSekhaClient, here: Scene) -> None:
    for name, call in BY_ID.items():
        with pytest.raises(SekhaNotFoundError) as caught:
            call(client, UNKNOWN_ID)
        assert (caught.value.status_code, caught.value.conversation_id) == (404, UNKNOWN_ID), name
        assert UNKNOWN_ID in caught.value.message, name
        assert caught.value.retries == 0, name
    assert {404, 500} == {each.status for each in here.fault_server.seen()}


@pytest.mark.parametrize("bad", ["invalid-id", "", "12", "../health", UNKNOWN_ID + "0"])
def test_row_14_the_same_error_for_an_id_that_is_none(
    client: SyncSekhaClient, here: Scene, bad: str
) -> None:
    for name, call in BY_ID.items():
        with pytest.raises(SekhaNotFoundError) as caught:
            call(client, bad)
        assert (caught.value.status_code, caught.value.conversation_id) == (404, bad), name
    assert here.sent() == 0


def test_row_14_an_id_in_another_spelling_is_the_same_id(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("a"))
    for spelling in (made.id.upper(), "{" + made.id + "}", made.id.replace("-", "")):
        assert (client.get_conversation(spelling)).id == made.id
        client.pin(spelling)


def test_row_19_suggestions_with_and_without_a_language_model(
    client: SyncSekhaClient, here: Scene
) -> None:
    made = client.create_conversation(talk("Kubernetes again", label="Kubernetes"))
    (suggestion,) = client.suggest_labels(made.id)
    assert (suggestion.label, suggestion.is_existing) == ("Kubernetes", True)
    assert suggestion.confidence == 0.9
    client.update_label(made.id, "Other")
    (suggestion,) = client.suggest_labels(made.id)
    assert (suggestion.label, suggestion.is_existing) == ("Kubernetes", False)
    assert suggestion.confidence == 0.6
    here.stack.llm = False
    (suggestion,) = client.suggest_labels(made.id)
    assert (suggestion.label, suggestion.is_existing) == ("Other", True)


def test_row_20_pruning_suggestions_need_no_language_model(
    client: SyncSekhaClient, here: Scene
) -> None:
    here.stack.llm = False
    old = client.create_conversation(talk("a", label="Old", folder="/o"))
    rare = client.create_conversation(talk("b", importance_score=6))
    minor = client.create_conversation(talk("c", importance_score=2))
    pinned = client.create_conversation(talk("d"))
    client.pin(pinned.id)
    gone = client.create_conversation(talk("e"))
    client.archive(gone.id)
    found = client.get_pruning_suggestions(threshold_days=0)
    assert [each.id for each in found] == [old.id, minor.id]
    first = found[0]
    assert (first.label, first.folder, first.age_days, first.importance_score) == (
        "Old",
        "/o",
        0,
        5,
    )
    assert "importance 5" in first.reason and first.preview is None
    found = client.get_pruning_suggestions(threshold_days=0, importance_threshold=6.5)
    assert {each.id for each in found} == {old.id, rare.id, minor.id}
    assert client.get_pruning_suggestions(threshold_days=1) == []


def test_row_20_previews_are_the_language_models(client: SyncSekhaClient, here: Scene) -> None:
    made = client.create_conversation(talk("a", label="Old"))
    (suggestion,) = client.get_pruning_suggestions(threshold_days=0, previews=True)
    assert suggestion.id == made.id and suggestion.preview
    here.stack.llm = False
    with pytest.raises(SekhaServerError, match="without previews"):
        client.get_pruning_suggestions(threshold_days=0, previews=True)


def test_row_20_no_number_drops_the_connection(client: SyncSekhaClient, here: Scene) -> None:
    for days in (10**12, -1, 36_501):
        with pytest.raises(SekhaValidationError, match="threshold_days"):
            client.get_pruning_suggestions(threshold_days=days)
    assert here.sent() == 0


def test_row_21_the_tool_that_always_fails_names_the_way_round_it(
    client: SyncSekhaClient,
) -> None:
    client.create_conversation(talk("a"))
    with pytest.raises(SekhaServerError, match="get_pruning_suggestions"):
        client.call(memory_prune, body=MemoryPruneRequest(threshold_days=0))


def test_row_22_a_failed_delete_says_why_and_what_to_do(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("a"))
    with pytest.raises(SekhaDeleteError) as caught:
        client.delete(made.id)
    message = caught.value.message
    assert "embeddings" in message and "nothing was deleted" in message and "archive" in message
    assert (client.get_conversation(made.id)).message_count == 1


def test_row_22_without_embeddings_it_is_deleted(client: SyncSekhaClient, here: Scene) -> None:
    empty = client.create_conversation(talk())
    here.stack.embeddings = False
    unembedded = client.create_conversation(talk("a"))
    for made in (empty, unembedded):
        client.delete(made.id)
        with pytest.raises(SekhaNotFoundError):
            client.get_conversation(made.id)


def test_row_23_a_wrong_key_is_named_at_the_first_tool_call(
    client: SyncSekhaClient, here: Scene
) -> None:
    here.controller.key = "another-key-that-nobody-was-given-" + "1" * 8
    assert (client.health()).healthy
    made = client.create_conversation(talk("a"))
    with pytest.raises(SekhaAuthError, match="api_key") as caught:
        client.get_conversation(made.id)
    assert caught.value.status_code == 401
    assert client.config.api_key not in repr(caught.value) + str(caught.value)


def test_row_24_a_429_is_waited_out() -> None:
    # Its minute lasts three seconds.
    with scene(requests_per_minute=3, clock=lambda: time.monotonic() * 20) as served:
        with SyncSekhaClient(served.config()) as client:
            assert [client.count() for _ in range(5)] == [0] * 5
        answers = [each.status for each in served.fault_server.seen("count_conversations")]
    assert answers.count(200) == 5 and answers.count(429) >= 1


def test_row_24_but_not_beyond_the_deadline() -> None:
    with scene(requests_per_minute=1) as served:
        with SyncSekhaClient(served.config(deadline=3.0)) as client:
            client.count()
            with pytest.raises(SekhaRateLimitError, match="rate_limit_requests"):
                client.count()


def test_row_24_a_limit_that_is_kept_is_never_met() -> None:
    with scene(requests_per_minute=5) as served:
        limited = served.config(rate_limit_requests=5, deadline=20.0)
        with SyncSekhaClient(limited) as client:
            assert [client.count() for _ in range(5)] == [0] * 5
        assert {each.status for each in served.fault_server.seen()} == {200}


def test_row_27_summaries(client: SyncSekhaClient, here: Scene) -> None:
    made = client.create_conversation(talk("one", "two"))
    for level in ("daily", "weekly", "monthly"):
        summary = client.summarize(made.id, level)
        assert (summary.level, summary.conversation_id) == (level, made.id)
        assert "one" in summary.summary and summary.generated_at is not None
    with pytest.raises(SekhaValidationError, match="level"):
        client.summarize(made.id, "yearly")
    here.stack.llm = False
    assert "LLM offline" in (client.summarize(made.id)).summary


def test_row_28_rebuilding_is_accepted(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("a"))
    before = client.smart_query("a")
    client.rebuild_embeddings()
    assert client.smart_query("a") == before


def test_row_31_all_known_ids_are_archived_whatever_their_place(
    client: SyncSekhaClient,
) -> None:
    first = client.create_conversation(talk("a"))
    last = client.create_conversation(talk("b"))
    with pytest.raises(SekhaNotFoundError) as caught:
        client.execute_prune([first.id, UNKNOWN_ID, last.id])
    assert UNKNOWN_ID in caught.value.message
    assert first.id not in caught.value.message and last.id not in caught.value.message
    for made in (first, last):
        assert (client.get_conversation(made.id)).status == "archived"


def test_row_31_without_unknown_ids_it_is_one_request(client: SyncSekhaClient, here: Scene) -> None:
    made = [client.create_conversation(talk(content)) for content in "abc"]
    before = here.sent()
    client.execute_prune([each.id for each in made])
    assert here.sent() == before + 1
    assert len(client.list_conversations(archived=True)) == 3
    client.execute_prune([])
    assert here.sent("prune_execute") == 1
