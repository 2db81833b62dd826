"""Creates, reads and exports by the thousand while everything goes wrong at random.

    python benchmarks/soak.py [--operations 3000] [--seeds 1 2 3] [--client async|sync|both]
                              [--backend httpx|fast|both] [--skews 0 2 -30] [--lies 1.0]

Networks fail, answers lie, and a gateway before the controller dates every answer by a clock of its
own. Afterwards everything that was acknowledged must be stored exactly once, whole; every failure
must have been a SekhaError; no socket, thread or task may be left; and no call may have outlived its
deadline by more than a second, not counting the time in which this process or the event loop was not
let run. Prints a tally for each run; the exit status says whether all of it held. A fifth of the
conversations are equal to others on purpose.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import formatdate
from itertools import product
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from sekha import (
    ClientConfig,
    NewConversation,
    SekhaClient,
    SekhaError,
    SekhaUnknownOutcomeError,
    SyncSekhaClient,
)
from sekha.local import Controller
from sekha.testing import FaultServer, RandomFaults, lying_answers, usual_mix
from sekha_api.types import RawResponse, Request
from support.served import KEY, Fingerprint, fingerprint_of, rows, stored_as, talk

WORKERS = 16
LABELS = 100
EQUALS = 40
DEADLINES = (2.0, 5.0, 15.0)
GRACE = 1.0
"""Seconds by which a call may outlive its deadline."""


@frozen
class Job:
    """One call: what is asked, and what is to become of the answer."""

    kind: str
    deadline: float
    call: Callable[[Any], Any]
    done: Callable[[Any], None]
    failed: Callable[[SekhaError], None] = lambda error: None


class Pauses:
    """The times in which this process was not let run: no call can end in them."""

    TICK = 0.05

    def __init__(self) -> None:
        self._pauses: list[tuple[float, float]] = []
        self._stop = threading.Event()
        self._before = time.monotonic()
        self._in_loop = False
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(self.TICK):
            if not self._in_loop:
                self._tick()

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._before > 2 * self.TICK:
            self._pauses.append((self._before + self.TICK, now))
        self._before = now

    @contextmanager
    def of_event_loop(self) -> Iterator[None]:
        """In the block, those of the event loop count: what holds it up, or lets it not run."""

        async def watch() -> None:
            while True:
                await asyncio.sleep(self.TICK)
                self._tick()

        self._in_loop = True
        watching = asyncio.get_running_loop().create_task(watch())
        try:
            yield
        finally:
            watching.cancel()
            self._in_loop = False

    def within(self, began: float, ended: float) -> float:
        """Seconds of pauses between two moments."""
        total = 0.0
        for first, last in reversed([*self._pauses, (self._before + 2 * self.TICK, ended)]):
            if last < began:
                break
            total += max(0.0, min(last, ended) - max(first, began))
        return total

    def close(self) -> float:
        """Stop watching; gives the longest pause."""
        self._stop.set()
        self._thread.join()
        return max((last - first for first, last in self._pauses), default=0.0)


@define
class Tally:
    """What happened, and what should not have."""

    acknowledged: dict[str, Fingerprint] = field(factory=dict)
    unknown: Counter[Fingerprint] = field(factory=Counter)
    calls: Counter[str] = field(factory=Counter)
    failures: Counter[str] = field(factory=Counter)
    retries: int = 0
    latest: float = -1e9
    latest_by_clock: float = -1e9
    wrong: list[str] = field(factory=list)
    lock: threading.RLock = field(factory=threading.RLock)
    pauses: Pauses = field(factory=lambda: Pauses())

    def end(self, job: Job, began: float, outcome: object) -> None:
        """Take a call's end into account."""
        ended = time.monotonic()
        by_clock = ended - began - job.deadline
        # From the deadline on: what was held up before it is nothing to be late for.
        late = by_clock - self.pauses.within(began + job.deadline, ended)
        with self.lock:
            self.calls[job.kind] += 1
            self.latest = max(self.latest, late)
            self.latest_by_clock = max(self.latest_by_clock, by_clock)
            if late > GRACE:
                what = f"{job.kind}: {late:.1f} s after its deadline of {job.deadline}"
                self.wrong.append(f"{what} ({by_clock:.1f} s by the clock): {outcome!r:.200}")
            if isinstance(outcome, SekhaError):
                self.failures[f"{job.kind}: {type(outcome).__name__}"] += 1
                self.retries += outcome.retries
                job.failed(outcome)
            elif isinstance(outcome, BaseException):
                self.wrong.append(f"{job.kind}: {outcome!r} is no SekhaError")
            else:
                job.done(outcome)

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)


