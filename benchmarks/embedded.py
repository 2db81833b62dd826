"""The embedded controller beside chromadb and beside SQLite's own full-text search.

chromadb is given the same vectors, or the same embedder. Its database commits with SQLite's default,
synchronous=FULL, as the embedded controller does.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import chromadb
import numpy as np
from compare import Row, each_in_turn, in_turn, p95
from texts import messages

from sekha import MessageDto, NewConversation, SyncSekhaClient
from sekha.local import packing
from sekha.local.embedder import Embedder, Vectors, load_embedder
from sekha.local.vector_view import VectorView
from sekha.local.vectors import VectorIndex

EACH = 10
QUERIES = 200
NEAREST = 10
SLOW = 0.002
DURABLE = "both with synchronous=FULL"


class _Embedding(chromadb.EmbeddingFunction[Any]):
    """The embedded controller's embedder, for chromadb."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def __call__(self, input: Any) -> Any:
        return list(self._embedder.embed(input))

    @staticmethod
    def name() -> str:
        return "wordllama"

    def get_config(self) -> dict[str, Any]:
        return {}


def collection(folder: Path, embedder: Embedder) -> Any:
    settings = chromadb.Settings(anonymized_telemetry=False)
    client = chromadb.PersistentClient(str(folder), settings=settings)
    return client.create_collection(
        "messages", metadata={"hnsw:space": "cosine"}, embedding_function=_Embedding(embedder)
    )


def storing(folder: Path, embedder: Embedder, total: int) -> Row:
    """Conversations of ten, one call each."""
    texts = messages(total, seed=2)
    vectors = embedder.embed(texts)
    stored = collection(folder / "storing", embedder)
    numbers = count()

    def add_to_peer() -> None:
        first = next(numbers) * EACH % total
        rows = range(first, first + EACH)
        stored.add(
            ids=[f"{next(unique)}" for _ in rows],
            embeddings=vectors[first : first + EACH],
            documents=texts[first : first + EACH],
        )

    unique = count()
    with SyncSekhaClient.local(folder / "storing.db") as client:

        def add_to_ours() -> None:
            first = next(numbers) * EACH % total
            client.create_conversation(conversation(texts[first : first + EACH]))

        # A fifth first to warm up, then in five rounds.
        times = total // EACH // 5
        peer, ours = in_turn(add_to_peer, add_to_ours, times=times, rounds=5)
    return Row(f"store {EACH} messages in one call", "chromadb add", peer, ours, 0.5, note=DURABLE)


def conversation(texts: Sequence[str]) -> NewConversation:
    roles = ("user", "assistant")
    turns = [MessageDto(roles[place % 2], text) for place, text in enumerate(texts)]
    return NewConversation("benchmark", turns)


def nearest(stored: Any, vectors: Vectors, queries: Vectors) -> list[Row]:
    """At the index: a vector in, the nearest rows out."""
    view, file = _filled(vectors)
    found: dict[str, list[list[int]]] = {"peer": [], "ours": []}

    def ask_peer(number: int) -> None:
        answer = stored.query(query_embeddings=queries[number], n_results=NEAREST, include=[])
        found["peer"].append([int(each) for each in answer["ids"][0]])

    def ask_ours(number: int) -> None:
        rows, _ = view.nearest(file, queries[number], NEAREST)
        found["ours"].append(rows.tolist())

    peer, ours = each_in_turn(ask_peer, ask_ours, range(len(queries)))
    recall = {name: _recall(vectors, queries, rows) for name, rows in found.items()}
    work = f"nearest {NEAREST} of {len(vectors)} vectors"
    note = f"of the true nearest: chromadb {recall['peer']:.4f}, ours {recall['ours']:.4f}"
    missed = 100 * (1 - recall["ours"])
    return [
        Row(f"{work}, p50", "chromadb query", median(peer), median(ours), 1.0),
        Row(f"{work}, p95", "chromadb query", p95(peer), p95(ours), 1.0, note=note),
        Row(f"{work}, missed of 100", "at most one", 1.0, missed, 1.0, unit="rows"),
    ]


def _recall(vectors: Vectors, queries: Vectors, found: Sequence[Sequence[int]]) -> float:
    """The share that is as near as the true nearest; of equals, any will do."""
    good = 0
    for query, rows in zip(queries, found, strict=True):
        similarities = vectors @ query
        last = np.partition(similarities, len(vectors) - NEAREST)[len(vectors) - NEAREST]
        good += int((similarities[rows] >= last - 1e-6).sum())
    return good / (NEAREST * len(queries))


