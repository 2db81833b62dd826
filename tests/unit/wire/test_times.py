from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekha._core.wire.times import instant, parse_http_date, parse_time

MOMENT = datetime(2026, 11, 22, 15, 33, 21, 113310, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T15:33:21.113310181",
        "2026-11-22 15:33:21.113310181",
        "2026-11-22T15:33:21.113310",
        "2026-11-22T15:33:21.113310181+00:00",
        "2026-11-22T15:33:21.113310181Z",
        "2026-11-22T17:33:21.113310181+02:00",
    ],
)
def test_the_controllers_times_are_aware_utc_to_the_microsecond(text: str) -> None:
    parsed = parse_time(text)
    assert parsed == MOMENT
    assert parsed is not None and parsed.utcoffset() == timedelta(0)


@pytest.mark.parametrize(("text", "micros"), [("15:33:21", 0), ("15:33:21.1", 100_000)])
def test_a_fraction_may_be_short_or_missing(text: str, micros: int) -> None:
    assert parse_time(f"2026-11-22T{text}") == MOMENT.replace(microsecond=micros)


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-13-01T00:00:00"])
def test_no_time_is_none(text: str | None) -> None:
    assert parse_time(text) is None


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_instants_order_to_the_nanosecond(one: int, other: int) -> None:
    def written(nanos: int) -> str:
        seconds, fraction = divmod(nanos, 10**9)
        base = datetime(2026, 1, 1) + timedelta(seconds=seconds)
        # The controller leaves trailing groups of zeros away.
        digits = f".{fraction:09}" if fraction % 1000 else f".{fraction // 1000:06}"
        return base.isoformat(" " if nanos % 2 else "T") + (digits if fraction else "")

    assert (instant(written(one)) < instant(written(other))) == (one < other)


@pytest.mark.parametrize(
    "text", ["Sun, 22 Nov 2026 15:33:21 GMT", "Sun, 22 Nov 2026 15:33:21 -0000"]
)
def test_http_dates_are_utc(text: str) -> None:
    assert parse_http_date(text) == MOMENT.replace(microsecond=0)


@pytest.mark.parametrize(
    "text", ["", "now", "Sun, 99 Nov 2026 00:00:00 GMT", "Sun, 22 Nov 2026 0:0:0 +" + "9" * 30]
)
def test_what_is_no_http_date_is_none(text: str) -> None:
    assert parse_http_date(text) is None