class Jobs:
    """Makes up what to do next; the same seed makes up the same."""

    def __init__(self, seed: int, count: int, tally: Tally) -> None:
        self._random = random.Random(seed)
        self._left = count
        self._tally = tally
        self._number = 0

    def next(self) -> Job | None:
        with self._tally.lock:
            if self._left == 0:
                return None
            self._left -= 1
            deadline = self._random.choice(DEADLINES)
            kind = self._random.choices(("create", "read", "export"), (6, 3, 1))[0]
            known = list(self._tally.acknowledged) if kind != "create" else []
            if kind == "read" and known:
                return self._read(self._random.choice(known), deadline)
            if kind == "export" and known:
                return self._export(self._random.randrange(LABELS), deadline)
            return self._create(deadline)

    def _create(self, deadline: float) -> Job:
        new = self._conversation()

        def failed(error: SekhaError) -> None:
            if isinstance(error, SekhaUnknownOutcomeError):
                self._tally.unknown[fingerprint_of(new)] += 1

        def done(made: Any) -> None:
            tally = self._tally
            tally.expect(made.id not in tally.acknowledged, f"{made.id} was given out twice")
            tally.acknowledged[made.id] = fingerprint_of(new)

        return Job("create", deadline, lambda client: client.create_conversation(new), done, failed)

    def _conversation(self) -> NewConversation:
        self._number += 1
        importance = self._random.choice((None, None, 7))
        if self._random.random() < 0.2:
            which = self._random.randrange(EQUALS)
            return talk(f"label {which}", "the same as before", f"answer {which}")
        messages = [f"message {place} of {self._number}" for place in range(1 + self._number % 4)]
        label = f"label {self._random.randrange(LABELS)}"
        return talk(label, *messages, importance=importance)

    def _read(self, conversation_id: str, deadline: float) -> Job:
        expected = self._tally.acknowledged[conversation_id]

        def done(found: Any) -> None:
            messages = tuple((each.role, each.content) for each in found.messages)
            what = f"{conversation_id} was read otherwise than it was stored"
            self._tally.expect((found.label, found.folder, messages) == expected, what)

        return Job("read", deadline, lambda client: client.get_conversation(conversation_id), done)

    def _export(self, which: int, deadline: float) -> Job:
        label = f"label {which}"
        before = {k: v for k, v in self._tally.acknowledged.items() if v[0] == label}

        def done(text: str) -> None:
            records = json.loads(text)["conversations"]
            found = {
                each["id"]: tuple((m["role"], m["content"]) for m in each["messages"])
                for each in records
            }
            self._tally.expect(len(found) == len(records), f"{label}: exported twice")
            for conversation_id, (_, _, messages) in before.items():
                what = f"{conversation_id} is not in the export of its label, or not whole"
                self._tally.expect(found.get(conversation_id) == messages, what)

        return Job("export", deadline, lambda client: client.export(label=label), done)


async def run_async(config: ClientConfig, jobs: Jobs, tally: Tally) -> None:
    async def work(client: SekhaClient) -> None:
        while (job := jobs.next()) is not None:
            began = time.monotonic()
            outcome: object
            try:
                outcome = await job.call(client.options(deadline=job.deadline))
            except Exception as error:
                outcome = error
            tally.end(job, began, outcome)

    with tally.pauses.of_event_loop():
        async with SekhaClient(config) as client:
            await asyncio.gather(*(work(client) for _ in range(WORKERS)))
    await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    tally.expect(not left, f"{len(left)} tasks are still pending: {left[:3]}")


