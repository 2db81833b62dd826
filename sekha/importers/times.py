"""Times as exports write them: ISO text, words, or a number of seconds or less since 1970."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from .._core.wire.times import parse_time

_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))

_AHEAD = (
    "UTC 0 GMT 0 Z 0 WET 0 BST 1 WEST 1 CET 1 CEST 2 MEZ 1 MESZ 2 EET 2 EEST 3 MSK 3 IST 5.5 "
    "SGT 8 HKT 8 JST 9 KST 9 AEST 10 AEDT 11 NZST 12 NZDT 13 EST -5 EDT -4 CST -6 CDT -5 MST -7 "
    "MDT -6 PST -8 PDT -7 AKST -9 AKDT -8 HST -10 BRT -3"
).split()
_ZONES = {name: float(hours) for name, hours in zip(_AHEAD[::2], _AHEAD[1::2], strict=True)}
_MONTHS = (
    ("jan", "ene", "gen", "oca"),
    ("feb", "fév", "fev", "fév", "lut"),
    ("mar", "mär", "mrt", "mrz"),
    ("apr", "avr", "abr", "kwi"),
    ("may", "mai", "maj", "mei", "mag"),
    ("jun", "juin", "giu", "cze"),
    ("jul", "juil", "lug", "lip"),
    ("aug", "aoû", "aou", "ago", "sie"),
    ("sep", "set", "wrz"),
    ("oct", "okt", "out", "ott", "paź"),
    ("nov", "lis"),
    ("dec", "dez", "déc", "dic", "gru"),
)
"""Beginnings of their names in the languages that people have asked for; the longer ones first."""

_CLOCK = re.compile(
    r"(\d{1,2})\s*[:h.]\s*(\d{1,2})(?:\s*[:m.]\s*(\d{1,2}))?s?(?:\s*(\d{1,3})\s*ms)?"
    r"\s*([ap]\.?\s?m\b\.?)?\s*((?:UTC|GMT)?\s*[+\u2212-]\d{1,2}(?::?\d{2})?|[A-Z]{1,5}\b)?",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})")
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_CHINESE = re.compile(r"(\d{4})\s*[年.]\s*(\d{1,2})\s*[月.]\s*(\d{1,2})")
_NAMED = re.compile(r"[^\W\d_]{3,}")


_YEARS = range(1678, 2262)
"""Of which a time can be stored."""


def moment(value: Any) -> datetime | None:
    """An aware UTC time, or None for null, zero, what is no time and what cannot be stored as one.

    A number is seconds, or milli-, micro- or nanoseconds if it is too large for seconds; an
    object is a database's way to write one of these.
    """
    found = _moment(value)
    return found if found is not None and found.year in _YEARS else None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, dict):
        value = value.get("$date", value.get("$numberLong"))
        if isinstance(value, dict):
            value = value.get("$numberLong")
    if isinstance(value, str):
        parsed = _of_text(value.strip())
        if parsed is not None or not value.strip().replace(".", "", 1).isdecimal():
            return parsed
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return None
    for above, unit in _UNITS:
        if value > above:
            return _of_seconds(value, unit)
    return _of_seconds(value, 1)


def _of_text(text: str) -> datetime | None:
    if text.isdecimal() or len(text) > 80:
        # fromisoformat would take the digits of an epoch time for a date.
        return None
    try:
        return parse_time(text) or of_words(text)
    except OverflowError:
        return None


def _of_seconds(value: int | float, unit: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(value / unit, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return None


def of_words(text: str) -> datetime | None:
    """A time as people write it: "Apr 12, 2026, 3:34:31 PM EDT", "2023-6-19 @14h 20m 3s",
    "2/17/2026 2:36:11 PM +00:00". Without a zone, or with one that is not known, it is UTC."""
    clock = _CLOCK.search(text)
    if clock is None or _date(text) is None:
        return None
    # The date's own numbers may look like a clock: what follows it is one.
    for clock in _CLOCK.finditer(text):
        day = _date(text[: clock.start()]) or _date(text[clock.end() :])
        if day is None:
            continue
        try:
            hour = _hour(int(clock[1]), clock[5])
            thousandths = int(clock[4] or 0) * 1000
            seconds = int(clock[3] or 0)
            there = datetime(*day, hour, int(clock[2]), seconds, thousandths, timezone.utc)
            return there - _offset(clock[6])
        except (ValueError, OverflowError):
            continue
    return None


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _date(text: str) -> tuple[int, int, int] | None:
    found = _NUMBERS.search(text)
    if found:
        year, month, day = (found[1], found[2], found[3]) if found[1] else found.group(6, 4, 5)
        return int(year), int(month), int(day)
    found = _CHINESE.search(text)
    if found:
        return int(found[1]), int(found[2]), int(found[3])
    found = _GERMAN.search(text)
    if found:
        return int(found[3]), int(found[2]), int(found[1])
    year_found = re.search(r"\b(\d{4})\b", text)
    day_found = re.search(r"(?<!\d)(\d{1,2})(?!\d)", text)
    month_found = next(filter(None, map(_month, _NAMED.findall(text))), None)
    if year_found and day_found and month_found:
        return int(year_found[1]), month_found, int(day_found[1])
    return None


def _month(name: str) -> int | None:
    lowered = name.lower()
    for number, beginnings in enumerate(_MONTHS, start=1):
        if lowered.startswith(beginnings):
            return number
    return None


def _offset(zone: str | None) -> timedelta:
    if not zone:
        return timedelta()
    known = _ZONES.get(zone.upper().strip())
    if known is not None:
        return timedelta(hours=known)
    digits = re.search(r"([+\u2212-])(\d{1,2}):?(\d{2})?", zone)
    if digits is None:
        return timedelta()
    ahead = timedelta(hours=int(digits[2]), minutes=int(digits[3] or 0))
    return ahead if digits[1] == "+" else -ahead


def written(when: datetime) -> str:
    """The time as it is put into a message's text."""
    return when.strftime("%Y-%m-%d %H:%M:%S UTC")
