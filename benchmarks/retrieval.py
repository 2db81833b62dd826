"""How well each way of searching finds the messages that answer a question, and what it costs.

    python benchmarks/retrieval.py                        on the embedded controller
    python benchmarks/retrieval.py --url URL --key KEY    on a running one; what it stores stays there
    python benchmarks/retrieval.py --more FILE            other conversations stored in between
                                                          (ShareGPT or the demo data's form)

The questions are those of benchmarks/data: friends, a team at work, siblings, somebody who programs
with an assistant, in several languages; each question with the messages that answer it. Every second
question was used to choose the weights ("tuned", benchmarks/train.py); the others show what they are
worth ("shown").

Recall@k is the share of a question's messages that are among the first k results, averaged; of
sessions, the share of its conversations among those of the results, each counted once. Context is the
share of a question's messages in a context of so many tokens, headers included.
Own time is the processor time of the client alone, all its threads together: each query is run again
with all answers at hand, so that there is nothing to wait for.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from sekha import ClientConfig, MessageDto, NewConversation, SyncSekhaClient
from sekha_api.types import RawResponse, Request

DATA = Path(__file__).resolve().parent / "data"
CUTS = (1, 5, 10)
SESSION_CUTS = (5, 10)
BUDGETS = (500, 1000, 2000)
RANK_FUSION = 60
FUSED = 200
TURN = re.compile(r"(\d+) (\w+): (.*)")
Place = tuple[int, int]


@frozen
class Question:
    """A question and the turns that answer it, as session and turn from 0."""

    text: str
    evidence: tuple[Place, ...]


@define
class Memory:
    """A file of sessions and questions."""

    name: str
    sessions: list[tuple[str, list[tuple[str, str]]]] = field(factory=list)
    questions: list[Question] = field(factory=list)
    ids: dict[Place, str] = field(factory=dict)
    owners: dict[int, str] = field(factory=dict)

    @property
    def turns(self) -> int:
        return sum(len(turns) for _, turns in self.sessions)


def read_memory(path: Path) -> Memory:
    memory = Memory(path.stem)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        sessions = memory.sessions
        if line.startswith("= "):
            sessions.append((line[2:], []))
        elif line.startswith(("? ", "+ ")):
            text, _, evidence = line[2:].rpartition(" | ")
            places = [_place(each.strip(), len(sessions)) for each in evidence.split(",")]
            if any(turn >= len(sessions[session][1]) for session, turn in places):
                raise ValueError(f"{path.name}:{number}: no such turn")
            memory.questions.append(Question(text, tuple(places)))
        elif (turn := TURN.fullmatch(line)) and int(turn[1]) == len(sessions[-1][1]) + 1:
            sessions[-1][1].append((turn[2], turn[3]))
        else:
            raise ValueError(f"{path.name}:{number}: not understood")
    return memory


def _place(text: str, session: int) -> Place:
    before, dot, after = text.partition(".")
    return (int(before) - 1, int(after) - 1) if dot else (session - 1, int(text) - 1)


def store(client: SyncSekhaClient, memory: Memory, label: str, speakers: str) -> None:
    """Store each session as a conversation, and note the ids of its messages."""
    for session, (date, turns) in enumerate(memory.sessions):
        messages = [_message(name, text, speakers) for name, text in turns]
        stored = client.create_conversation(NewConversation(label, messages, folder=f"/{date}"))
        memory.owners[session] = stored.id
        whole = client.get_conversation(stored.id)
        for turn, message in enumerate(whole.messages or ()):
            memory.ids[session, turn] = message.id or ""


def _message(name: str, text: str, speakers: str) -> MessageDto:
    if speakers == "content":
        return MessageDto("user", f"{name}: {text}")
    return MessageDto(name if speakers == "role" else "user", text)


def store_more(client: SyncSekhaClient, path: Path) -> int:
    """Store other conversations; gives how many messages they have."""
    count = 0
    for record in json.loads(path.read_text(encoding="utf-8")):
        turns = [MessageDto(turn["from"], turn["value"]) for turn in record["conversations"]]
        client.create_conversation(NewConversation("something else", turns))
        count += len(turns)
    return count


class WordsAlone:
    """SQLite's own BM25 over the memory's messages: any word, stems, stop words included."""

    def __init__(self, memory: Memory, speakers: str) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE words USING fts5(id UNINDEXED, content, tokenize = 'porter')"
        )
        for session, (_, turns) in enumerate(memory.sessions):
            for turn, (name, text) in enumerate(turns):
                content = _message(name, text, speakers).content
                row = (memory.ids[session, turn], content)
                self._database.execute("INSERT INTO words VALUES (?, ?)", row)

    def __call__(self, query: str) -> list[str]:
        wanted = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", query))
        rows = self._database.execute(
            "SELECT id FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?", (wanted, FUSED)
        )
        return [row[0] for row in rows]


def fuse(rankings: Iterable[Sequence[str]]) -> list[str]:
    """Plain reciprocal rank fusion."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, each in enumerate(ranking):
            scores[each] = scores.get(each, 0.0) + 1.0 / (RANK_FUSION + rank)
    return sorted(scores, key=lambda each: -scores[each])


