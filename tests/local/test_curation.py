"""Summaries, label suggestions and pruning: made of the stored words, and saying so."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from support.local_api import UNKNOWN_ID, Api

DAY = 86_400 * 10**9


def age(memory_file: Path, conversation_id: str, days: float) -> None:
    """Make a conversation's last change lie further back."""
    connection = sqlite3.connect(memory_file)
    with connection:
        connection.execute(
            "UPDATE conversations SET updated_at = updated_at - ? WHERE id = ?",
            (int(days * DAY), conversation_id),
        )
    connection.close()


def suggested(api: Api, days: int) -> list[dict[str, Any]]:
    answer = api.post("/api/v1/prune/dry-run", {"threshold_days": days})
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["total"] == len(page["suggestions"])
    suggestions: list[dict[str, Any]] = page["suggestions"]
    return suggestions


def test_dry_run_lists_what_is_old_the_oldest_first(file_api: Api, memory_file: Path) -> None:
    fresh = file_api.create("fresh")
    old = file_api.create("The token budget of the parser. It is 200 tokens.", "1234", label="Old")
    older = file_api.create("older")
    age(memory_file, old, 40)
    age(memory_file, older, 50)
    assert [s["conversation_id"] for s in suggested(file_api, 30)] == [older, old]
    assert [s["conversation_id"] for s in suggested(file_api, 45)] == [older]
    assert [s["conversation_id"] for s in suggested(file_api, 0)] == [older, old, fresh]
    assert [s["conversation_id"] for s in suggested(file_api, -36500)] == [older, old, fresh]
    assert suggested(file_api, 36500) == []
    suggestion = suggested(file_api, 30)[1]
    assert (suggestion["conversation_label"], suggestion["message_count"]) == ("Old", 2)
    assert suggestion["token_estimate"] == (49 + 4 + 3) // 4
    assert suggestion["last_accessed"] == file_api.details(old)["updated_at"].replace(" ", "T")
    assert "xtractive" in suggestion["preview"]
    assert "token budget of the parser" in suggestion["preview"]


def test_pinned_and_archived_are_never_suggested(api: Api) -> None:
    api.create("pinned", importance_score=10)
    archived = api.create("archived")
    api.put(f"/api/v1/conversations/{archived}/archive")
    kept = api.create("important", importance_score=9)
    plain = api.create("plain")
    recommendations = {s["conversation_id"]: s["recommendation"] for s in suggested(api, 0)}
    assert recommendations == {kept: "keep", plain: "archive"}


def test_dry_run_refuses_what_cannot_be_a_date(api: Api) -> None:
    for days in (10**12, -(10**12), 1.5, "30", None):
        answer = api.post("/api/v1/prune/dry-run", {"threshold_days": days})
        assert answer.status_code == 422


def test_memory_prune(file_api: Api, memory_file: Path) -> None:
    low = file_api.create("x" * 400, importance_score=2)
    middle = file_api.create("y" * 40)
    high = file_api.create("z", importance_score=8)
    for conversation_id in (low, middle, high):
        age(memory_file, conversation_id, 31)
    data = file_api.tool("memory_prune")
    assert (data["threshold_days"], data["importance_threshold"]) == (30, 5.0)
    assert [s["conversation_id"] for s in data["suggestions"]] == [low, middle]
    assert (data["total_suggestions"], data["estimated_token_savings"]) == (2, 110)
    stricter = file_api.tool("memory_prune", threshold_days=0, importance_threshold=2)
    assert [s["conversation_id"] for s in stricter["suggestions"]] == [low]
    wider = file_api.tool("memory_prune", threshold_days=0, importance_threshold=9.5)
    assert [s["recommendation"] for s in wider["suggestions"]] == ["archive", "archive", "keep"]
    assert wider["estimated_token_savings"] == 110
    assert file_api.tool("memory_prune", threshold_days=32)["suggestions"] == []


