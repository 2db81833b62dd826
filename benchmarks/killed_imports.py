"""kill -9 in the middle of importing into an embedded controller, again and again.

    python benchmarks/killed_imports.py [--times 20] [--conversations 1000] [--seed 1]

A process imports with a journal and tells what it has stored; it is killed at some moment, and what
it told must be there, with nothing stored by half. The next process goes on with the same file and
the same journal. Once an import is complete, everything must be stored exactly once, and the next
one begins with a new file.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from attrs import define, field

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from sekha import NewConversation, SyncSekhaClient
from sekha.local import Controller
from support.served import Fingerprint, fingerprint_of, rows, stored_as, talk


def source(count: int) -> list[NewConversation]:
    """What is imported; every tenth is equal to another."""
    return [
        (
            talk("equal", "the same question", "the same answer")
            if number % 10 == 0
            else talk(
                f"conversation {number}",
                *(f"message {n} of {number}" for n in range(1 + number % 5)),
            )
        )
        for number in range(count)
    ]


def import_into(folder: Path, count: int) -> None:
    """What the process does that is killed: it says how many are stored, by it and before it."""
    with SyncSekhaClient.local(folder / "memory.db") as client:
        client.import_conversations(
            source(count),
            journal=folder / "journal",
            on_progress=lambda progress: print(progress.stored + progress.already, flush=True),
        )


@define
class Tally:
    kills: int = 0
    imports: int = 0
    acknowledged: int = 0
    wrong: list[str] = field(factory=list)


def run(times: int, count: int, seed: int = 1) -> Tally:
    """Kill so many times."""
    tally, chance = Tally(), random.Random(seed)
    while tally.kills < times:
        with tempfile.TemporaryDirectory() as folder:
            while not _run_and_kill(Path(folder), count, tally, chance, kill=tally.kills < times):
                pass
    return tally


def _run_and_kill(
    folder: Path, count: int, tally: Tally, chance: random.Random, *, kill: bool
) -> bool:
    """One process; whether all is imported."""
    # Some are killed at once, most in the middle.
    patience = chance.randrange(1, max(2, count // 3)) if kill else None
    process = subprocess.Popen(
        [sys.executable, __file__, "--import-into", str(folder), "--conversations", str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    stored = 0
    killed = False
    for number, line in enumerate(process.stdout, start=1):
        stored = int(line) if line.endswith("\n") else stored
        if number == patience and not killed:
            os.kill(process.pid, signal.SIGKILL)
            killed = True
    process.stdout.close()
    code = process.wait()
    if killed:
        tally.kills += 1
    elif code != 0:
        raise RuntimeError(f"the import failed with {code}")
    wanted = Counter(fingerprint_of(each) for each in source(count))
    found = _stored(folder / "memory.db")
    for each in found.keys() - wanted.keys():
        tally.wrong.append(f"{each[0]}: stored by half, or not what was imported")
    for each, number in found.items():
        if number > wanted[each]:
            tally.wrong.append(f"{each[0]}: stored {number} times instead of {wanted[each]}")
    if found.total() < stored:
        tally.wrong.append(f"{stored} were acknowledged and {found.total()} are stored")
    if complete := code == 0 and not killed:
        tally.acknowledged += stored
        tally.imports += 1
        if found != wanted:
            tally.wrong.append(f"complete with {found.total()} of {count}")
    return complete


def _stored(path: Path) -> Counter[Fingerprint]:
    controller = Controller(path)
    try:
        ids = [row["conversation_id"] for row in rows(controller)]
        return Counter(stored_as(controller, each) for each in ids)
    finally:
        controller.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="kill -9 in the middle of embedded imports.")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--conversations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--import-into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.import_into:
        import_into(options.import_into, options.conversations)
        return 0
    tally = run(options.times, options.conversations, options.seed)
    print(
        f"{tally.kills} kills, {tally.imports} imports of {options.conversations} completed, "
        f"{tally.acknowledged} conversations acknowledged, {len(tally.wrong)} wrong"
    )
    print("\n".join(tally.wrong[:20]))
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
