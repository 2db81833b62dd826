"""The tools' own shapes and rules."""

from __future__ import annotations

import pytest

from support.local_api import UNKNOWN_ID, Api


def test_store_and_export(api: Api) -> None:
    messages = [
        {"role": "system", "content": "one"},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": "three é"},
    ]
    stored = api.tool("memory_store", label="L", folder="/f", messages=messages, importance_score=8)
    assert stored["id"] == stored["conversation_id"]
    data = api.tool("memory_export", conversation_id=stored["id"])
    conversation = data["conversation"]
    assert (conversation["label"], conversation["folder"]) == ("L", "/f")
    assert (conversation["importance_score"], conversation["status"]) == (8, "active")
    # Bytes, whatever the name says.
    assert (conversation["word_count"], conversation["session_count"]) == (3 + 3 + 8, 1)
    assert " " in conversation["created_at"]
    assert [(m["role"], m["content"]) for m in data["messages"]] == [
        (m["role"], m["content"]) for m in messages
    ]
    assert all("T" in m["timestamp"] and m["metadata"] == {} for m in data["messages"])
    assert (data["format"], data["include_metadata"]) == ("json", True)
    other = api.tool(
        "memory_export", conversation_id=stored["id"], format="markdown", include_metadata=False
    )
    assert (other["format"], other["include_metadata"]) == ("markdown", False)


def test_order_of_many_messages_survives(api: Api) -> None:
    contents = [str(number) for number in range(300)]
    conversation_id = api.create(*contents)
    assert [content for _, content in api.exported(conversation_id)] == contents


@pytest.mark.parametrize("score", [0, 11, 99, -1])
def test_importance_out_of_range_is_refused(api: Api, score: int) -> None:
    body = {"label": "l", "folder": "/", "messages": [], "importance_score": score}
    assert api.post("/mcp/tools/memory_store", body).status_code == 422
    assert api.listed() == []


def test_update_changes_each_field_alone(api: Api) -> None:
    conversation_id = api.create("a", label="L", folder="/f")

    def update(**changes: object) -> tuple[list[str], tuple[object, ...]]:
        data = api.tool("memory_update", conversation_id=conversation_id, **changes)
        found = api.details(conversation_id)
        now = (found["label"], found["folder"], found["status"], found["importance_score"])
        return data["updated_fields"], now

    assert update(label="M") == (["label/folder"], ("M", "/f", "active", 5))
    assert update(folder="/g") == (["label/folder"], ("M", "/g", "active", 5))
    assert update(status="archived") == (["status"], ("M", "/g", "archived", 5))
    assert update(importance_score=9) == (["importance_score"], ("M", "/g", "archived", 9))
    assert update(status="active", importance_score=1, label="L", folder="/f") == (
        ["label/folder", "status", "importance_score"],
        ("L", "/f", "active", 1),
    )
    before = api.details(conversation_id)["updated_at"]
    assert update(label=None) == ([], ("L", "/f", "active", 1))
    assert api.details(conversation_id)["updated_at"] == before


@pytest.mark.parametrize(
    "change", [{"status": "gone"}, {"importance_score": 11}, {"importance_score": "3"}]
)
def test_update_refuses_what_has_no_meaning(api: Api, change: dict[str, object]) -> None:
    conversation_id = api.create("a")
    body = {"conversation_id": conversation_id, **change}
    assert api.post("/mcp/tools/memory_update", body).status_code == 422


@pytest.mark.parametrize("name", ["memory_update", "memory_get_context", "memory_export"])
def test_unknown_id_is_an_empty_404(api: Api, name: str) -> None:
    for extra in ({}, {"label": "x"}):
        answer = api.post(f"/mcp/tools/{name}", {"conversation_id": UNKNOWN_ID, **extra})
        assert (answer.status_code, answer.content) == (404, b"")
    assert api.post(f"/mcp/tools/{name}", {"conversation_id": "x"}).status_code == 422
    assert api.post(f"/mcp/tools/{name}", {}).status_code == 422


def test_search_is_the_query_with_a_space_in_its_times(api: Api) -> None:
    api.create("JWT implementation review")
    data = api.tool("memory_search", query="jwt", limit=2)
    (expected,) = api.query("jwt", limit=2)
    (found,) = data["results"]
    assert (data["query"], data["total_results"], data["limit"]) == ("jwt", 1, 2)
    assert found["timestamp"] == expected["timestamp"].replace("T", " ")
    assert {**found, "timestamp": ""} == {**expected, "timestamp": ""}
    assert api.tool("memory_search", query="jwt", filters={"label": "x"})["results"] == []
    assert api.tool("memory_search", query="jwt", offset=1)["results"] == []


def test_stats_are_exact(api: Api) -> None:
    empty = api.tool("memory_stats")
    assert empty == {"total_conversations": 0, "average_importance": 0.0, "folders": []}
    api.create("a", label="L", folder="/b", importance_score=2)
    api.create("b", label="L2", folder="/b", importance_score=5)
    api.create("c", label="L", folder="/a", importance_score=9)
    data = api.tool("memory_stats")
    assert data["total_conversations"] == 3
    assert data["average_importance"] == pytest.approx(16 / 3)
    assert data["folders"] == ["/a", "/b"]
    assert "labels" not in data
    assert api.tool("memory_stats", folder="/b") == {
        "total_conversations": 2,
        "average_importance": 3.5,
        "folders": ["/b"],
    }
    assert api.tool("memory_stats", label="L") == {
        "total_conversations": 2,
        "average_importance": 5.5,
        "labels": ["L"],
    }
    answer = api.post("/mcp/tools/memory_stats", {"label": "L", "folder": "/b"})
    assert answer.json() == {
        "success": False,
        "data": None,
        "error": "Cannot specify both folder and label",
    }
