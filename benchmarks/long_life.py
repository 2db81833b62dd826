"""A day of use in minutes: several processes on one memory file.

    python benchmarks/long_life.py [--seconds 600 | --operations 300] [--processes 4]
                                   [--conversations 400] [--folder DIR] [--seed 1]

Each process stores, deletes, reads, edits and asks, by words and by meaning; now and then one opens
the memory anew, makes all vectors anew, or compacts the file. What they hold grows to so many
conversations and no more. Each process checks every answer about its own conversations. At the end
all that was acknowledged must be stored once, whole, and be found, nothing that was deleted; the file
must pass SQLite's integrity check; and in the second half the file and the memory of the processes
must not grow any more. The exit status says whether all of it held.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field
from texts import messages

from sekha import MessageDto, NewConversation, SyncSekhaClient

SAMPLES = 40
FOLDERS = 7
ROOM = 1.25
"""By which the last quarter may exceed the one in the middle: pages, logs and arrays grow in steps."""
SLACK = {"file": 8.0, "memory": 48.0}
"""Megabytes, in addition."""
WEIGHTS = {"store": 30, "delete": 0, "read": 12, "edit": 8, "word": 14, "meaning": 20, "list": 6}
WEIGHTS |= {"context": 6, "reopen": 1.5, "rebuild": 0.15, "compact": 0.35}


@define
class Tally:
    """What happened, and what was wrong."""

    calls: Counter[str] = field(factory=Counter)
    wrong: list[str] = field(factory=list)
    stored: int = 0
    deleted: int = 0

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)


class Worker:
    """One process's use of the memory."""

    def __init__(
        self, path: Path, number: int, seed: int, most: int, weights: dict[str, float]
    ) -> None:
        self._path, self._number, self._most = path, number, most
        self._weights = WEIGHTS | weights
        self._chance = random.Random(seed * 1000 + number)
        self._texts = messages(2000, seed=seed * 1000 + number)
        self._client = SyncSekhaClient.local(path)
        self._count = 0
        self.living: dict[str, dict[str, Any]] = {}
        self.gone: list[str] = []
        self.tally = Tally()

    def work(self, goes_on: Callable[[int], bool]) -> None:
        """Do one thing after the other."""
        names, done = list(self._weights), 0
        while goes_on(done):
            name = self._chance.choices(names, list(self._weights.values()))[0]
            if name == "store" and len(self.living) >= self._most:
                name = "delete"
            if name not in ("store", "compact", "rebuild", "reopen") and not self.living:
                name = "store"
            try:
                getattr(self, f"_{name}")()
            except Exception as error:
                self.tally.wrong.append(f"{name}: {type(error).__name__}: {error}")
            self.tally.calls[name] += 1
            done += 1
        self._client.close()

    def _store(self) -> None:
        self._count += 1
        token = f"zq{self._number}x{self._count}"
        said = self._chance.sample(self._texts, self._chance.randint(1, 5))
        said = [f"{text} {token}n{place}" for place, text in enumerate(said)]
        folder = f"/work/folder{self._chance.randrange(FOLDERS)}"
        turns = [MessageDto(("user", "assistant")[n % 2], text) for n, text in enumerate(said)]
        made = self._client.create_conversation(NewConversation(token, turns, folder=folder))
        self.tally.expect(made.id not in self.living, f"{made.id} was given out twice")
        self.living[made.id] = {"token": token, "label": token, "folder": folder, "said": said}
        self.tally.stored += 1

    def _delete(self) -> None:
        conversation_id, own = self._any()
        self._client.delete(conversation_id)
        del self.living[conversation_id]
        self.gone.append(own["said"][0])
        self.tally.deleted += 1
        found = self._client.search(f"{own['token']}n0")
        self.tally.expect(found == [], f"{own['token']} was deleted and is found")

    def _read(self) -> None:
        conversation_id, own = self._any()
        check(self._client, conversation_id, own, self.tally)

    def _edit(self) -> None:
        conversation_id, own = self._any()
        label = f"{own['token']} {self._chance.randrange(1000)}"
        folder = f"/work/folder{self._chance.randrange(FOLDERS)}"
        self._client.update_label(conversation_id, label)
        self._client.move(conversation_id, folder)
        own["label"], own["folder"] = label, folder

    def _word(self) -> None:
        find_by_word(self._client, *self._any(), self.tally)

    def _meaning(self) -> None:
        find_by_meaning(self._client, *self._any(), self.tally)

    def _list(self) -> None:
        _, own = self._any()
        there = {each.id for each in self._client.iter_conversations(folder=own["folder"])}
        expected = {k for k, each in self.living.items() if each["folder"] == own["folder"]}
        self.tally.expect(expected <= there, f"{len(expected - there)} are not listed")

    def _context(self) -> None:
        _, own = self._any()
        context = self._client.assemble_context(own["said"][0])
        self.tally.expect(bool(context.messages), "an empty context")

    def _reopen(self) -> None:
        # Opened before the other one is closed, at times: as when a program is replaced.
        former, self._client = self._client, SyncSekhaClient.local(self._path)
        if self._chance.random() < 0.5:
            self._client.count()
        former.close()

    def _rebuild(self) -> None:
        self._client.rebuild_embeddings()

    def _compact(self) -> None:
        from sekha.local.maintenance import compact

        compact(self._path)

    def _any(self) -> tuple[str, dict[str, Any]]:
        return self._chance.choice(list(self.living.items()))


