"""Vectors: the embedder's against WordLlama's own, and the index's against the definition."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from sekha.local import packing, vector_view
from sekha.local import vectors as indexed
from sekha.local.embedder import load_embedder
from sekha.local.vectors import VectorIndex

TEXTS = ["What is the token limit?", "日本語", "a", "x " * 5000, "emoji 🎉", "word " * 3]


def test_the_vectors_are_wordllamas() -> None:
    # In a process of its own: importing the package configures logging and warns.
    program = """
import json, logging, pathlib, sys
logging.basicConfig = lambda **_: None
import wordllama
model = wordllama.WordLlama.load(
    cache_dir=pathlib.Path(wordllama.__file__).parent, disable_download=True
)
print(json.dumps([model.embed(text, norm=True)[0].tolist() for text in json.load(sys.stdin)]))
"""
    result = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(TEXTS), capture_output=True, text=True
    )
    expected = np.array(json.loads(result.stdout), dtype=np.float32)
    found = load_embedder().embed(TEXTS)
    assert found.shape == (len(TEXTS), 256)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_vectors_are_unit_length_or_zero() -> None:
    vectors = load_embedder().embed([*TEXTS, ""])
    np.testing.assert_allclose(np.linalg.norm(vectors[:-1], axis=1), 1.0, atol=1e-5)
    assert not vectors[-1].any()
    assert load_embedder().embed([]).shape == (0, 256)


def test_it_is_loaded_once() -> None:
    assert load_embedder() is load_embedder()


def unit(rows: int, seed: int) -> Any:
    vectors = np.random.default_rng(seed).normal(size=(rows, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    # As a file gives them back.
    return packing.unpack(packing.pack(vectors), packing.BYTES, 16)


class Held:
    """An index of vectors, and what the file would hold of them."""

    def __init__(self, vectors: Any, each: int) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(
            "CREATE TABLE vectors (conversation INTEGER PRIMARY KEY, vectors, encoding)"
        )
        self.index = VectorIndex(16)
        for start in range(0, len(vectors), 1000 * each):
            self.add(vectors[start : start + 1000 * each], each)

    def add(self, vectors: Any, each: int) -> None:
        key = self.index.last + 1
        keys = list(range(key, key + len(vectors) // each))
        parts = [vectors[n * each : n * each + each] for n in range(len(keys))]
        firsts = [100 + (key - 1) * each for key in keys]
        self.index.extend(keys, firsts, [0] * len(keys), parts)
        if self.index.is_tail_full:
            self.index.close_segment()
        self.connection.executemany(
            "INSERT INTO vectors VALUES (?, ?, ?)",
            zip(keys, map(packing.pack, parts), [packing.BYTES] * len(keys), strict=True),
        )

    def nearest(self, query: Any, count: int, allowed: Any = None) -> Any:
        return self.index.view().nearest(self.connection, query, count, allowed)


@pytest.fixture
def filled() -> Iterator[Callable[[Any, int], Held]]:
    made = []

    def fill(vectors: Any, each: int) -> Held:
        made.append(Held(vectors, each))
        return made[-1]

    yield fill
    for held in made:
        held.connection.close()


@pytest.fixture(params=[100, 1_000_000], ids=["by codes", "held whole"])
def tail(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexed, "_LARGEST_TAIL", request.param)


@pytest.mark.parametrize("count", [1, 7, 500, 3000, 4000])
def test_nearest_is_exact(count: int, filled: Any, tail: None) -> None:
    vectors, query = unit(3000, 1), unit(1, 2)[0]
    held = filled(vectors, 3)
    rows, similarities = held.nearest(query, count)
    expected = np.argsort(-(vectors @ query), kind="stable")[:count]
    np.testing.assert_allclose(similarities, (vectors @ query)[expected], atol=1e-5)
    assert len(set(rows.tolist()) ^ set(expected.tolist())) <= 2  # a tie at the edge at most
    view, every = held.index.view(), np.arange(3000)
    assert view.messages_of(every).tolist() == list(range(100, 3100))
    assert view.conversations_of(every).tolist() == [n // 3 + 1 for n in range(3000)]


@pytest.fixture(scope="module")
def many() -> tuple[Any, Any]:
    """20,000 vectors, and 50 that are not far from one of them each."""
    vectors, noise = unit(20_000, 9), unit(50, 10)
    asked = vectors[::400] + 0.7 * noise
    return vectors, asked / np.linalg.norm(asked, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [1, 10, 100])
def test_nearest_of_many_are_nearly_all_found(
    many: tuple[Any, Any], count: int, filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that of these, too, some are left out by each of the three looks.
    monkeypatch.setattr(indexed, "_LARGEST_TAIL", 300)
    monkeypatch.setattr(vector_view, "_BY_FIRST_SIGNS", 2500)
    monkeypatch.setattr(vector_view, "_BY_FIRST_SIGNS_EACH", 100)
    vectors, asked = many
    held = filled(vectors, 4)
    allowed = np.arange(20_000) % 3 > 0
    found = 0
    for query in asked:
        similarities = vectors @ query
        for mask in (None, allowed):
            rows, nearest = held.nearest(query, count, mask)
            there = np.arange(20_000) if mask is None else np.flatnonzero(mask)
            expected = there[np.argsort(-similarities[there])[:count]]
            assert len(rows) == count and (np.diff(nearest) <= 1e-6).all()
            np.testing.assert_allclose(nearest, similarities[rows], atol=1e-5)
            assert mask is None or mask[rows].all()
            found += len(set(rows.tolist()) & set(expected.tolist()))
    assert found / (2 * count * len(asked)) >= 0.99


def test_a_text_that_is_everywhere_hides_no_other(
    many: tuple[Any, Any], filled: Any, tail: None
) -> None:
    vectors, asked = many
    flood = np.repeat(vectors[:1], 30_000, axis=0)
    held = filled(np.concatenate([vectors[:8000], flood]), 4)
    rows, similarities = held.nearest(vectors[0], 3)
    assert rows.tolist() == [0, 8000, 8001]
    rows, _ = held.nearest(asked[3], 1)
    assert rows.tolist() == [int(np.argmax(vectors[:8000] @ asked[3]))]


def test_equals_at_the_edge_go_by_age_and_push_nobody_out(filled: Any, tail: None) -> None:
    same, query = np.repeat(unit(1, 7), 10, axis=0), unit(1, 8)[0]
    held = filled(np.concatenate([same, [query, query]]), 1)
    rows, similarities = held.nearest(query, 4)
    assert rows.tolist() == [10, 11, 0, 1]
    assert similarities[:2].tolist() == pytest.approx([1.0, 1.0])


def test_nearest_among_those_allowed(filled: Any, tail: None) -> None:
    vectors, query = unit(300, 3), unit(1, 4)[0]
    held = filled(vectors, 3)
    allowed = np.zeros(300, dtype=bool)
    allowed[[5, 50, 250]] = True
    rows, _ = held.nearest(query, 10, allowed)
    assert sorted(rows.tolist()) == [5, 50, 250]
    assert held.nearest(query, 10, ~np.ones(300, dtype=bool))[0].tolist() == []


def test_views_keep_what_they_showed(filled: Any, tail: None) -> None:
    vectors = unit(300, 5)
    held = filled(vectors, 3)
    before = held.index.view()
    shown = before.nearest(held.connection, vectors[0], 300)
    held.index.remove([1, 50])
    held.add(unit(2, 6), 2)
    assert len(before) == 300
    again = before.nearest(held.connection, vectors[0], 300)
    np.testing.assert_array_equal(again[0], shown[0])
    after = held.index.view()
    rows = np.flatnonzero(after.all_visible())
    assert len(rows) == 296
    assert not {1, 50} & set(after.conversations_of(rows).tolist())
    assert not {0, 1, 2} & set(held.nearest(vectors[0], 300)[0].tolist())
    assert len(after.up_to(100)) == 300
    assert len(after.vectors_of(held.connection, 101)) == 2
    assert len(after.vectors_of(held.connection, 102)) == 0
