"""The request of a create, and whether an answer is the one to it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from attrs import evolve

from sekha._core.create.fingerprint import Fingerprint
from sekha._core.create.request import create_request, created_id
from sekha._core.request.operations import CREATES, operation_name
from sekha._core.wire.schema import Mismatch
from sekha._core.wire.times import timestamp_text
from sekha.models import MessageDto, NewConversation
from sekha_api import models as api

ID = "2437e3db-d1cf-4955-a27c-99dd306204dc"
OTHER = "1669ad28-ca99-42ce-a6b6-be8331e83acc"
NEW = NewConversation("Label", [MessageDto("user", "one")], "/f")
EXPECTED = Fingerprint.of_new(NEW)
CREATED = api.CreatedConversation(ID, ID, "Label", "/f", "active", 1, "2026-01-01T00:00:00")
STORED = api.StoredConversation(ID, ID, "Label", "/f")


@pytest.mark.parametrize("importance", [None, 1, 10])
def test_an_importance_goes_by_the_tool_that_keeps_it(importance: int | None) -> None:
    new = evolve(NEW, importance_score=importance)
    operation, body = create_request(new, lambda content: f" {content}")
    name = operation_name(operation)
    assert name in CREATES and (name == "memory_store") == (importance is not None)
    assert body.to_dict() == {
        "label": "Label",
        "folder": "/f",
        "messages": [{"role": "user", "content": " one"}],
        **({} if importance is None else {"importance_score": importance}),
    }


def test_the_id_of_its_own_answer() -> None:
    assert created_id(CREATED, EXPECTED) == ID
    assert created_id(api.MemoryStoreResponse(True, STORED, None), EXPECTED) == ID


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "label"},
        {"folder": "/"},
        {"id": OTHER},
        {"conversation_id": OTHER},
        {"id": "row", "conversation_id": "row"},
        {"id": "", "conversation_id": ""},
    ],
    ids=str,
)
def test_the_answer_to_another_create_is_none(changes: dict[str, Any]) -> None:
    for answer in (
        evolve(CREATED, **changes),
        api.MemoryStoreResponse(True, evolve(STORED, **changes), None),
    ):
        words = (
            "with an id that is none" if "id" in "".join(changes) else "about another conversation"
        )
        with pytest.raises(Mismatch, match=f"^an answer {words}"):
            created_id(answer, EXPECTED)


@pytest.mark.parametrize(
    "answer",
    [evolve(CREATED, message_count=2), api.MemoryStoreResponse(False, None, "no"), None, "id"],
    ids=str,
)
def test_what_names_no_such_conversation_is_none(answer: Any) -> None:
    with pytest.raises(Mismatch):
        created_id(answer, EXPECTED)


def test_what_else_is_known_goes_with_it() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    new = evolve(NEW, messages=[MessageDto("user", "one", at)], source="chatgpt", source_id="7")
    _, body = create_request(new, str, {"content_hash": "h", "status": "archived"})
    sent = body.to_dict()
    assert sent["messages"] == [
        {"role": "user", "content": "one", "timestamp": timestamp_text(at)},
    ]
    assert (sent["source"], sent["source_id"]) == ("chatgpt", "7")
    assert (sent["content_hash"], sent["status"]) == ("h", "archived")
    _, body = create_request(NEW, str)
    assert not {"source", "source_id", "content_hash", "status"} & set(body.to_dict())