class Replay:
    """A transport that keeps the answers it passes on, and once `replaying` gives them again."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._answers: dict[tuple[str, bytes | None], RawResponse] = {}
        self.replaying = False

    def send(self, request: Request, timeout: float) -> RawResponse:
        key = (request.path, request.content)
        if not self.replaying:
            self._answers[key] = self._transport.send(request, timeout)
        return self._answers[key]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def measure(
    ways: dict[str, Callable[[str], list[str]]], memory: Memory
) -> dict[str, list[list[float]]]:
    """Recall at each cut, for each question and way."""
    found: dict[str, list[list[float]]] = {name: [] for name in ways}
    for question in memory.questions:
        wanted = [memory.ids[place] for place in question.evidence]
        for name, way in ways.items():
            ranking = way(question.text)
            found[name].append(
                [sum(each in ranking[:cut] for each in wanted) / len(wanted) for cut in CUTS]
            )
    return found


def share(found: Iterable[str], expected: Sequence[str]) -> float:
    held = set(found)
    return sum(each in held for each in expected) / len(expected)


def measure_sessions(
    client: SyncSekhaClient, memory: Memory, label: str | None
) -> list[list[float]]:
    """Of each question, the share of its sessions among the first so many of the results."""
    rows = []
    for question in memory.questions:
        owners = {memory.owners[session] for session, _ in question.evidence}
        results = client.recall(question.text, limit=100, label=label)
        ranking = list(dict.fromkeys(each.conversation_id for each in results))
        rows.append([share(ranking[:cut], sorted(owners)) for cut in SESSION_CUTS])
    return rows


def measure_contexts(
    client: SyncSekhaClient, memory: Memory, headers: list[float]
) -> list[list[float]]:
    """Of each question, the share of its messages in a context of each size."""
    rows = []
    for question in memory.questions:
        expected = [memory.ids[place] for place in question.evidence]
        contexts = [client.assemble_context(question.text, context_budget=b) for b in BUDGETS]
        rows.append([share((m.message_id for m in c.messages), expected) for c in contexts])
        text = contexts[1].formatted_context.splitlines()
        size = sum(len(line.encode()) + 1 for line in text if line.startswith("# "))
        headers.append(size / 4 / BUDGETS[1])
    return rows


def own_times(
    client: SyncSekhaClient, queries: Sequence[str], ask: Callable[[str], object]
) -> list[float]:
    """Milliseconds of the client's own for each query; all were asked before."""
    inner = client._session.transport
    transport = Replay(inner)
    client._session.transport = transport
    times = []
    for query in queries:
        transport.replaying = False
        ask(query)
        transport.replaying = True
        for _ in range(3):
            began = time.process_time()
            ask(query)
            times.append((time.process_time() - began) * 1000)
    client._session.transport = inner
    return times


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(times)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.95)]