def run_sync(config: ClientConfig, jobs: Jobs, tally: Tally) -> None:
    def work(client: SyncSekhaClient) -> None:
        while (job := jobs.next()) is not None:
            began = time.monotonic()
            outcome: object
            try:
                outcome = job.call(client.options(deadline=job.deadline))
            except Exception as error:
                outcome = error
            tally.end(job, began, outcome)

    with SyncSekhaClient(config) as client, ThreadPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(work, client) for _ in range(WORKERS)]:
            future.result()


def check(controller: Controller, fault_server: FaultServer, tally: Tally) -> dict[str, int]:
    """Compare what was acknowledged with what is stored."""
    stored = {
        row["conversation_id"]: stored_as(controller, row["conversation_id"])
        for row in rows(controller)
    }
    for conversation_id, expected in tally.acknowledged.items():
        what = f"{conversation_id} was acknowledged and is not stored, or not whole"
        tally.expect(stored.get(conversation_id) == expected, what)
    counted = Counter(stored.values())
    wanted = Counter(tally.acknowledged.values())
    for each in counted.keys() | wanted.keys():
        most = wanted[each] + tally.unknown[each]
        if not wanted[each] <= counted[each] <= most:
            what = f"{each[0]}: stored {counted[each]} times, acknowledged {wanted[each]} times"
            tally.wrong.append(f"{what}: {'; '.join(_attempts(fault_server, each))}")
    peak = fault_server.peak("creates")
    tally.expect(peak <= 4, f"{peak} creates were in flight at the same time")
    repeated = sum(number - 1 for number in wanted.values())
    return {"stored": len(stored), "repeated": repeated, "peak": peak}


def _attempts(fault_server: FaultServer, wanted: Fingerprint) -> list[str]:
    """What befell the creates of a conversation."""
    told = []
    for each in fault_server.seen("create_conversation", "memory_store"):
        body = json.loads(each.content or b"{}")
        messages = tuple((m["role"], m["content"]) for m in body.get("messages", []))
        if (body.get("label"), body.get("folder"), messages) == wanted:
            told.append(f"at {each.at:.2f} {each.fault}, said {each.status}, {each.backend_status}")
    return told


def behind_gateway(controller: Controller, skew: float) -> Callable[[Request], RawResponse]:
    """The controller behind a gateway that dates all answers by a clock of its own.

    Args:
        skew: seconds by which that clock is ahead.
    """

    def handle(request: Request) -> RawResponse:
        answer = controller.handle(request)
        date = formatdate(time.time() + skew, usegmt=True)
        return evolve(answer, headers={**answer.headers, "date": date})

    return handle


class Leftovers:
    """Sockets and threads that were not there before."""

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._sockets = _sockets()

    def check(self, tally: Tally) -> None:
        gc.collect()
        ends = time.monotonic() + 10
        while (self._new_threads() or self._new_sockets()) and time.monotonic() < ends:
            time.sleep(0.05)  # an abandoned thread finds out within half a second
        tally.expect(not self._new_threads(), f"threads are left: {self._new_threads()}")
        tally.expect(not self._new_sockets(), f"sockets are left: {self._new_sockets()}")

    def _new_threads(self) -> set[threading.Thread]:
        return set(threading.enumerate()) - self._threads

    def _new_sockets(self) -> set[str]:
        return _sockets() - self._sockets


def _sockets() -> set[str]:
    """The sockets that this process holds, where the system tells."""
    found = set()
    try:
        names = os.listdir("/proc/self/fd")
    except FileNotFoundError:
        return set()
    for name in names:
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))
        except FileNotFoundError:
            continue
    return {each for each in found if each.startswith("socket:")}


