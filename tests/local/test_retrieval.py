"""Semantic queries and contexts."""

from __future__ import annotations

from typing import Any

import pytest

from support.local_api import Api

CATS = "Cats are small animals that like to sleep and to hunt mice"
STOCKS = "The stock market fell sharply after the interest rate decision"
PYTHON = "Write a Python function that sorts a list of dictionaries"


@pytest.fixture
def filled(api: Api) -> Api:
    api.create(CATS, label="Pets", folder="/home")
    api.create(STOCKS, label="Money", folder="/work")
    api.create(PYTHON, label="Code", folder="/work")
    return api


def test_the_nearest_meaning_comes_first_without_a_shared_word(filled: Api) -> None:
    assert filled.query("a feline pet")[0]["content"] == CATS
    assert filled.query("investments and shares")[0]["content"] == STOCKS
    assert filled.query("coding a sorting algorithm")[0]["content"] == PYTHON


def test_score_is_a_cosine_distance(filled: Api) -> None:
    results = filled.query(CATS)
    scores = [result["score"] for result in results]
    assert len(results) == 3
    assert scores == sorted(scores)
    assert scores[0] == pytest.approx(0.0, abs=1e-3)
    assert all(0.3 < score < 1.3 for score in scores[1:])


def test_result_says_where_it_is_from(filled: Api) -> None:
    result = filled.query(CATS, limit=1)[0]
    assert (result["label"], result["folder"]) == ("Pets", "/home")
    assert result["metadata"]["role"] == "user"
    assert result["metadata"]["message_id"] == result["message_id"]
    assert result["timestamp"] == result["metadata"]["timestamp"]


def test_limit_and_offset(filled: Api) -> None:
    everything = [result["content"] for result in filled.query("animals")]
    assert filled.query("animals", limit=0) == []
    pages = [filled.query("animals", limit=1, offset=offset) for offset in range(4)]
    assert [[result["content"] for result in page] for page in pages] == [
        *([content] for content in everything),
        [],
    ]
    assert len(filled.query("animals", limit=4294967295)) == 3
    page = filled.post("/api/v1/query", {"query": "x", "limit": 2, "offset": 2}).json()
    assert (page["total"], page["page"], page["page_size"]) == (1, 1, 2)
    for wrong in ({"limit": -1}, {"offset": -1}, {"limit": 4294967296}, {"limit": "1"}):
        assert filled.post("/api/v1/query", {"query": "x", **wrong}).status_code == 422


def test_pages_of_equal_messages_neither_repeat_nor_skip(api: Api) -> None:
    ids = {api.create("exactly the same text") for _ in range(25)}
    seen = [
        result["conversation_id"]
        for offset in range(0, 25, 4)
        for result in api.query("exactly the same text", limit=4, offset=offset)
    ]
    assert len(seen) == 25
    assert set(seen) == ids


def test_filters_filter(filled: Api) -> None:
    def found(**filters: Any) -> list[str]:
        return sorted(r["label"] for r in filled.query("x", filters=filters))

    assert found(label="Money") == ["Money"]
    assert found(folder="/work") == ["Code", "Money"]
    assert found(label=["Pets", "Code"]) == ["Code", "Pets"]
    assert found(label="Pets", folder="/work") == []
    assert found(role="assistant") == []
    assert found(role="user", status="active") == ["Code", "Money", "Pets"]
    assert found(label=None) == ["Code", "Money", "Pets"]
    assert found(label=[]) == []


@pytest.mark.parametrize("filters", [{"colour": "red"}, {"label": 1}, {"label": [1]}])
def test_a_filter_without_meaning_is_refused_not_ignored(api: Api, filters: object) -> None:
    assert api.post("/api/v1/query", {"query": "x", "filters": filters}).status_code == 422


def test_changes_show_at_once(filled: Api) -> None:
    conversation_id = filled.query(CATS, limit=1)[0]["conversation_id"]
    filled.put(f"/api/v1/conversations/{conversation_id}/label", {"label": "New", "folder": "/n"})
    assert filled.query(CATS, limit=1)[0]["label"] == "New"
    filled.put(f"/api/v1/conversations/{conversation_id}/archive")
    assert filled.query(CATS, limit=1)[0]["conversation_id"] == conversation_id
    filled.create("A kitten is a young cat")
    assert filled.query("kitten", limit=1)[0]["content"] == "A kitten is a young cat"