def check(client: SyncSekhaClient, key: str, own: dict[str, Any], tally: Tally) -> None:
    """Whether a conversation is as it was stored and edited."""
    found = client.get_conversation(key)
    said = [each.content for each in found.messages or ()]
    told = found.label, found.folder, said
    tally.expect(told == (own["label"], own["folder"], own["said"]), f"{key} is another")


def find_by_word(client: SyncSekhaClient, key: str, own: dict[str, Any], tally: Tally) -> None:
    """Whether a word that only one message has finds its conversation and nothing else."""
    found = [each.id for each in client.search(f"{own['token']}n0")]
    tally.expect(found == [key], f"{own['token']}: its word finds {found}")


def find_by_meaning(client: SyncSekhaClient, key: str, own: dict[str, Any], tally: Tally) -> None:
    """Whether a message's own text finds it, as the nearest."""
    found = client.smart_query(own["said"][0], limit=3)
    nearest = found[0].similarity if found else 0.0
    tally.expect(nearest > 0.99, f"{own['token']}: the nearest to its own text is at {nearest}")
    as_near = [each.conversation_id for each in found if each.similarity > nearest - 0.002]
    tally.expect(key in as_near, f"{own['token']}: its own text finds another")


def check_all(path: Path, living: dict[str, Any], gone: list[str], tally: Tally) -> None:
    """Compare what was acknowledged with what is there."""
    with SyncSekhaClient.local(path) as client:
        there = Counter(each.id for each in client.iter_conversations())
        tally.expect(set(there) == set(living), f"{len(set(there) ^ set(living))} lost or too many")
        tally.expect(max(there.values(), default=1) == 1, "listed twice")
        tally.expect(client.count() == len(living), "the count is another")
        for key, own in living.items():
            check(client, key, own, tally)
            find_by_word(client, key, own, tally)
            find_by_meaning(client, key, own, tally)
        for text in gone[-200:]:
            token = text.rsplit(" ", 1)[1]
            tally.expect(client.search(token) == [], f"{token} was deleted and is found")
    connection = sqlite3.connect(path)
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    tally.expect(verdict == "ok", f"the file is damaged: {verdict}")
    messages = sum(len(own["said"]) for own in living.values())
    (stored,) = connection.execute("SELECT count(*) FROM messages").fetchone()
    tally.expect(stored == messages, f"{stored} messages are there, not {messages}")
    connection.close()


