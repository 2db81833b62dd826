"""Whatever answers come, a call ends in a result or in a SekhaError."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekha import ClientConfig, MessageDto, NewConversation, SekhaError, SyncSekhaClient
from sekha._core.create import outcome
from sekha_api import models as api
from sekha_api.api.conversations import (
    count_conversations,
    create_conversation,
    get_conversation,
    list_conversations,
)
from sekha_api.api.curation import prune_dry_run
from sekha_api.api.retrieval import full_text_search, semantic_query
from sekha_api.api.tools import (
    memory_export,
    memory_get_context,
    memory_prune,
    memory_search,
    memory_stats,
    memory_store,
    memory_update,
)
from sekha_api.types import RawResponse, Request
from support.fuzzing import Answers

KEY = "sekha-fake-key-that-must-stay-unseen-0001"
ID = "00000001-0000-4000-8000-000000000000"
NEW = NewConversation("one", [MessageDto("user", "two one")], "/f")
GRAVE = NewConversation("one", [MessageDto("user", "two one")], "/f", 9)


class MadeUp:
    """A transport to a peer that answers anything."""

    address = "made up"
    waits = False

    def __init__(self, seed: int) -> None:
        self._answers = Answers(seed)

    def send(self, request: Request, timeout: float) -> RawResponse:
        return self._answers.to(request)

    def close(self) -> None:
        pass


def iterating(client: SyncSekhaClient) -> object:
    return [each for each in client.iter_conversations()]


def exporting(client: SyncSekhaClient) -> object:
    with TemporaryDirectory() as folder:
        return client.export_to(Path(folder) / "export.jsonl", format="jsonl")


FACADE: dict[str, Callable[[SyncSekhaClient], object]] = {
    "create": lambda client: client.create_conversation(NEW),
    "create_with_importance": lambda client: client.create_conversation(GRAVE),
    "import": lambda client: client.import_conversations([NEW, GRAVE]),
    "get": lambda client: client.get_conversation(ID),
    "list": lambda client: client.list_conversations(),
    "list_label": lambda client: client.list_conversations("one"),
    "iter": iterating,
    "count": lambda client: client.count(),
    "count_label": lambda client: client.count("one", "/f"),
    "update_label": lambda client: client.update_label(ID, "one"),
    "move": lambda client: client.move(ID, "/f"),
    "pin": lambda client: client.pin(ID),
    "archive": lambda client: client.archive(ID),
    "delete": lambda client: client.delete(ID),
    "smart_query": lambda client: client.smart_query("one"),
    "search": lambda client: client.search("one"),
    "search_label": lambda client: client.search("one", "one"),
    "recall": lambda client: client.recall("two one"),
    "recall_label": lambda client: client.recall("two one", label="one"),
    "assemble": lambda client: client.assemble_context("one", ["one"]),
    "suggest_labels": lambda client: client.suggest_labels(ID),
    "summarize": lambda client: client.summarize(ID),
    "pruning": lambda client: client.get_pruning_suggestions(0, 99, previews=True),
    "prune": lambda client: client.execute_prune([ID]),
    "export": lambda client: client.export(),
    "export_single": lambda client: client.export_single(ID, "markdown"),
    "export_to": exporting,
    "health": lambda client: client.health(),
    "metrics": lambda client: client.metrics(),
    "stats": lambda client: client.stats(),
    "rebuild": lambda client: client.rebuild_embeddings(),
}
MESSAGES = [api.MessageDto("user", "two one")]
OPERATIONS: dict[str, Callable[[SyncSekhaClient], object]] = {
    "create": lambda client: client.call(
        create_conversation,
        body=api.CreateConversationRequest("one", "/f", MESSAGES),
    ),
    "store": lambda client: client.call(
        memory_store, body=api.MemoryStoreRequest("one", "/f", MESSAGES, 9)
    ),
    "get": lambda client: client.call(get_conversation, ID),
    "list": lambda client: client.call(list_conversations),
    "count": lambda client: client.call(count_conversations, label="one"),
    "query": lambda client: client.call(semantic_query, body=api.QueryRequest("one")),
    "fts": lambda client: client.call(full_text_search, body=api.FullTextSearchRequest("one")),
    "dry_run": lambda client: client.call(
        prune_dry_run, body=api.PruneDryRunRequest(threshold_days=0)
    ),
    "memory_search": lambda client: client.call(memory_search, body=api.MemorySearchRequest("one")),
    "memory_update": lambda client: client.call(
        memory_update, body=api.MemoryUpdateRequest(ID, label="one")
    ),
    "memory_prune": lambda client: client.call(memory_prune, body=api.MemoryPruneRequest()),
    "memory_export": lambda client: client.call(memory_export, body=api.MemoryExportRequest(ID)),
    "memory_get_context": lambda client: client.call(
        memory_get_context, body=api.MemoryGetContextRequest(ID)
    ),
    "memory_stats": lambda client: client.call(memory_stats, body=api.MemoryStatsRequest()),
}
STEPS = [*FACADE.values(), *OPERATIONS.values()]
NAMES = [*FACADE, *(f"call-{name}" for name in OPERATIONS)]


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    create = sys.modules[SyncSekhaClient.__module__.rpartition(".")[0] + ".create"]
    monkeypatch.setattr(create, "LOOK_INTERVAL", 0.001)
    monkeypatch.setattr(create, "LOOK_INTERVAL_CAP", 0.001)
    monkeypatch.setattr(outcome, "STILL_AFTER", 0.002)


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_a_call_ends_in_a_result_or_in_a_sekha_error(
    step: Callable[[SyncSekhaClient], object], seed: int
) -> None:
    config = ClientConfig(api_key=KEY, rate_limit_requests=None, max_retries=1, deadline=0.5)
    client = SyncSekhaClient(config)
    client._session.transport = MadeUp(seed)
    try:
        result = step(client)
    except SekhaError as error:
        json.dumps([error.message, str(error)])
    else:
        # What is handed out can be shown and, where it is text, written.
        repr(result)
        if isinstance(result, str):
            result.encode()
