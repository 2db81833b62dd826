"""The rules that requests wait for, with a clock that the test turns."""

from __future__ import annotations

from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from sekha._limits.rules import CREATES_IN_FLIGHT, WINDOW_SECONDS, Semaphore, SlidingWindow


class Traffic:
    """Requests that pass a rolling window: each counts on the server some time between the moment
    it was let in and the moment it ended."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.window = SlidingWindow()
        self.now = 0.0
        self.under_way: list[tuple[float, float, float]] = []  # (end, begin, share)
        self.arrivals: list[float] = []

    def end_until(self, moment: float) -> None:
        for end, begin, share in sorted(each for each in self.under_way if each[0] <= moment):
            self.under_way.remove((end, begin, share))
            self.window.release(end)
            self.arrivals.append(begin + share * (end - begin))

    def send(self, duration: float, share: float) -> None:
        """Wait as the window says, then send."""
        for _ in range(10_000):
            wait = self.window.try_acquire(self.now, self.limit)
            if wait == 0:
                self.under_way.append((self.now + duration, self.now, share))
                return
            next_end = min((end for end, _, _ in self.under_way), default=inf)
            assert min(wait, next_end) < inf, "waits for ever"
            self.now = max(self.now, min(self.now + wait, next_end))
            self.end_until(self.now)
        raise AssertionError("is never let in")


REQUESTS = st.lists(
    st.tuples(st.floats(0, 40), st.floats(0, 70), st.floats(0, 1)), min_size=1, max_size=60
)


@settings(max_examples=150)
@given(limit=st.integers(1, 6), requests=REQUESTS)
def test_no_window_of_60_seconds_holds_more_than_the_limit(
    limit: int, requests: list[tuple[float, float, float]]
) -> None:
    traffic = Traffic(limit)
    for gap, duration, share in requests:
        traffic.now += gap
        traffic.end_until(traffic.now)
        traffic.send(duration, share)
    traffic.end_until(inf)
    arrivals = sorted(traffic.arrivals)
    assert len(arrivals) == len(requests)
    for earlier, later in zip(arrivals, arrivals[limit:], strict=False):
        assert later - earlier >= WINDOW_SECONDS - 1e-6


def test_a_full_window_says_when_to_ask_again() -> None:
    window = SlidingWindow()
    assert [window.try_acquire(0.0, 2), window.try_acquire(1.0, 2)] == [0.0, 0.0]
    assert window.try_acquire(2.0, 2) == inf  # nobody has ended: time alone does not help
    window.release(3.0)
    assert window.try_acquire(10.0, 2) == 53.0
    assert window.try_acquire(62.9, 2) > 0
    assert window.try_acquire(63.0, 2) == 0.0


def test_a_burst_at_the_start_does_not_exceed_the_limit_within_the_first_minute() -> None:
    window = SlidingWindow()
    granted = 0
    for tenth in range(600):
        now = tenth / 10
        while window.try_acquire(now, 10) == 0:
            granted += 1
            window.release(now)
    assert granted == 10


def test_clients_with_different_limits_share_a_window() -> None:
    window = SlidingWindow()
    for _ in range(3):
        assert window.try_acquire(0.0, 1000) == 0
    assert window.try_acquire(0.0, 3) > 0
    assert window.try_acquire(0.0, 4) == 0


@given(st.lists(st.booleans(), max_size=80), st.integers(1, 6))
def test_places_never_hold_more_than_the_limit(steps: list[bool], limit: int) -> None:
    places, inside = Semaphore(), 0
    for enters in steps:
        if enters:
            wait = places.try_acquire(0.0, limit)
            assert wait == (0.0 if inside < limit else inf)
            inside += wait == 0
        elif inside:
            places.release(0.0)
            inside -= 1


def test_four_creates_are_safe_in_flight() -> None:
    assert CREATES_IN_FLIGHT == 4