def megabytes(pid: int) -> float:
    """Of a process's memory, mapped files included; 0.0 where that cannot be told."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(each.split()[1]) / 1024 for each in lines if each.startswith("VmRSS")), 0.0)


def size(path: Path) -> float:
    """Megabytes of a memory file with its log and its side files."""
    total = 0
    for each in path.parent.glob(f"{path.name}*"):
        try:
            total += each.stat().st_size
        except FileNotFoundError:
            continue
    return total / 1e6


def grows(samples: list[dict[str, float]], name: str) -> str | None:
    """What is wrong with the course of a figure: its last quarter is beside the one before."""
    values = [each[name] for each in samples if each[name]]
    if len(values) < 8:
        return None
    middle = max(values[len(values) // 2 : 3 * len(values) // 4])
    last = max(values[3 * len(values) // 4 :])
    if last > middle * ROOM + SLACK[name]:
        return f"the {name} still grows: {middle:.0f} MB, then {last:.0f} MB"
    return None


def run(
    folder: Path,
    *,
    seconds: float | None = None,
    operations: int = 100,
    processes: int = 4,
    conversations: int = 400,
    seed: int = 1,
    weights: dict[str, float] | None = None,
) -> tuple[Tally, list[dict[str, float]]]:
    """A life of so many seconds, or of so many operations of each process.

    Args:
        weights: how often each thing is done, where not as in `WEIGHTS`.
    """
    path = folder / "memory.db"
    tally, samples = Tally(), []
    workers = []
    for number in range(processes):
        told: dict[str, Any] = {"path": str(path), "number": number, "seed": seed}
        told |= {"most": conversations // processes, "seconds": seconds, "operations": operations}
        told["weights"] = weights or {}
        output = open(folder / f"told {number}", "wb")
        command = [sys.executable, __file__, "--worker", json.dumps(told)]
        workers.append((subprocess.Popen(command, stdout=output), output))
    pause = max(0.25, (seconds or 10) / SAMPLES)
    while any(worker.poll() is None for worker, _ in workers):
        memory = max(megabytes(worker.pid) for worker, _ in workers)
        samples.append({"file": size(path), "memory": memory})
        if seconds:
            print(f"{samples[-1]['file']:7.1f} MB file, {memory:6.1f} MB", flush=True)
        time.sleep(pause)
    living: dict[str, Any] = {}
    gone: list[str] = []
    for number, (worker, output) in enumerate(workers):
        output.close()
        tally.expect(worker.returncode == 0, f"process {number} ended with {worker.returncode}")
        if worker.returncode:
            continue
        told = json.loads((folder / f"told {number}").read_text())
        tally.expect(not living.keys() & told["living"].keys(), "two have the same id")
        living |= told["living"]
        gone += told["gone"]
        tally.calls.update(told["calls"])
        tally.wrong += told["wrong"]
        tally.stored += told["stored"]
        tally.deleted += told["deleted"]
    tally.expect(len(living) == tally.stored - tally.deleted, "the accounts do not agree")
    check_all(path, living, gone, tally)
    tally.wrong += filter(None, (grows(samples, name) for name in SLACK))
    return tally, samples


def work(told: dict[str, Any]) -> None:
    """What each process does; its account goes to its standard output."""
    path, most = Path(told["path"]), told["most"]
    worker = Worker(path, told["number"], told["seed"], most, told["weights"])
    ends = time.monotonic() + (told["seconds"] or 0)

    def goes_on(done: int) -> bool:
        return time.monotonic() < ends if told["seconds"] else done < told["operations"]

    worker.work(goes_on)
    tally = worker.tally
    account = {"living": worker.living, "gone": worker.gone, "calls": tally.calls}
    account |= {"wrong": tally.wrong, "stored": tally.stored, "deleted": tally.deleted}
    print(json.dumps(account))


def main() -> int:
    parser = argparse.ArgumentParser(description="A day of use in minutes.")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--operations", type=int, default=300, help="of each process")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--conversations", type=int, default=400)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker)
        return 0
    with tempfile.TemporaryDirectory() as name:
        tally, samples = run(
            options.folder or Path(name),
            seconds=options.seconds,
            operations=options.operations,
            processes=options.processes,
            conversations=options.conversations,
            seed=options.seed,
        )
    done = ", ".join(f"{number} {name}" for name, number in tally.calls.most_common())
    print(f"{sum(tally.calls.values())} calls of {options.processes} processes: {done}")
    print(f"stored {tally.stored}, deleted {tally.deleted}")
    for name in SLACK:
        values = [each[name] for each in samples if each[name]] or [0.0]
        half, end = max(values[: len(values) // 2 + 1]), max(values[len(values) // 2 :])
        print(f"{name}: at most {half:.1f} MB in the first half, {end:.1f} MB in the second")
    print(f"wrong: {len(tally.wrong)}", *tally.wrong[:20], sep="\n  ")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
