"""The kept ranking of a word is the ranking that there is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sekha.local import Controller, word_ranking
from support.local_api import Api


def ranked(path: Path, limit: int) -> list[str]:
    """Without anything kept."""
    controller = Controller(path)
    found = Api(controller).words("cat", limit=limit)
    controller.close()
    return found


def test_what_is_kept_is_brought_up_to_date(
    file_api: Api, memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_ranking, "_SLOW", -1.0)
    monkeypatch.setattr(word_ranking, "_KEPT", 20)
    monkeypatch.setattr(word_ranking, "_GROWN", 10.0)
    chance = random.Random(1)

    def text(number: int) -> str:
        words = ["cat"] * chance.randint(1, 4) + ["filler"] * chance.randint(1, 30)
        return f"{' '.join(words)} number{number}"

    ids = {}
    for start in range(0, 30, 6):
        texts = [text(number) for number in range(start, start + 6)]
        ids[texts[0]] = file_api.create(*texts)
    asked: list[int] = []
    made = word_ranking._brought_up_to_date

    def counted(*arguments: object) -> list[int]:
        found: list[int] = made(*arguments)  # type: ignore[arg-type]
        asked.append(len(found))
        return found

    monkeypatch.setattr(word_ranking, "_brought_up_to_date", counted)
    for turn in range(6):
        assert file_api.words("cat", limit=8) == ranked(memory_file, 8)
        if turn == 3:
            best = file_api.words("cat", limit=1)[0]
            owner = file_api.query(best, limit=1)[0]["conversation_id"]
            assert file_api.call("DELETE", f"/api/v1/conversations/{owner}").status_code == 200
        else:
            file_api.create("cat cat", text(100 + turn))
    # More than is kept is asked of the index.
    assert file_api.words("cat", limit=1000) == ranked(memory_file, 1000)
    assert 8 in asked


def test_a_common_word_finds_as_many_conversations_as_are_asked_for(
    file_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_ranking, "_SLOW", -1.0)
    monkeypatch.setattr(word_ranking, "_KEPT", 20)
    file_api.create(*["cat"] * 30)
    for number in range(12):
        file_api.create(f"cat number{number}", "and a cat")
    body = {"query": "cat", "limit": 1000, "conversations": 5}
    for _ in range(2):
        found = file_api.post("/api/v1/search/fts", body).json()["results"]
        assert len({each["conversation_id"] for each in found}) == 5
        counts = [each["conversation_id"] for each in found]
        assert max(map(counts.count, counts)) == 30
