"""When something began, on the clock of another machine."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekha._core.create.clock import FRESH, GATEWAY_SKEW, Instant, Reading, ServerClock

EPOCH = datetime(2026, 1, 1, tzinfo=timezone.utc)
SECONDS = st.floats(0.0, 1000.0)


def at(seconds: float, slept: float = 0.0) -> Instant:
    """So many seconds after the beginning, some of which the monotonic clock slept."""
    return Instant(seconds - slept, 1e9 + seconds)


@given(began=SECONDS, sending=SECONDS, travelling=SECONDS, answering=SECONDS, offset=SECONDS)
def test_the_moment_lies_between_its_bounds(
    began: float, sending: float, travelling: float, answering: float, offset: float
) -> None:
    sent = began + sending
    stamped, received = sent + travelling, sent + travelling + answering
    reading = Reading(EPOCH + timedelta(seconds=stamped + offset), at(sent), at(received))
    moment = reading.moment(at(began))
    assert moment.earliest <= EPOCH + timedelta(seconds=began + offset) <= moment.latest
    width = (moment.latest - moment.earliest).total_seconds()
    assert width >= travelling + answering
    assert moment.is_precise == (width <= 0.5)


def test_the_sleep_of_this_machine_makes_it_less_precise_and_not_wrong() -> None:
    reading = Reading(EPOCH + timedelta(seconds=3600), at(3600, 3590), at(3600.01, 3590))
    moment = reading.moment(at(0))
    assert moment.earliest <= EPOCH <= moment.latest
    assert not moment.is_precise


def test_a_gateway_s_clock_may_be_off_by_minutes() -> None:
    moment = Reading.of_gateway(EPOCH, at(10), at(10)).moment(at(10))
    assert moment.earliest <= EPOCH - timedelta(seconds=299)
    assert moment.latest >= EPOCH + timedelta(seconds=299)
    assert not moment.is_precise


def test_a_gateway_s_time_is_the_middle_of_its_second() -> None:
    reading = Reading.of_gateway(EPOCH, at(10), at(11))
    assert reading == Reading(EPOCH + timedelta(seconds=0.5), at(10), at(11), GATEWAY_SKEW + 0.5)


def test_a_row_just_made_tells_the_time_for_a_while() -> None:
    clock = ServerClock()
    clock.note(None, at(0), at(1))
    assert clock.fresh(at(1)) is None
    clock.note(EPOCH, at(0), at(0.1))
    reading = clock.fresh(at(FRESH))
    assert reading is not None and reading.moment(at(10)).is_precise
    assert clock.fresh(at(FRESH + 0.2)) is None
    assert clock.fresh(at(FRESH + 50, slept=FRESH)) is None


@pytest.mark.parametrize("told", [datetime.max, datetime.min])
def test_a_clock_at_an_end_of_time_is_no_overflow(told: datetime) -> None:
    reading = Reading(told.replace(tzinfo=timezone.utc), at(5), at(6))
    moment = reading.moment(at(0))
    assert moment.earliest.tzinfo is not None and moment.latest.tzinfo is not None