def open_client(arguments: argparse.Namespace) -> SyncSekhaClient:
    if arguments.url is None:
        return SyncSekhaClient.local()
    config = ClientConfig(
        api_key=arguments.key, base_url=arguments.url, rate_limit_requests=None, timeout=120
    )
    return SyncSekhaClient(config)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    halves: dict[str, dict[str, list[list[float]]]] = {"tuned": {}, "shown": {}}
    times: dict[str, list[float]] = {"recall": [], "context": []}
    headers: list[float] = []
    sizes = []
    shared = open_client(arguments) if arguments.url or arguments.together else None
    others = 0
    if shared is not None and arguments.more:
        others = store_more(shared, arguments.more)
    run_id = uuid.uuid4().hex[:8]
    memories = [read_memory(path) for path in sorted(DATA.glob("*.txt"))]
    for memory in memories:
        if arguments.questions is not None:
            step = max(1, len(memory.questions) // arguments.questions) | 1
            memory.questions = memory.questions[::step]
        client = shared or open_client(arguments)
        store(client, memory, f"{memory.name} {run_id}", arguments.speakers)
        if shared is None:
            if arguments.more:
                others = store_more(client, arguments.more)
            evaluate(client, memory, None, arguments.speakers, halves, times, headers)
            client.close()
        sizes.append(memory.turns)
    if shared is not None:
        for memory in memories:
            label = f"{memory.name} {run_id}"
            evaluate(shared, memory, label, arguments.speakers, halves, times, headers)
        shared.close()
    figures = {
        half: {
            name: [round(statistics.mean(column), 3) for column in zip(*rows, strict=True)]
            for name, rows in found.items()
        }
        for half, found in halves.items()
    }
    return {
        "controller": arguments.url or "embedded",
        "messages": sizes,
        "others": others,
        "recall": figures,
        "headers": round(statistics.mean(headers), 3) if headers else None,
        "own_ms": {
            name: dict(zip(("p50", "p95"), (round(x, 2) for x in percentiles(each)), strict=True))
            for name, each in times.items()
        },
    }


def evaluate(
    client: SyncSekhaClient,
    memory: Memory,
    label: str | None,
    speakers: str,
    halves: dict[str, dict[str, list[list[float]]]],
    times: dict[str, list[float]],
    headers: list[float],
) -> None:
    by_words = WordsAlone(memory, speakers)
    known = set(memory.ids.values())

    def by_meaning(query: str) -> list[str]:
        # Of a memory among others only its own messages are ranked, as the words alone rank them.
        limit = FUSED if label is None else 20 * FUSED
        found = client.smart_query(query, limit=limit)
        return [each.message_id for each in found if each.message_id in known][:FUSED]

    ways: dict[str, Callable[[str], list[str]]] = {
        "words alone (BM25)": by_words,
        "vectors alone": by_meaning,
        "plain rank fusion": lambda query: fuse([by_words(query), by_meaning(query)]),
        "recall": lambda query: [each.message_id for each in client.recall(query, label=label)],
    }
    measured = measure(ways, memory)
    measured["sessions"] = measure_sessions(client, memory, label)
    if label is None:
        measured["contexts"] = measure_contexts(client, memory, headers)
    for name, rows in measured.items():
        halves["tuned"].setdefault(name, []).extend(rows[0::2])
        halves["shown"].setdefault(name, []).extend(rows[1::2])
    queries = [each.text for each in memory.questions[1::2]]
    times["recall"] += own_times(client, queries, lambda query: client.recall(query, label=label))
    times["context"] += own_times(
        client, queries, lambda query: client.assemble_context(query, context_budget=BUDGETS[2])
    )


def show(result: dict[str, Any]) -> None:
    messages = " + ".join(map(str, result["messages"]))
    print(f"{result['controller']} controller, {messages} messages, {result['others']} others")
    print(f"{'recall@':22}" + "".join(f"{cut:>8}" for cut in CUTS) + "   (tuned half)".rjust(28))
    for name, shown in result["recall"]["shown"].items():
        tuned = result["recall"]["tuned"][name]
        if name == "sessions":
            print(f"{'sessions@':22}" + "".join(f"{cut:>8}" for cut in SESSION_CUTS))
        if name == "contexts":
            print(f"{'context of':22}" + "".join(f"{budget:>8}" for budget in BUDGETS))
        columns = "".join(f"{each:8.3f}" for each in shown).ljust(24)
        print(f"{name:22}{columns}    " + "".join(f"{each:8.3f}" for each in tuned))
    if result["headers"] is not None:
        print(f"headers: {result['headers']:.1%} of a context of {BUDGETS[1]} tokens")
    for name, own in result["own_ms"].items():
        print(f"own time of {name}: p50 {own['p50']:.1f} ms, p95 {own['p95']:.1f} ms")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how well searches find answers.")
    parser.add_argument("--url", help="a running controller; default: an embedded one")
    parser.add_argument("--key", default="", help="its key")
    parser.add_argument("--more", type=Path, help="a JSON file of other conversations")
    parser.add_argument(
        "--together", action="store_true", help="all memories in one controller, told by label"
    )
    parser.add_argument(
        "--speakers",
        choices=("role", "content", "none"),
        default="role",
        help="where a message says who speaks: in its role, before its text, or nowhere",
    )
    parser.add_argument("--questions", type=int, help="about so many of each memory; default: all")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    result = run(arguments)
    show(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