def _filled(vectors: Vectors) -> tuple[VectorView, sqlite3.Connection]:
    index = VectorIndex(vectors.shape[1])
    file = sqlite3.connect(":memory:")
    file.execute("CREATE TABLE vectors (conversation INTEGER PRIMARY KEY, vectors, encoding)")
    for start in range(0, len(vectors), EACH):
        part = vectors[start : start + EACH]
        key = start // EACH + 1
        file.execute(
            "INSERT INTO vectors VALUES (?, ?, ?)", (key, packing.pack(part), packing.BYTES)
        )
        index.extend([key], [start], [0], [part])
        if index.is_tail_full:
            index.close_segment()
    return index.view(), file


def by_meaning(client: SyncSekhaClient, stored: Any, queries: Sequence[str]) -> list[Row]:
    """End to end: a text in, messages out."""
    peer, ours = each_in_turn(
        lambda number: stored.query(query_texts=[queries[number]], n_results=NEAREST),
        lambda number: client.smart_query(queries[number], limit=NEAREST),
        range(len(queries)),
    )
    total = stored.count()
    return [
        Row(f"smart_query over {total}, p50", "chromadb query", median(peer), median(ours), 1.0),
        Row(f"smart_query over {total}, p50", "10 ms", 0.010, median(ours), 1.0),
        Row(f"smart_query over {total}, p95", "chromadb query", p95(peer), p95(ours)),
    ]


def by_word(client: SyncSekhaClient, path: Path, texts: Sequence[str]) -> list[Row]:
    """Frequent words, whose bare search takes a while."""
    with sqlite3.connect(path) as database:

        def bare(query: str) -> list[Any]:
            return database.execute(
                "SELECT rowid FROM message_words WHERE message_words MATCH ? "
                "ORDER BY rank LIMIT 20",
                (" ".join(f'"{word}"' for word in query.split()),),
            ).fetchall()

        slow = [query for query in _word_queries(texts) if _time(bare, query) > SLOW][:QUERIES]
        peer, ours = each_in_turn(
            lambda number: bare(slow[number]),
            lambda number: client.search(slow[number]),
            range(len(slow)),
        )
    ratios = [b / a for a, b in zip(peer, ours, strict=True)]
    work = f"search over {len(texts)}, {len(slow)} slow queries"
    note = f"ratio of each: median {median(ratios):.2f}, p95 {p95(ratios):.2f}"
    return [
        Row(f"{work}, p50", "SQLite FTS5, ranked", median(peer), median(ours), 1.3, note=note),
        Row(f"{work}, p95", "SQLite FTS5, ranked", p95(peer), p95(ours), 1.3),
    ]


def _word_queries(texts: Sequence[str]) -> list[str]:
    """Single words and pairs, the most frequent first."""
    counts = Counter(word for text in texts[:5000] for word in set(re.findall(r"[a-z]+", text)))
    words = [word for word, _ in counts.most_common(300)]
    pairs = [f"{a} {b}" for a, b in zip(words, words[7:], strict=False)]
    return [query for both in zip(words, pairs, strict=False) for query in both]


def _time(work: Any, argument: str) -> float:
    began = perf_counter()
    work(argument)
    return perf_counter() - began


def starting(path: Path, query: str) -> list[Row]:
    """From nothing to the first answer by meaning."""
    times = []
    for _ in range(5):
        began = perf_counter()
        with SyncSekhaClient.local(path) as client:
            client.smart_query(query, limit=1)
        times.append(perf_counter() - began)
    return [Row("open a memory and find by meaning", "one second", 1.0, median(times), 1.0)]


def rows(total: int) -> list[Row]:
    """All of them, over so many messages."""
    embedder = load_embedder()
    texts = messages(total)
    queries = messages(QUERIES, seed=3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vectors = np.concatenate(
            [embedder.embed(texts[start : start + 1000]) for start in range(0, total, 1000)]
        )
        stored = collection(folder / "peer", embedder)
        for start in range(0, total, 5000):
            chosen = slice(start, start + 5000)
            ids = [str(number) for number in range(total)[chosen]]
            stored.add(ids=ids, embeddings=vectors[chosen], documents=list(texts[chosen]))
        path = folder / "memory.db"
        with SyncSekhaClient.local(path) as client:
            for start in range(0, total, 100):
                client.create_conversation(conversation(texts[start : start + 100]))
            client.smart_query("warm up", limit=1)
            return [
                storing(folder, embedder, 10_000),
                *nearest(stored, vectors, embedder.embed(queries)),
                *by_meaning(client, stored, queries),
                *by_word(client, path, texts),
                *starting(path, queries[0]),
            ]