def test_prune_execute_archives_all_or_none(api: Api) -> None:
    first, second = api.create("a"), api.create("b")
    answer = api.post("/api/v1/prune/execute", {"conversation_ids": [first, UNKNOWN_ID, second]})
    assert answer.status_code == 404
    assert api.listed(archived="true") == []
    answer = api.post("/api/v1/prune/execute", {"conversation_ids": [first, second, first]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert set(api.listed(archived="true")) == {first, second}
    assert api.post("/api/v1/prune/execute", {"conversation_ids": []}).status_code == 200
    assert api.post("/api/v1/prune/execute", {"conversation_ids": ["x"]}).status_code == 422


def test_summary_is_made_of_the_conversations_sentences(api: Api) -> None:
    sentences = [f"Fact number {n} is about topic {chr(97 + n) * 5}." for n in range(12)]
    conversation_id = api.create(" ".join(sentences))
    lengths = []
    for level in ("daily", "weekly", "monthly"):
        answer = api.post("/api/v1/summarize", {"conversation_id": conversation_id, "level": level})
        summary = answer.json()
        assert (summary["level"], summary["conversation_id"]) == (level, conversation_id)
        heading, *lines = summary["summary"].splitlines()
        assert heading == f"Extractive {level} summary of 1 message:"
        chosen = [line.removeprefix("- user: ") for line in lines]
        assert chosen == [sentence for sentence in sentences if sentence in chosen]
        lengths.append(len(chosen))
    assert lengths == [3, 5, 8]


def test_summary_of_little_and_of_nothing(api: Api) -> None:
    short, empty = api.create("Only this"), api.create()
    body = {"conversation_id": short, "level": "daily"}
    assert "- user: Only this" in api.post("/api/v1/summarize", body).json()["summary"]
    body = {"conversation_id": empty, "level": "daily"}
    assert "no text" in api.post("/api/v1/summarize", body).json()["summary"]


def test_an_unknown_level_is_a_json_400(api: Api) -> None:
    conversation_id = api.create("a")
    body = {"conversation_id": conversation_id, "level": "yearly"}
    answer = api.post("/api/v1/summarize", body)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "Invalid level: must be daily, weekly, or monthly",
        "code": 400,
    }
    wrong = {"conversation_id": conversation_id, "level": 1}
    assert api.post("/api/v1/summarize", wrong).status_code == 422


@pytest.mark.parametrize(
    ("path", "extra"), [("/api/v1/summarize", {"level": "daily"}), ("/api/v1/labels/suggest", {})]
)
def test_unknown_and_malformed_ids_in_a_body(api: Api, path: str, extra: dict[str, str]) -> None:
    unknown = api.post(path, {"conversation_id": UNKNOWN_ID, **extra})
    assert unknown.status_code == 404
    assert unknown.json() == {"error": "Conversation not found", "code": 404}
    assert api.post(path, {"conversation_id": "nope", **extra}).status_code == 422


class TestLabels:
    def suggest(self, api: Api, conversation_id: str) -> list[dict[str, Any]]:
        body = {"conversation_id": conversation_id}
        answer = api.post("/api/v1/labels/suggest", body)
        assert answer.status_code == 200, answer.text
        suggestions: list[dict[str, Any]] = answer.json()["suggestions"]
        assert all(0 <= s["confidence"] <= 1 for s in suggestions)
        assert all("xtractive" in s["reason"] for s in suggestions)
        return suggestions

    def test_the_label_of_what_is_most_alike_comes_first(self, api: Api) -> None:
        api.create("How do I bake sourdough bread at home?", label="Cooking")
        api.create("A recipe for a simple tomato soup with basil", label="Cooking")
        api.create("The stock market fell after the rate decision", label="Finance")
        api.create("How do I write a Python function?", label="Programming")
        new = api.create("What flour is best for baking bread and pizza dough?", label="Inbox")
        first = self.suggest(api, new)[0]
        assert (first["label"], first["is_existing"]) == ("Cooking", True)
        assert first["confidence"] > 0.5

    def test_key_terms_are_offered_as_new_labels(self, api: Api) -> None:
        conversation_id = api.create(
            "Kubernetes ingress is failing", "Which Kubernetes version?", "The ingress of 1.29"
        )
        labels = {s["label"]: s for s in self.suggest(api, conversation_id)}
        assert {"Kubernetes", "ingress"} <= set(labels)
        assert not labels["Kubernetes"]["is_existing"]
        api.create("unrelated", label="Kubernetes")
        labels = {s["label"]: s for s in self.suggest(api, conversation_id)}
        assert labels["Kubernetes"]["is_existing"]

    def test_its_own_label_is_no_suggestion_from_itself(self, api: Api) -> None:
        conversation_id = api.create("Kubernetes ingress", label="Kubernetes")
        assert "Kubernetes" not in [s["label"] for s in self.suggest(api, conversation_id)]

    def test_nothing_to_go_by(self, api: Api) -> None:
        api.create("something", label="Other")
        assert self.suggest(api, api.create()) == []
