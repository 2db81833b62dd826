"""Ratios of two pieces of work, taken side by side: rounds of the one and of the other in turn, so
that a machine that slows down slows both, and medians over the rounds."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from statistics import median
from time import perf_counter

from attrs import asdict, frozen

Timed = Callable[[], object]
ROUNDS = 5


@frozen
class Row:
    """One line of the table.

    Attributes:
        peer, ours: seconds for one piece of work.
        goal: the ratio of ours to the peer's that is aimed at, at most; None if there is none.
    """

    work: str
    against: str
    peer: float
    ours: float
    goal: float | None

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    @property
    def met(self) -> bool:
        return self.goal is None or self.ratio <= self.goal


def seconds(work: Timed, times: int) -> float:
    """The mean time of one piece of work, over a run of them."""
    began = perf_counter()
    for _ in range(times):
        work()
    return (perf_counter() - began) / times


async def async_seconds(work: Callable[[], Awaitable[object]], times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        await work()
    return (perf_counter() - began) / times


def side_by_side(
    work: str, against: str, peer: Timed, ours: Timed, *, times: int, goal: float | None
) -> Row:
    """Time both in turn."""
    seconds(peer, max(1, times // 10))
    seconds(ours, max(1, times // 10))
    pairs = [(seconds(peer, times), seconds(ours, times)) for _ in range(ROUNDS)]
    return row(work, against, pairs, goal)


def row(work: str, against: str, pairs: Iterable[tuple[float, float]], goal: float | None) -> Row:
    """A line from the rounds' times, each pair the peer's and ours."""
    peers, ours = zip(*pairs, strict=True)
    return Row(work, against, median(peers), median(ours), goal)


def report(rows: list[Row], path: Path) -> None:
    """Print the table, and write it as JSON."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}; rate limits off in all of them\n")
    print(f"{'work':44} {'against':24} {'peer':>9} {'ours':>9} {'ratio':>6}  goal")
    for each in rows:
        goal = "" if each.goal is None else f"<= {each.goal:g} {'ok' if each.met else 'MISSED'}"
        print(
            f"{each.work:44} {each.against:24} {_time(each.peer):>9} {_time(each.ours):>9} "
            f"{each.ratio:6.2f}  {goal}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [{**asdict(each), "ratio": each.ratio, "met": each.met} for each in rows]
    path.write_text(json.dumps({"machine": machine, "rows": lines}, indent=1) + "\n")
    print(f"\nwritten to {path}")


def _time(value: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"
