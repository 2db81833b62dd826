"""Ratios of two pieces of work, taken side by side: rounds of the one and of the other in turn, so
that a machine that slows down slows both, and medians over the rounds."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from attrs import asdict, frozen

Work = Callable[[], object]
AsyncWork = Callable[[], Awaitable[object]]
ROUNDS = 15


@frozen
class Row:
    """One line of the table.

    Attributes:
        peer, ours: seconds for one piece of work; the unit of both, if it is not seconds.
        goal: the ratio of ours to the peer's that is aimed at, at most; None if there is none.
        note: what else is to be known of the two.
    """

    work: str
    against: str
    peer: float
    ours: float
    goal: float | None = None
    unit: str = "s"
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    @property
    def met(self) -> bool:
        return self.goal is None or self.ratio <= self.goal


def seconds(work: Work, times: int) -> float:
    """The mean time of one piece of work, over a run of them."""
    began = perf_counter()
    for _ in range(times):
        work()
    return (perf_counter() - began) / times


async def async_seconds(work: AsyncWork, times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        await work()
    return (perf_counter() - began) / times


def in_turn(peer: Work, *ours: Work, times: int, rounds: int = ROUNDS) -> list[float]:
    """The medians of the mean times of several pieces of work."""
    works = (peer, *ours)
    for work in works:
        seconds(work, max(1, times // 5))
    measured = [[seconds(work, times) for work in works] for _ in range(rounds)]
    return [median(each) for each in zip(*measured, strict=True)]


async def async_in_turn(
    peer: AsyncWork,
    *ours: AsyncWork,
    times: int,
    rounds: int = ROUNDS,
    measure: Callable[[AsyncWork, int], Awaitable[float]] = async_seconds,
) -> list[float]:
    works = (peer, *ours)
    for work in works:
        await measure(work, max(1, times // 5))
    measured = [[await measure(work, times) for work in works] for _ in range(rounds)]
    return [median(each) for each in zip(*measured, strict=True)]


def each_in_turn(
    peer: Callable[[int], object], ours: Callable[[int], object], numbers: Iterable[int]
) -> tuple[list[float], list[float]]:
    """The times of the two for each of these numbers, the one right after the other."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in numbers:
        for work, measured in zip((peer, ours), times, strict=True):
            began = perf_counter()
            work(number)
            measured.append(perf_counter() - began)
    return times


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def report(rows: list[Row], path: Path) -> None:
    """Print the table, and write it as JSON."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}; rate limits off in all of them\n")
    print(f"{'work':47} {'against':29} {'peer':>8} {'ours':>8} {'ratio':>6}  goal")
    for each in rows:
        goal = "" if each.goal is None else f"<= {each.goal:g} {'ok' if each.met else 'MISSED'}"
        peer, ours = (_text(value, each.unit) for value in (each.peer, each.ours))
        print(f"{each.work:47} {each.against:29} {peer:>8} {ours:>8} {each.ratio:6.2f}  {goal}")
        if each.note:
            print(f"    {each.note}")
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [{**asdict(each), "ratio": each.ratio, "met": each.met} for each in rows]
    path.write_text(json.dumps({"machine": machine, "rows": lines}, indent=1) + "\n")
    print(f"\nwritten to {path}")


def _text(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:.3g} {unit}"
    for name, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value * 1e9:.3g} ns"
