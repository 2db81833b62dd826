"""Whether an answer is the one to its request."""

from __future__ import annotations

from typing import Any

import pytest

from sekha._core.request.match import require_match
from sekha._core.wire.schema import Mismatch
from sekha_api.types import Request

ID = "2437e3db-d1cf-4955-a27c-99dd306204dc"
OTHER = "1669ad28-ca99-42ce-a6b6-be8331e83acc"
EXPORT = {"data": {"conversation": {"id": ID}}}
DATA = {"data": {"conversation_id": ID}}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("get_conversation", {"id": ID}),
        ("summarize", {"conversation_id": ID}),
        ("suggest_labels", {"conversation_id": ID}),
        ("memory_update", DATA),
        ("memory_get_context", DATA),
        ("memory_export", EXPORT),
    ],
)
def test_it_is_about_the_conversation_that_was_asked_for(name: str, body: dict[str, Any]) -> None:
    request = Request("POST", "/")
    for spelling in (ID, ID.upper(), ID.replace("-", ""), f"{{{ID}}}"):
        require_match(name, request, spelling, body)
    require_match(name, request, None, body)
    with pytest.raises(Mismatch, match="^an answer about another conversation than was asked for$"):
        require_match(name, request, OTHER, body)


def test_a_failed_tool_is_about_nothing() -> None:
    require_match("memory_export", Request("POST", "/"), ID, {"data": None})


@pytest.mark.parametrize(("page", "size", "right"), [(2, 50, True), (1, 50, False), (2, 9, False)])
def test_it_is_the_page_that_was_asked_for(page: int, size: int, right: bool) -> None:
    request = Request("GET", "/", {"page": "2", "page_size": "50"})
    body = {"page": page, "page_size": size}
    require_match("list_conversations", Request("GET", "/"), None, body)
    if right:
        require_match("list_conversations", request, None, body)
    else:
        with pytest.raises(Mismatch, match="^an answer with another page than was asked for$"):
            require_match("list_conversations", request, None, body)


def test_a_count_is_of_the_label_that_was_asked_for() -> None:
    request = Request("GET", "/", {"label": "one"})
    for body in ({}, {"label": None}, {"label": "one"}, {"label": "one", "folder": None}):
        require_match("count_conversations", request, None, body)
    for body in ({"label": "two"}, {"label": "one", "folder": "/f"}):
        words = "^an answer about another label or folder than was asked for$"
        with pytest.raises(Mismatch, match=words):
            require_match("count_conversations", request, None, body)


def test_an_id_that_is_none_is_the_same_only_as_itself() -> None:
    request = Request("GET", "/")
    require_match("get_conversation", request, "odd", {"id": "odd"})
    for told, asked in ((ID, "odd"), ("odd", ID), ("odd", "other")):
        with pytest.raises(Mismatch):
            require_match("get_conversation", request, asked, {"id": told})
