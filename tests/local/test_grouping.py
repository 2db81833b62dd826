"""Group commit: what waits together is done together, and each for itself."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from sekha.local.cancellation import Cancellation, RequestCancelled
from sekha.local.grouping import Group, Member
from support.local_api import Api


class Work:
    """Doubles numbers, once it may go on; odd ones fail."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, group: Sequence[Member[int, int]]) -> None:
        self.begun.set()
        assert self.go_on.wait(30)
        group[0].cancellation.begin_commit()
        self.groups.append([member.item for member in group])
        for member in group:
            if member.item % 2:
                member.error = ValueError(str(member.item))
            else:
                member.result = 2 * member.item


def run(group: Group[int, int], item: int, cancellation: Cancellation | None = None) -> int:
    with cancellation or Cancellation():
        return group.run(item)


def wait_until(group: Group[int, int], waiting: int) -> None:
    while len(group._waiting) < waiting:
        threading.Event().wait(0.005)


def test_those_that_wait_go_together_and_fail_alone() -> None:
    work = Work()
    group = Group(work, most=3)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(run, group, 100)
        work.begun.wait(30)
        others = {number: pool.submit(run, group, number) for number in range(5)}
        wait_until(group, 5)
        work.go_on.set()
        assert first.result() == 200
        for number, future in others.items():
            if number % 2:
                with pytest.raises(ValueError, match=str(number)):
                    future.result()
            else:
                assert future.result() == 2 * number
    assert work.groups[0] == [100]
    assert sorted(map(len, work.groups[1:])) == [2, 3]


def test_who_is_cancelled_takes_nobody_along() -> None:
    work = Work()
    group = Group(work, most=10)
    leader, waiting = Cancellation(), Cancellation()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(run, group, 100, leader)
        work.begun.wait(30)
        second = pool.submit(run, group, 2, waiting)
        third = pool.submit(run, group, 4)
        wait_until(group, 2)
        assert waiting.cancel()
        with pytest.raises(RequestCancelled):
            second.result(30)
        assert leader.cancel()
        work.go_on.set()
        with pytest.raises(RequestCancelled):
            first.result(30)
        assert third.result(30) == 8
    assert work.groups == [[4]]


def test_a_failure_of_the_whole_is_each_ones() -> None:
    def fail(group: Sequence[Member[int, int]]) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        run(Group(fail, most=3), 1)


def test_creates_at_once_share_transactions(file_api: Api) -> None:
    file_api.create("warm")
    together = threading.Barrier(16)
    commits = []
    services = file_api.controller._application._services  # type: ignore[union-attr]
    database = services.store._database
    database._writer.set_trace_callback(
        lambda statement: commits.append(1) if statement == "COMMIT" else None
    )

    def create(number: int) -> list[str]:
        together.wait()
        return [file_api.create(f"text {number} {turn}") for turn in range(5)]

    with ThreadPoolExecutor(16) as pool:
        ids = [each for ids in pool.map(create, range(16)) for each in ids]
    database._writer.set_trace_callback(None)
    assert len(set(ids)) == 80
    assert set(ids) < set(file_api.listed(page_size="1000"))
    assert len(commits) < 60