def test_empty_texts_have_a_place_too(api: Api) -> None:
    assert api.query("nothing stored") == []
    api.create("", "words")
    assert {result["content"] for result in api.query("words")} == {"", "words"}
    assert [result["score"] for result in api.query("")] == [1.0, 1.0]


def test_a_very_long_message_is_embedded(api: Api) -> None:
    api.create("quantum physics " * 60_000)
    assert api.query("quantum physics")[0]["score"] < 0.1


def test_rebuilding_embeds_everything_again(file_api: Api, memory_file: Any) -> None:
    import sqlite3

    file_api.create(CATS)
    file_api.create(STOCKS, PYTHON)
    before = [(r["content"], r["score"]) for r in file_api.query("a feline pet")]
    with sqlite3.connect(memory_file) as connection:
        size = connection.execute("SELECT sum(length(vectors)) FROM vectors").fetchone()
        connection.execute("UPDATE vectors SET vectors = zeroblob(length(vectors))")
        connection.execute("UPDATE vector_state SET generation = generation + 1")
    connection.close()
    assert {r["score"] for r in file_api.query("a feline pet")} == {1.0}
    answer = file_api.post("/api/v1/rebuild-embeddings")
    assert (answer.status_code, answer.content) == (202, b"")
    assert [(r["content"], r["score"]) for r in file_api.query("a feline pet")] == before
    connection = sqlite3.connect(memory_file)
    assert connection.execute("SELECT sum(length(vectors)) FROM vectors").fetchone() == size
    connection.close()


class TestContext:
    def assemble(self, api: Api, query: str, budget: int, **arguments: Any) -> list[dict[str, Any]]:
        arguments.setdefault("preferred_labels", [])
        body = {"query": query, "context_budget": budget, **arguments}
        answer = api.post("/api/v1/context/assemble", body)
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()
        assert len({message["id"] for message in messages}) == len(messages)
        return messages

    def labels(self, messages: list[dict[str, Any]]) -> list[str]:
        return [message["metadata"]["citation"]["label"] for message in messages]

    def test_the_nearest_first_with_citations(self, filled: Api) -> None:
        messages = self.assemble(filled, "a feline pet", 8000)
        assert self.labels(messages)[0] == "Pets"
        assert len(messages) == 3
        citation = messages[0]["metadata"]["citation"]
        assert citation == {
            "label": "Pets",
            "folder": "/home",
            "timestamp": messages[0]["timestamp"].replace("T", " "),
        }

    def test_preferred_and_pinned_come_before_nearer_ones(self, filled: Api) -> None:
        chosen = self.assemble(filled, "a feline pet", 8000, preferred_labels=["Code"])
        assert self.labels(chosen)[:2] == ["Code", "Pets"]
        pinned = filled.query(STOCKS, limit=1)[0]["conversation_id"]
        filled.put(f"/api/v1/conversations/{pinned}/pin")
        chosen = self.assemble(filled, "a feline pet", 8000)
        assert self.labels(chosen)[:2] == ["Money", "Pets"]

    def test_a_preferred_message_counts_once_however_often_it_qualifies(self, api: Api) -> None:
        api.create(CATS, label="Pets", importance_score=10)
        assert len(self.assemble(api, CATS, 8000, preferred_labels=["Pets", "Pets"])) == 1

    def test_the_budget_is_filled_to_85_percent(self, api: Api) -> None:
        for number in range(20):
            api.create(f"{number:02d}" + "x" * 38)  # 10 tokens each
        assert len(self.assemble(api, "x", 100)) == 8
        assert len(self.assemble(api, "x", 11)) == 0
        assert len(self.assemble(api, "x", 12)) == 1
        assert self.assemble(api, "x", 0) == []
        assert len(self.assemble(api, "x", 4294967295)) == 20

    def test_one_too_large_is_passed_over(self, api: Api) -> None:
        api.create("cats " * 100, label="large")
        api.create("dogs", label="small")
        assert self.labels(self.assemble(api, "cats", 20)) == ["small"]

    def test_excluded_folders_are_out_even_when_preferred(self, filled: Api) -> None:
        chosen = self.assemble(
            filled, "x", 8000, preferred_labels=["Code"], excluded_folders=["/work"]
        )
        assert self.labels(chosen) == ["Pets"]
        assert len(self.assemble(filled, "x", 8000, excluded_folders=["/wor"])) == 3

    def test_required_fields(self, api: Api) -> None:
        body = {"query": "x", "context_budget": 100}
        assert api.post("/api/v1/context/assemble", body).status_code == 422
