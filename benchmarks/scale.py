"""How cost grows with a memory: 10,000, 100,000 and 1,000,000 messages of varied text.

    python benchmarks/scale.py [--messages N ...] [--folder DIR] [--results FILE] [--plot FILE]

Each memory is filled by the embedded controller's own statements, many conversations a transaction,
and asked through the public client in a process of its own, whose memory is told. What is filled is
kept in DIR, if one is named, and not filled again.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from texts import messages

SIZES = (10_000, 100_000, 1_000_000)
EACH = 10
BATCH = 10_000
FOLDERS = 100
QUERIES = 100
NEAREST = 10
ROUNDING = 0.001
"""Of a cosine, by vectors of a byte a component."""
GOALS = {"first query": 500, "smart_query": 5, "search, rare": 5, "search, common": 15}
GOALS |= {"recall": 20, "recall, folder": 25, "assemble_context": 30, "pruning": 300, "create": 2}


def fill(path: Path, total: int) -> dict[str, Any]:
    """Fill a memory, and find on the way how near the last of the true nearest of a query is."""
    import numpy as np

    from sekha.local import packing
    from sekha.local.database import Database
    from sekha.local.embedder import load_embedder
    from sekha.local.fulltext import index_text
    from sekha.local.records import Draft
    from sekha.local.statements import Creation, create

    began = time.perf_counter()
    embedder, chance = load_embedder(), random.Random(1)
    queries = embedder.embed(messages(QUERIES, seed=3))
    best: list[Any] = [np.empty(0)] * QUERIES
    database = Database(path)
    now = time.time_ns()
    for start in range(0, total, BATCH):
        texts = messages(min(BATCH, total - start), seed=1000 + start)
        vectors = embedder.embed(texts)
        with database.writing() as connection:
            connection.execute("UPDATE vector_state SET embedder = ?", (embedder.name,))
            for at in range(0, len(texts), EACH):
                own = texts[at : at + EACH]
                number = start + at
                draft = Draft(
                    label=f"label {chance.randrange(1000)}",
                    folder=f"/work/folder{chance.randrange(FOLDERS)}",
                    importance_score=10 if chance.random() < 0.01 else chance.choice((3, 5, 7)),
                    messages=[(("user", "assistant")[n % 2], each) for n, each in enumerate(own)],
                    times=[now - (total - number) * 6_000_000_000] * len(own),
                )
                packed = packing.pack(vectors[at : at + EACH])
                words = [index_text(each) for each in own]
                create(connection, Creation(draft, packed, embedder.name, words, []), now)
        for place, found in enumerate((vectors @ queries.T).T):
            both = np.concatenate([best[place], found])
            best[place] = np.sort(both)[::-1][:NEAREST]
    database.close()
    return {"seconds": time.perf_counter() - began, "least": [float(each[-1]) for each in best]}


def ask(path: Path, least: list[float]) -> dict[str, Any]:
    """Ask a memory, in this process."""
    from sekha import MessageDto, NewConversation, SyncSekhaClient

    queries = messages(QUERIES, seed=3)
    rare, common = words_of(path)
    figures: dict[str, Any] = {}
    began = time.perf_counter()
    with SyncSekhaClient.local(path) as client:
        client.smart_query(queries[0], limit=NEAREST)
        figures["first query"] = [1000 * (time.perf_counter() - began)] * 2
        figures["memory"] = memory()
        found = []
        for query in queries:
            found.append(client.smart_query(query, limit=NEAREST))

        def timed(name: str, work: Callable[[int], Any], times: int = 12) -> None:
            took = []
            for number in range(times):
                began = time.perf_counter()
                work(number)
                took.append(1000 * (time.perf_counter() - began))
            figures[name] = [median(took), sorted(took)[int(0.95 * (len(took) - 1))]]
            print(
                f"{name:18} p50 {figures[name][0]:8.1f} ms, p95 {figures[name][1]:8.1f}",
                file=sys.stderr,
                flush=True,
            )

        def create(number: int) -> None:
            turns = [MessageDto("user", f"{each} {number}") for each in queries[:EACH]]
            client.create_conversation(NewConversation("benchmark", turns, folder="/benchmark"))

        timed("smart_query", lambda n: client.smart_query(queries[n], limit=NEAREST), 50)
        timed("search, rare", lambda n: client.search(rare[n]))
        timed("search, common", lambda n: client.search(common[n]))
        timed("the same again", lambda n: client.search(common[n]))
        timed("recall", lambda n: client.recall(queries[n]))
        folder = "/work/folder7"
        timed("recall, folder", lambda n: client.recall(queries[n], folder=folder), 5)
        timed("assemble_context", lambda n: client.assemble_context(queries[n]), 10)
        timed("pruning", lambda n: client.get_pruning_suggestions(threshold_days=60), 3)
        timed("create", create, 40)
        figures["memory at the end"] = memory()
    figures["found of true nearest"] = share(found, least)
    files = path.parent.glob(f"{path.name}*")
    figures["bytes a message"] = sum(each.stat().st_size for each in files) / count(path)
    return figures


def memory() -> dict[str, float]:
    """Megabytes of this process: now, of that what is not a mapped file, and at most ever."""
    now = {}
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(("VmRSS", "RssAnon")):
            now[line.split(":")[0]] = int(line.split()[1]) / 1024
    now["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return now


def words_of(path: Path) -> tuple[list[str], list[str]]:
    """Words that few messages have, and words that very many have."""
    sample = messages(5000, seed=4)
    counts = Counter(word for text in sample for word in set(re.findall(r"[a-z]{4,}", text)))
    ordered = [word for word, _ in counts.most_common()]
    return ordered[-40:], ordered[:40]


def count(path: Path) -> int:
    """Messages in a memory file."""
    with sqlite3.connect(path) as connection:
        number: int = connection.execute("SELECT count(*) FROM messages").fetchone()[0]
    connection.close()
    return number


def share(found: list[Any], least: list[float]) -> float:
    """Which part of what was found is as near as the last of the true nearest; of equals, of which
    there are many, any will do."""
    good = sum(
        each.similarity >= bound - ROUNDING
        for results, bound in zip(found, least, strict=True)
        for each in results
    )
    return good / (NEAREST * len(least))


def machine() -> str:
    """What the figures were taken on."""
    import os

    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    version = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return f"{os.cpu_count()} cores ({model}), {version}, load {os.getloadavg()[0]:.1f}"


def plot(results: dict[str, Any], target: Path) -> None:
    """The curve of each call, beside the growth of the memory itself."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 6))
    sizes = sorted(int(size) for size in results["sizes"])
    for name in GOALS:
        values = [results["sizes"][str(size)][name][0] for size in sizes]
        axes.plot(sizes, values, marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="messages", ylabel="milliseconds, p50")
    axes.set_title(results["machine"], fontsize=8)
    axes.grid(True, which="both", alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(target)


def run(sizes: list[int], folder: Path) -> dict[str, Any]:
    """Fill and ask a memory of each size."""
    results: dict[str, Any] = {"machine": machine(), "sizes": {}}
    for size in sizes:
        path = folder / f"{size}.db"
        told = folder / f"{size}.json"
        if not told.exists():
            told.write_text(json.dumps(fill(path, size)))
        filled = json.loads(told.read_text())
        # The first opening makes the side files; the second is measured.
        for _ in range(2):
            asked = subprocess.run(
                [sys.executable, __file__, "--ask", str(path)], stdout=subprocess.PIPE, check=True
            )
        figures = json.loads(asked.stdout)
        results["sizes"][str(size)] = {"filled in": filled["seconds"], **figures}
        print(size, json.dumps(results["sizes"][str(size)], indent=1), flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.ask:
        least = json.loads(told.ask.with_suffix(".json").read_text())["least"]
        print(json.dumps(ask(told.ask, least)))
        return
    with tempfile.TemporaryDirectory() as name:
        results = run(told.messages, told.folder or Path(name))
    if told.results:
        told.results.write_text(json.dumps(results, indent=1) + "\n")
    if told.plot:
        plot(results, told.plot)


if __name__ == "__main__":
    main()
