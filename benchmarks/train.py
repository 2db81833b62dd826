"""Fit the weights of recall's ranking to the tuned half of the questions of benchmarks/data.

    python benchmarks/train.py            print the weights for sekha/_core/recall/weights.py
    python benchmarks/train.py --study    also leave each feature out in turn, and say what that costs

The model is linear. It maximises the likelihood of the messages that answer a question among all its
candidates (softmax), with a ridge. Each memory is seen twice: alone in a controller, and with all the
others around it. The figures are of memories that had no part in the fit (leave one out), so that
they show what the weights are worth elsewhere.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen
from retrieval import DATA, Memory, read_memory, store

from sekha import SyncSekhaClient
from sekha._core.listing import Filter
from sekha._core.recall.weights import WEIGHTS
from sekha._sync.recall import find

Array = npt.NDArray[Any]
RIDGE = 20.0
CANDIDATES = 150
CUTS = (1, 5, 10, 20)


@frozen
class Example:
    """One question: its candidates' features, and which of them answer it."""

    memory: str
    tuned: bool
    features: Array
    answers: Array
    expected: int


def examples(client: SyncSekhaClient, memory: Memory) -> list[Example]:
    found = []
    for number, question in enumerate(memory.questions):
        candidates = find(client._session.begin(), question.text, CANDIDATES, Filter())
        rows = candidates.features()
        answers = {memory.ids[place] for place in question.evidence}
        keys = list(rows)
        found.append(
            Example(
                memory.name,
                number % 2 == 0,
                np.array([rows[key] for key in keys]).reshape(len(keys), len(WEIGHTS)),
                np.array([key in answers for key in keys], dtype=float),
                len(answers),
            )
        )
    return found


def fit(train: Sequence[Example], columns: Sequence[int]) -> Array:
    """Newton's method; the problem is convex."""
    train = [each for each in train if each.answers.any()]
    scale = np.sqrt(np.mean([each.features[:, columns].var(0) for each in train], axis=0)) + 1e-6
    data = [
        (each.features[:, columns] / scale, each.answers / each.answers.sum()) for each in train
    ]

    def loss(weights: Array) -> float:
        total = 0.5 * RIDGE * float(weights @ weights)
        for features, answers in data:
            scores = features @ weights
            total += float(np.logaddexp.reduce(scores) - answers @ scores)
        return total

    weights = np.zeros(len(columns))
    before = loss(weights)
    for _ in range(20):
        gradient, curvature = RIDGE * weights, RIDGE * np.eye(len(columns))
        for features, answers in data:
            scores = features @ weights
            shares = np.exp(scores - np.logaddexp.reduce(scores))
            mean = features.T @ shares
            gradient = gradient + features.T @ (shares - answers)
            curvature = curvature + (features.T * shares) @ features - np.outer(mean, mean)
        step, size = np.linalg.solve(curvature, gradient), 1.0
        while (after := loss(weights - size * step)) > before and size > 1e-3:
            size /= 2
        weights = weights - size * step
        if before - after < 0.01:
            break
        before = after
    result: Array = weights / scale
    return result


def recall(data: Sequence[Example], scores: Sequence[Array]) -> list[float]:
    rows = []
    for each, score in zip(data, scores, strict=True):
        best = each.answers[np.argsort(-score, kind="stable")]
        rows.append([float(best[:cut].sum()) / each.expected for cut in CUTS])
    return [statistics.mean(column) for column in zip(*rows, strict=True)]


def left_out(data: Sequence[Example], columns: Sequence[int]) -> list[float]:
    """Recall where each memory is ranked by weights that the others gave."""
    ranked, scores = [], []
    for memory in sorted({each.memory for each in data}):
        weights = fit([each for each in data if each.memory != memory], columns)
        for each in data:
            if each.memory == memory:
                ranked.append(each)
                scores.append(each.features[:, columns] @ weights)
    return recall(ranked, scores)


def show(name: str, figures: Sequence[float]) -> None:
    print(f"{name:28}" + "".join(f"{each:8.3f}" for each in figures), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the weights of recall's ranking.")
    parser.add_argument("--study", action="store_true", help="leave each feature out in turn")
    arguments = parser.parse_args()
    memories = [read_memory(path) for path in sorted(Path(DATA).glob("*.txt"))]
    data: list[Example] = []
    with SyncSekhaClient.local() as shared:
        for memory in memories:
            store(shared, memory, memory.name, "role")
        for memory in memories:
            data += examples(shared, memory)
    for memory in memories:
        with SyncSekhaClient.local() as client:
            store(client, memory, memory.name, "role")
            data += examples(client, memory)
    columns = list(range(len(WEIGHTS)))
    weights = fit([each for each in data if each.tuned], columns)
    scores = [each.features @ weights for each in data]
    for name, value in zip(WEIGHTS, weights, strict=True):
        print(f'    "{name}": {value:.2f},')
    best = [float(each.max()) for each in scores if len(each)]
    print(f"MIDDLE = {statistics.mean(best) - 1.5:.1f}")
    show("recall@", CUTS)
    for half in (True, False):
        chosen = [place for place, each in enumerate(data) if each.tuned is half]
        show(
            "tuned half" if half else "shown half",
            recall([data[place] for place in chosen], [scores[place] for place in chosen]),
        )
    show("leave one memory out", left_out(data, columns))
    if arguments.study:
        for column, name in enumerate(WEIGHTS):
            show(f"without {name}", left_out(data, [each for each in columns if each != column]))


if __name__ == "__main__":
    main()
