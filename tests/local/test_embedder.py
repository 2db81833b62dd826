"""Vectors: the embedder's against WordLlama's own, and the index's against the definition."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

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
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def filled(vectors: Any, each: int) -> VectorIndex:
    index = VectorIndex(16)
    conversations = len(vectors) // each
    keys = np.arange(1, conversations + 1)
    half = conversations // 2
    for part in (slice(0, half), slice(half, None)):
        chosen = keys[part]
        rows = vectors[(chosen[0] - 1) * each : chosen[-1] * each]
        index.extend(chosen, (chosen - 1) * each + 100, np.full(len(chosen), each), rows)
    return index


@pytest.mark.parametrize("count", [1, 7, 500, 3000, 4000])
def test_nearest_is_exact(count: int) -> None:
    vectors, query = unit(3000, 1), unit(1, 2)[0]
    view = filled(vectors, 3).view()
    rows, similarities = view.nearest(query, count)
    expected = np.argsort(-(vectors @ query), kind="stable")[:count]
    np.testing.assert_allclose(similarities, (vectors @ query)[expected], atol=1e-5)
    assert len(set(rows.tolist()) ^ set(expected.tolist())) <= 2  # a tie at the edge at most
    assert view.messages.tolist() == list(range(100, 3100))
    assert view.conversations.tolist() == [n // 3 + 1 for n in range(3000)]


@pytest.fixture(scope="module")
def many() -> tuple[Any, Any]:
    """40,000 vectors, and 50 that are not far from one of them each."""
    vectors, noise = unit(40_000, 9), unit(50, 10)
    asked = vectors[::800] + 0.7 * noise
    return vectors, asked / np.linalg.norm(asked, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [1, 10, 100])
def test_nearest_of_many_are_nearly_all_found(many: tuple[Any, Any], count: int) -> None:
    vectors, asked = many
    view = filled(vectors, 4).view()
    allowed = np.arange(40_000) % 3 > 0
    found = 0
    for query in asked:
        similarities = vectors @ query
        for mask in (None, allowed):
            rows, nearest = view.nearest(query, count, mask)
            there = np.arange(40_000) if mask is None else np.flatnonzero(mask)
            expected = there[np.argsort(-similarities[there])[:count]]
            assert len(rows) == count and (np.diff(nearest) <= 1e-6).all()
            np.testing.assert_allclose(nearest, similarities[rows], atol=1e-5)
            assert mask is None or mask[rows].all()
            found += len(set(rows.tolist()) & set(expected.tolist()))
    assert found / (2 * count * len(asked)) >= 0.99


def test_a_text_that_is_everywhere_hides_no_other(many: tuple[Any, Any]) -> None:
    vectors, asked = many
    flood = np.repeat(vectors[:1], 30_000, axis=0)
    view = filled(np.concatenate([vectors[:8000], flood]), 4).view()
    rows, similarities = view.nearest(vectors[0], 3)
    assert rows.tolist() == [0, 8000, 8001]
    rows, _ = view.nearest(asked[3], 1)
    assert rows.tolist() == [int(np.argmax(vectors[:8000] @ asked[3]))]


def test_equals_at_the_edge_go_by_age_and_push_nobody_out() -> None:
    same, query = np.repeat(unit(1, 7), 10, axis=0), unit(1, 8)[0]
    view = filled(np.concatenate([same, [query, query]]), 1).view()
    rows, similarities = view.nearest(query, 4)
    assert rows.tolist() == [10, 11, 0, 1]
    assert similarities[:2].tolist() == pytest.approx([1.0, 1.0])


def test_nearest_among_those_allowed() -> None:
    vectors, query = unit(300, 3), unit(1, 4)[0]
    view = filled(vectors, 3).view()
    allowed = np.zeros(300, dtype=bool)
    allowed[[5, 50, 250]] = True
    rows, _ = view.nearest(query, 10, allowed)
    assert sorted(rows.tolist()) == [5, 50, 250]
    assert view.nearest(query, 10, ~np.ones(300, dtype=bool))[0].tolist() == []


def test_views_keep_what_they_showed() -> None:
    vectors = unit(300, 5)
    index = filled(vectors, 3)
    before = index.view()
    seen = before.similarities(vectors[0]).copy()
    index.remove([1, 50])
    index.extend(np.array([101]), np.array([900]), np.array([2]), unit(2, 6))
    assert len(before) == 300
    np.testing.assert_array_equal(before.similarities(vectors[0]), seen)
    after = index.view()
    assert len(after) == 296
    assert not {1, 50} & set(after.conversations.tolist())
    assert len(after.up_to(100)) == 294
    assert len(after.vectors_of(101)) == 2
    assert len(after.vectors_of(50)) == 0
