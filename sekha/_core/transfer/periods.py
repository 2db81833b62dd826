"""Points in time as people give them: `since="2 weeks ago"`, `until="2025-03"`."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

from dateutil import parser
from dateutil.relativedelta import relativedelta

from ...errors import SekhaValidationError
from ..shown import shown

_UNITS = {
    "second": "seconds",
    "sec": "seconds",
    "s": "seconds",
    "minute": "minutes",
    "min": "minutes",
    "hour": "hours",
    "hr": "hours",
    "h": "hours",
    "day": "days",
    "d": "days",
    "week": "weeks",
    "w": "weeks",
    "month": "months",
    "year": "years",
    "yr": "years",
    "y": "years",
}
_NUMBERS = "a one two three four five six seven eight nine ten eleven twelve".split()
_AMOUNT = re.compile(rf"(\d{{1,5}}|an|{'|'.join(_NUMBERS)})\s*([a-z]+)", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s,]*(?:and\b)?[\s,]*", re.IGNORECASE)
_DAYS = {"today": 0, "yesterday": 1}
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")
_EXAMPLES = '"2 weeks ago", "yesterday", "2025-03-01", "2025-03" or "2025-03-01T12:00+02:00"'


def point(
    parameter: str, value: str | date | datetime | None, *, now: datetime, end: bool = False
) -> datetime | None:
    """An aware UTC time.

    Args:
        parameter: what the caller calls it, for the error.
        value: a datetime or date, ISO text, "3 days ago" and the like, or a date with the month's
            name. Without a zone it is UTC.
        now: the present.
        end: whether a day, month or year means its end (the first moment after it) instead of its
            beginning.

    Raises:
        SekhaValidationError: it is none of these.
    """
    if value is None:
        return None
    try:
        begin, length = _read(value, now)
        return _utc(begin + length if end else begin)
    except (KeyError, ValueError, OverflowError):
        raise SekhaValidationError(
            parameter, f"a time such as {_EXAMPLES} is needed, not {shown(value)}"
        ) from None


def _read(value: object, now: datetime) -> tuple[datetime, relativedelta]:
    """A time, and how long the day, month or year is that it stands for."""
    moment, day = relativedelta(), relativedelta(days=1)
    if isinstance(value, datetime):
        return value, moment
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day), day
    if not isinstance(value, str):
        raise ValueError(value)
    text = " ".join(value.split())
    if text.lower() == "now":
        return now, moment
    if text.lower() in _DAYS:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=_DAYS[text.lower()]), day
    if text.lower().endswith(" ago"):
        return now - _span(text[:-4]), moment
    if partial := _PARTIAL.fullmatch(text):
        year, month = int(partial[1]), partial[2]
        length = relativedelta(months=1) if month else relativedelta(years=1)
        return datetime(year, int(month or 1), 1), length
    if re.search("[a-z]{3}", text, re.IGNORECASE):
        return _with_month_name(text)
    return datetime.fromisoformat(text), day if len(text) <= len("2025-03-01") else moment


def _span(text: str) -> relativedelta:
    """How long "1 week and 2 days" is."""
    span = relativedelta()
    at = 0
    while at < len(text):
        match = _AMOUNT.match(text, at)
        if match is None:
            raise ValueError(text)
        unit = match[2].lower()
        unit = _UNITS.get(unit) or _UNITS[unit.removesuffix("s")]
        amounts: dict[str, Any] = {unit: _number(match[1].lower())}
        span += relativedelta(**amounts)
        separators = _SEPARATORS.match(text, match.end())
        at = separators.end() if separators else match.end()
    if not span:
        raise ValueError(text)
    return span


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    return 1 if text == "an" else max(1, _NUMBERS.index(text))


def _with_month_name(text: str) -> tuple[datetime, relativedelta]:
    # What the text leaves open is taken from the default: two defaults show what that was.
    one = parser.parse(text, default=datetime(2000, 1, 1, 0, 0))
    other = parser.parse(text, default=datetime(2001, 2, 2, 1, 1))
    if one.date() != other.date():
        raise ValueError(text)
    return one, relativedelta() if one == other else relativedelta(days=1)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)
