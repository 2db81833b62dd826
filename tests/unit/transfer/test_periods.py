"""Points in time as people give them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from sekha import SekhaValidationError
from sekha._core.transfer.periods import point

NOW = datetime(2026, 3, 31, 18, 30, 15, tzinfo=timezone.utc)


def utc(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2 weeks ago", utc(2026, 3, 17, 18, 30, 15)),
        ("two weeks ago", utc(2026, 3, 17, 18, 30, 15)),
        ("a month ago", utc(2026, 2, 28, 18, 30, 15)),
        ("1 month ago", utc(2026, 2, 28, 18, 30, 15)),
        ("an hour, twelve months ago", utc(2025, 3, 31, 17, 30, 15)),
        ("1 week and 2 days ago", utc(2026, 3, 22, 18, 30, 15)),
        ("1 day, 3 hours AGO", utc(2026, 3, 30, 15, 30, 15)),
        ("90min ago", utc(2026, 3, 31, 17, 0, 15)),
        ("10 secs ago", utc(2026, 3, 31, 18, 30, 5)),
        (" now ", NOW),
        ("2025-03-01T12:00", utc(2025, 3, 1, 12)),
        ("2025-03-01T12:00+02:00", utc(2025, 3, 1, 10)),
        ("2025-03-01 12:00:00.123456789Z", utc(2025, 3, 1, 12, 0, 0, 123456)),
        ("5 March 2025 14:00", utc(2025, 3, 5, 14)),
        (datetime(2025, 3, 1, 12), utc(2025, 3, 1, 12)),
        (
            datetime(2025, 3, 1, 12, tzinfo=timezone(timedelta(hours=-5))),
            utc(2025, 3, 1, 17),
        ),
    ],
)
def test_moments(value: str | datetime, expected: datetime) -> None:
    assert point("since", value, now=NOW) == point("until", value, now=NOW, end=True) == expected


@pytest.mark.parametrize(
    ("value", "begin", "end"),
    [
        ("today", utc(2026, 3, 31), utc(2026, 4, 1)),
        ("yesterday", utc(2026, 3, 30), utc(2026, 3, 31)),
        ("2025-12-31", utc(2025, 12, 31), utc(2026, 1, 1)),
        ("2024-02", utc(2024, 2, 1), utc(2024, 3, 1)),
        ("2024", utc(2024, 1, 1), utc(2025, 1, 1)),
        ("Feb 29, 2024", utc(2024, 2, 29), utc(2024, 3, 1)),
        (date(2024, 2, 29), utc(2024, 2, 29), utc(2024, 3, 1)),
    ],
)
def test_stretches_count_as_a_whole(value: str | date, begin: datetime, end: datetime) -> None:
    assert point("since", value, now=NOW) == begin
    assert point("until", value, now=NOW, end=True) == end


def test_nothing_is_nothing() -> None:
    assert point("since", None, now=NOW) is None


@pytest.mark.parametrize(
    "value",
    ["", "soon", "5", "12:30", "03/04/2025", "March 2025", "monday", "ago", "7 bananas ago"]
    + ["0 days ago", "99999 years ago", "2025-13", "2025-02-30", "weeks ago"],
)
def test_what_could_mean_many_things_means_none(value: str) -> None:
    with pytest.raises(SekhaValidationError, match='since: a time such as "2 weeks ago"'):
        point("since", value, now=NOW)


@pytest.mark.parametrize("value", [7, 1.5, True, b"today", ["today"]])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(SekhaValidationError):
        point("until", value, now=NOW)  # type: ignore[arg-type]
