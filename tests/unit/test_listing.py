"""A list that moves while it is read: nothing is left out, nothing comes twice."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from sekha._core.listing import Filter, Reading, Row

MILLISECOND = 1_000_000


class Store:
    """A controller's list: last changed first, in pages (compatibility rows 6 and 36). Creations
    are timed to the nanosecond, changes to the millisecond; a request takes some of these."""

    def __init__(self, size: int) -> None:
        self.clock = 0
        self.changed: dict[str, int] = {}
        self.reads = 0
        for index in range(size):
            self.create(f"old-{index}")

    def create(self, name: str) -> None:
        self.clock += MILLISECOND // 3
        self.changed[name] = self.clock

    def change(self, name: str) -> None:
        self.clock += MILLISECOND // 3
        self.changed[name] = self.clock // MILLISECOND * MILLISECOND

    def write(self, kind: str, at: random.Random) -> None:
        """An insert, a change or a delete by somebody else."""
        if kind == "insert" or not self.changed:
            self.create(f"new-{self.clock}")
        elif kind == "change":
            self.change(at.choice(sorted(self.changed)))
        else:
            del self.changed[at.choice(sorted(self.changed))]

    def page(self, number: int, size: int) -> tuple[list[Row], int]:
        self.reads += 1
        self.clock += 2 * MILLISECOND
        names = sorted(self.changed, key=lambda name: self.changed[name], reverse=True)
        rows = [
            Row(name, "Label", "/f", None, None, f"2026-01-01T00:00:00.{self.changed[name]:09}")
            for name in names[(number - 1) * size : number * size]
        ]
        return rows, len(names)


def read(reading: Reading, store: Store) -> list[str]:
    found: list[str] = []
    while not reading.complete:
        found += [each.id for each in reading.take(*store.page(reading.page, reading.page_size))]
        assert store.reads < 10_000, "does not end"
    return found


WRITES = st.lists(
    st.lists(st.sampled_from(["insert", "change", "delete"]), max_size=4), max_size=25
)


@settings(max_examples=300)
@given(
    size=st.integers(0, 30),
    page_size=st.integers(1, 7),
    writes=WRITES,
    seed=st.integers(0, 2**32),
)
def test_what_was_there_before_and_stays_is_handed_out_exactly_once(
    size: int, page_size: int, writes: list[list[str]], seed: int
) -> None:
    store, chance = Store(size), random.Random(seed)
    before = set(store.changed)
    reading = Reading(Filter(), page_size)
    found: list[str] = []
    rounds = iter(writes)
    while not reading.complete:
        found += [each.id for each in reading.take(*store.page(reading.page, page_size))]
        for kind in next(rounds, []):
            store.write(kind, chance)
        assert store.reads < 10_000, "does not end"
    assert len(found) == len(set(found))
    assert before & set(store.changed) <= set(found)


def test_a_quiet_list_costs_its_pages_and_a_look_at_the_top() -> None:
    store = Store(25)
    store.clock += MILLISECOND
    store.create("newest")
    assert len(read(Reading(Filter(), 10), store)) == 26
    assert store.reads == 4


def test_a_change_in_the_newest_rows_own_millisecond_is_not_missed() -> None:
    store = Store(6)
    store.clock = 100 * MILLISECOND + 700_000
    store.create("second")
    store.create("newest")
    reading = Reading(Filter(), 2)
    found = [each.id for each in reading.take(*store.page(1, 2))]
    # Timed to the millisecond, it comes to lie below rows that are older by nanoseconds.
    store.changed["old-0"] = 101 * MILLISECOND
    assert store.changed["second"] > store.changed["old-0"]
    assert sorted(found + read(reading, store)) == sorted(store.changed)


def test_rows_of_one_and_the_same_millisecond_do_not_keep_it_going() -> None:
    store = Store(25)
    store.changed = dict.fromkeys(store.changed, 5)
    assert len(read(Reading(Filter(), 2), store)) == 25
    assert store.reads <= 2 * 13


def test_a_list_of_one_page_is_read_once() -> None:
    for size in (0, 1, 10):
        store = Store(size)
        assert len(read(Reading(Filter(), 10), store)) == size
        assert store.reads == 1


def test_last_changed_comes_first() -> None:
    store = Store(5)
    store.clock += MILLISECOND
    store.change("old-2")
    assert read(Reading(Filter(), 2), store) == ["old-2", "old-4", "old-3", "old-1", "old-0"]


def test_only_what_is_wanted_is_handed_out() -> None:
    rows = [
        Row("1", "A", "/f", "active", 5, "2026-01-01T00:00:04"),
        Row("2", "A", "/g", "active", 10, "2026-01-01T00:00:03"),
        Row("3", "AB", "/f", "archived", 5, "2026-01-01T00:00:02"),
        Row("4", "a", "/f", None, None, "2026-01-01T00:00:01"),
    ]

    def wanted(**filters: object) -> list[str]:
        taken = Reading(Filter(**filters), 10).take(rows, len(rows))  # type: ignore[arg-type]
        return [each.id for each in taken]

    assert wanted() == ["1", "2", "3", "4"]
    assert wanted(label="A") == ["1", "2"]
    assert wanted(folder="/f") == ["1", "3", "4"]
    assert wanted(label="A", folder="/f") == ["1"]
    assert wanted(pinned=True) == ["2"]
    assert wanted(pinned=False) == ["1", "3"]
    assert wanted(archived=True) == ["3"]
    assert wanted(archived=False) == ["1", "2", "4"]
