"""What cannot be used is said before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sekha import (
    ClientConfig,
    MessageDto,
    NewConversation,
    SekhaConfigError,
    SekhaNotFoundError,
    SekhaValidationError,
    SyncSekhaClient,
)
from sekha.testing import FaultServer
from support.recorded_controller import UNKNOWN_ID, talk

Call = Callable[[SyncSekhaClient], Any]
LONE_SURROGATE = "half \ud83d of one"


def new(**changes: Any) -> NewConversation:
    return NewConversation(**{"label": "L", "messages": [MessageDto("user", "text")], **changes})


BAD: dict[str, tuple[str, Call]] = {
    "importance 0": (
        "importance_score",
        lambda client: client.create_conversation(new(importance_score=0)),
    ),
    "importance 11": (
        "importance_score",
        lambda client: client.create_conversation(new(importance_score=11)),
    ),
    "importance no number": (
        "importance_score",
        lambda client: client.create_conversation(new(importance_score="8")),
    ),
    "empty label": ("label", lambda client: client.create_conversation(new(label=""))),
    "blank label": ("label", lambda client: client.create_conversation(new(label=" \n"))),
    "label no text": ("label", lambda client: client.create_conversation(new(label=7))),
    "empty folder": ("folder", lambda client: client.create_conversation(new(folder=""))),
    "empty role": (
        r"messages\[1\].role",
        lambda client: client.create_conversation(
            new(messages=[MessageDto("user", "a"), MessageDto("", "b")])
        ),
    ),
    "content no text": (
        r"messages\[0\].content",
        lambda client: client.create_conversation(
            new(messages=[MessageDto("user", None)])  # type: ignore[arg-type]
        ),
    ),
    "half a character": (
        r"messages\[0\].content",
        lambda client: client.create_conversation(
            new(messages=[MessageDto("user", LONE_SURROGATE)])
        ),
    ),
    "messages no list": (
        "messages",
        lambda client: client.create_conversation(new(messages="text")),
    ),
    "messages of dicts": (
        r"messages\[0\]",
        lambda client: client.create_conversation(new(messages=[{"role": "user", "content": "x"}])),
    ),
    "no conversation": (
        "conversation",
        lambda client: client.create_conversation({"label": "L"}),  # type: ignore[arg-type]
    ),
    "query empty": ("query", lambda client: client.smart_query("")),
    "query blank": ("query", lambda client: client.smart_query("  ")),
    "query limit 0": ("limit", lambda client: client.smart_query("a", limit=0)),
    "query limit -1": ("limit", lambda client: client.smart_query("a", limit=-1)),
    "query limit true": ("limit", lambda client: client.smart_query("a", limit=True)),
    "query limit float": ("limit", lambda client: client.smart_query("a", limit=1.5)),  # type: ignore[arg-type]
    "query limit huge": ("limit", lambda client: client.smart_query("a", limit=2**32)),
    "query surrogate": ("query", lambda client: client.smart_query(LONE_SURROGATE)),
    "search empty": ("query", lambda client: client.search("")),
    "search of signs": ("query", lambda client: client.search('"!?" -')),
    "search limit 0": ("limit", lambda client: client.search("a", limit=0)),
    "search label empty": ("label", lambda client: client.search("a", label="")),
    "search cap 0": ("max_matches", lambda client: client.search("a", max_matches=0)),
    "list limit 0": ("limit", lambda client: client.list_conversations(limit=0)),
    "list label empty": ("label", lambda client: client.list_conversations(label="")),
    "list folder empty": ("folder", lambda client: client.list_conversations(folder="")),
    "count label empty": ("label", lambda client: client.count("")),
    "context query": ("query", lambda client: client.assemble_context("")),
    "context budget 0": (
        "context_budget",
        lambda client: client.assemble_context("a", context_budget=0),
    ),
    "context one label": (
        "preferred_labels",
        lambda client: client.assemble_context("a", preferred_labels="Label"),
    ),
    "context empty label": (
        r"preferred_labels\[1\]",
        lambda client: client.assemble_context("a", preferred_labels=["L", ""]),
    ),
    "context one folder": (
        "excluded_folders",
        lambda client: client.assemble_context("a", excluded_folders="/f"),
    ),
    "update label empty": ("label", lambda client: client.update_label(UNKNOWN_ID, "")),
    "update folder empty": ("folder", lambda client: client.update_label(UNKNOWN_ID, "L", "")),
    "move empty": ("folder", lambda client: client.move(UNKNOWN_ID, "")),
    "summary level": ("level", lambda client: client.summarize(UNKNOWN_ID, "yearly")),
    "pruning days -1": (
        "threshold_days",
        lambda client: client.get_pruning_suggestions(threshold_days=-1),
    ),
    "pruning days huge": (
        "threshold_days",
        lambda client: client.get_pruning_suggestions(threshold_days=10**9),
    ),
    "pruning importance nan": (
        "importance_threshold",
        lambda client: client.get_pruning_suggestions(importance_threshold=float("nan")),
    ),
    "prune one id": ("conversation_ids", lambda client: client.execute_prune(UNKNOWN_ID)),
    "export format": ("format", lambda client: client.export(format="yaml")),
    "export label empty": ("label", lambda client: client.export(label="")),
    "export single format": (
        "format",
        lambda client: client.export_single(UNKNOWN_ID, format="html"),
    ),
    "stats of both": ("label", lambda client: client.stats(folder="/f", label="L")),
    "option unusable": ("timeout", lambda client: client.options(timeout=0).health()),
    "option fixed": ("api_key", lambda client: client.options(api_key="k" * 40).health()),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_and_nothing_is_sent(
    remote: SyncSekhaClient, fault_server: FaultServer, name: str
) -> None:
    parameter, call = BAD[name]
    with pytest.raises(SekhaValidationError, match=f"^{parameter}: ") as raised:
        call(remote)
    assert isinstance(raised.value, ValueError)
    assert raised.value.message == str(raised.value)
    assert fault_server.arrivals == [] and fault_server.connections == 0


def test_an_iteration_checks_before_its_first_request(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    with pytest.raises(SekhaValidationError, match="^label: "):
        [each for each in remote.iter_conversations(label="")]
    assert fault_server.arrivals == []


def test_an_id_that_can_be_none_is_not_found_without_a_request(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    calls: list[Call] = [
        lambda client: client.get_conversation("invalid-id"),
        lambda client: client.pin("../../health"),
        lambda client: client.archive(""),
        lambda client: client.delete("1"),
        lambda client: client.execute_prune(["1"]),
        lambda client: client.get_conversation(None),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(SekhaNotFoundError):
            call(remote)
    assert fault_server.arrivals == []


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "localhost:8080",
        "ftp://localhost",
        "http://",
        "http://a b",
        "http://h:99999",
        "http://[",
        7,
    ],
)
def test_a_malformed_url_is_said_when_it_is_set(base_url: Any) -> None:
    with pytest.raises(SekhaConfigError, match="^base_url: "):
        ClientConfig(api_key="k" * 32, base_url=base_url)


def test_the_smallest_and_largest_values_that_can_be_used(client: SyncSekhaClient) -> None:
    for importance in (1, 10):
        client.create_conversation(talk("text", importance_score=importance))
    assert len(client.smart_query("text", limit=1)) == 1
    assert len(client.smart_query("text", limit=2**32 - 1)) == 2
    assert len(client.list_conversations(limit=1)) == 1
    client.get_pruning_suggestions(threshold_days=36_500)