def soak(
    client: str,
    seed: int,
    operations: int,
    *,
    rate: float = 0.2,
    backend: str = "httpx",
    skew: float = 0.0,
    lies: float = 1.0,
) -> tuple[Tally, list[str]]:
    """One run; gives what happened and the lines that tell it.

    Args:
        rate: the share of requests that meet a fault, from 0 to 1.
        backend: "httpx" or "fast".
        skew: seconds by which the gateway's clock is ahead.
        lies: how often each lying answer comes, where a network fault has 1.
    """
    leftovers = Leftovers()
    tally = Tally()
    jobs = Jobs(seed, operations, tally)
    controller = Controller()
    mix = usual_mix() | dict.fromkeys(lying_answers().values(), lies)
    began = time.monotonic()
    try:
        faults_to_come = RandomFaults(seed, mix, rate=rate)
        with FaultServer(behind_gateway(controller, skew), faults_to_come) as fault_server:
            config = ClientConfig(
                api_key=KEY,
                base_url=fault_server.base_url,
                timeout=1.0,
                rate_limit_requests=None,
                http_backend=backend,  # type: ignore[arg-type]
            )
            if client == "async":
                asyncio.run(run_async(config, jobs, tally))
            else:
                run_sync(config, jobs, tally)
            seconds = time.monotonic() - began
            fault_server.settle()
            fault_server.wait_for(lambda: fault_server.open_connections == 0)
            found = check(controller, fault_server, tally)
            faults = Counter(
                type(each.fault).__name__ for each in fault_server.arrivals if each.fault
            )
            requests = len(fault_server.arrivals)
    finally:
        controller.close()
        longest = tally.pauses.close()
    leftovers.check(tally)
    lines = [
        f"{client} {backend} client, seed {seed}, a gateway {skew:+g} s off: "
        f"{sum(tally.calls.values())} calls in {seconds:.0f} s",
        f"  calls         {_list(tally.calls)}",
        f"  requests      {requests}, of which {sum(faults.values())} met a fault: {_list(faults)}",
        f"  creates       {len(tally.acknowledged)} acknowledged, {found['repeated']} of them equal "
        f"to another; {found['stored']} stored; {sum(tally.unknown.values())} of unknown outcome; "
        f"at most {found['peak']} in flight",
        f"  failures      {sum(tally.failures.values())} after {tally.retries} retries: "
        f"{_list(tally.failures)}",
        f"  latest end    {tally.latest:+.2f} s from the deadline ({tally.latest_by_clock:+.2f} s by "
        f"the clock); what ran the calls was kept waiting for up to {longest:.2f} s",
        f"  wrong         {len(tally.wrong)}",
        *(f"    {each}" for each in tally.wrong[:20]),
    ]
    return tally, lines


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.most_common()) or "none"


def main() -> int:
    parser = argparse.ArgumentParser(description="Calls by the thousand under random faults.")
    parser.add_argument("--operations", type=int, default=3_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--client", choices=["async", "sync", "both"], default="both")
    parser.add_argument("--backend", choices=["httpx", "fast", "both"], default="both")
    parser.add_argument("--skews", type=float, nargs="+", default=[0.0, 2.0, -30.0])
    parser.add_argument("--rate", type=float, default=0.2, help="share of requests with a fault")
    parser.add_argument("--lies", type=float, default=1.0, help="weight of each lying answer")
    options = parser.parse_args()
    clients = ["async", "sync"] if options.client == "both" else [options.client]
    backends = ["httpx", "fast"] if options.backend == "both" else [options.backend]
    wrong = 0
    for client, backend, seed, skew in product(clients, backends, options.seeds, options.skews):
        tally, lines = soak(
            client,
            seed,
            options.operations,
            rate=options.rate,
            backend=backend,
            skew=skew,
            lies=options.lies,
        )
        wrong += len(tally.wrong)
        print("\n".join(lines), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
