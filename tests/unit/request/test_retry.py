"""Every status and every failure, for every operation: sent again, given up, or taken."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekha._core.request.failures import Failure
from sekha._core.request.operations import is_repeatable
from sekha._core.request.retry import (
    BACKOFF_CAP,
    THROTTLE_CAP,
    THROTTLE_TOTAL,
    Accept,
    Again,
    Decision,
    History,
    Stop,
    decide,
    retry_after,
)
from sekha_api.types import RawResponse

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
SPEC = json.loads((files("sekha_api") / "openapi.json").read_bytes())
OPERATIONS = sorted(
    operation["operationId"]
    for item in SPEC["paths"].values()
    for method, operation in item.items()
    if method != "parameters"
)
CREATES = {"create_conversation", "memory_store"}
NO_ANSWER = {408, 502, 503, 504, *range(520, 528), 530}


def outcome_of(
    name: str,
    outcome: RawResponse | Failure,
    *,
    history: History | None = None,
    max_retries: int = 3,
    time_left: float | None = None,
    chance: float = 0.5,
) -> Decision:
    return decide(
        name,
        outcome,
        history or History(),
        max_retries=max_retries,
        time_left=time_left,
        chance=chance,
        now=NOW,
    )


def answer(status: int, retry_after: str | None = None) -> RawResponse:
    return RawResponse(status, {} if retry_after is None else {"retry-after": retry_after}, b"")


def test_there_are_26_operations_and_two_of_them_create() -> None:
    assert len(OPERATIONS) == 26
    assert {name for name in OPERATIONS if not is_repeatable(name)} == CREATES


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("retries", [0, 2, 3])
@pytest.mark.parametrize("unknown", [False, True])
def test_every_status(name: str, retries: int, unknown: bool) -> None:
    for status in [*range(100, 600), 999]:
        decision = outcome_of(
            name, answer(status), history=History(retries=retries, unknown=unknown)
        )
        if 200 <= status <= 299:
            assert decision == Accept(answer(status))
        elif status == 404 and name == "delete_conversation" and unknown:
            assert isinstance(decision, Accept) and decision.response.is_success
        elif status == 429:
            assert isinstance(decision, Again) and decision.throttled
        elif (name, status) == ("get_health", 503):
            assert decision == Stop()
        elif status in NO_ANSWER and name not in CREATES and retries < 3:
            assert isinstance(decision, Again) and not decision.throttled
        else:
            assert decision == Stop(), (status, decision)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("timed_out", [False, True])
def test_every_failure(name: str, sent: bool, timed_out: bool) -> None:
    failure = Failure("broke", sent=sent, timed_out=timed_out, dropped=sent and not timed_out)
    repeated = not sent or name not in CREATES
    for retries in range(5):
        decision = outcome_of(name, failure, history=History(retries=retries))
        assert isinstance(decision, Again) == (repeated and retries < 3)
        assert isinstance(decision, Again) or decision == Stop()


def test_a_500_is_never_sent_again_even_with_retry_after() -> None:
    for name in OPERATIONS:
        assert outcome_of(name, answer(500, "1")) == Stop()


def test_without_retries_only_throttling_is_waited_out() -> None:
    assert outcome_of("get_metrics", answer(503), max_retries=0) == Stop()
    assert outcome_of("get_metrics", Failure("x", sent=False), max_retries=0) == Stop()
    assert isinstance(outcome_of("get_metrics", answer(429), max_retries=0), Again)


@given(retries=st.integers(0, 5000), chance=st.floats(0, 1))
def test_backoff_is_full_jitter_below_a_doubling_ceiling(retries: int, chance: float) -> None:
    decision = outcome_of(
        "get_metrics",
        answer(502),
        history=History(retries=retries),
        max_retries=10_000,
        chance=chance,
    )
    assert isinstance(decision, Again)
    ceiling = min(BACKOFF_CAP, 0.5 * 2.0 ** min(retries, 100))
    assert decision.delay == pytest.approx(chance * ceiling)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("61", 61.0),
        ("3600", THROTTLE_CAP),
        ("9" * 400, THROTTLE_CAP),
        (format_datetime(NOW + timedelta(seconds=12), usegmt=True), 12.0),
        (format_datetime(NOW + timedelta(days=2), usegmt=True), THROTTLE_CAP),
    ],
)
def test_retry_after_is_honoured_and_capped(status: int, header: str, seconds: float) -> None:
    decision = outcome_of("get_metrics", answer(status, header))
    assert isinstance(decision, Again) and decision.delay == pytest.approx(seconds)


def test_retry_after_may_be_a_date_without_a_zone() -> None:
    date = (NOW + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S -0000")
    assert retry_after(answer(429, date), NOW) == pytest.approx(30.0)


@pytest.mark.parametrize("garbage", ["", "soon", "1.5e", "Mon, 99 Foo", "0x10", "+" + "9" * 5000])
def test_garbage_in_retry_after_is_as_none(garbage: str) -> None:
    assert retry_after(answer(429, garbage), NOW) is None
    assert outcome_of("get_metrics", answer(429, garbage)) == outcome_of("get_metrics", answer(429))


@given(st.text(max_size=40) | st.from_regex(r"\w{3}, \d+ Jan \d+ \d+:\d+:\d+ [+-]\d+"))
def test_no_retry_after_breaks_the_client(text: str) -> None:
    asked = retry_after(answer(429, text), NOW)
    assert asked is None or asked >= 0


def test_throttling_without_retry_after_doubles_to_just_over_a_window() -> None:
    delays = []
    for throttles in range(9):
        decision = outcome_of("memory_store", answer(429), history=History(throttles=throttles))
        assert isinstance(decision, Again)
        delays.append(decision.delay)
    assert delays == [1, 2, 4, 8, 16, 32, 61, 61, 61]


@pytest.mark.parametrize("header", ["0", format_datetime(NOW - timedelta(days=1), usegmt=True)])
def test_a_server_that_keeps_saying_now_is_not_asked_without_end(header: str) -> None:
    history = History()
    while isinstance(
        decision := outcome_of("get_metrics", answer(429, header), history=history), Again
    ):
        history.throttles += 1
        history.throttled += decision.delay
        assert history.throttles < 1000
    assert history.throttled <= THROTTLE_TOTAL


def test_throttling_is_waited_out_no_longer_than_the_deadline_or_ten_minutes() -> None:
    assert outcome_of("get_metrics", answer(429, "30"), time_left=30.0) == Stop()
    assert isinstance(outcome_of("get_metrics", answer(429, "30"), time_left=30.1), Again)
    assert outcome_of("get_metrics", answer(429, "30"), history=History(throttled=571)) == Stop()
    late = outcome_of(
        "get_metrics", answer(429, "30"), history=History(throttled=5000), time_left=100.0
    )
    assert isinstance(late, Again)


@given(
    time_left=st.floats(-5, 20),
    chance=st.floats(0, 1),
    retries=st.integers(0, 2),
    status=st.sampled_from([429, 503]),
)
def test_nothing_is_waited_for_beyond_the_deadline(
    time_left: float, chance: float, retries: int, status: int
) -> None:
    decision = outcome_of(
        "get_metrics",
        answer(status),
        history=History(retries=retries, throttles=retries),
        time_left=time_left,
        chance=chance,
    )
    assert decision == Stop() or (isinstance(decision, Again) and decision.delay < time_left)
