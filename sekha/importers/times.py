"""Times as exports write them: ISO text, or a number of seconds or less since 1970."""

from __future__ import annotations

from datetime import datetime, timezone

from .._core.wire.times import parse_time

_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))


def moment(value: object) -> datetime | None:
    """An aware UTC time, or None for null, zero and what is no time.

    A number is seconds, or milli-, micro- or nanoseconds if it is too large for seconds.
    """
    if isinstance(value, str):
        parsed = _of_text(value.strip())
        if parsed is not None or not value.strip().replace(".", "", 1).isdigit():
            return parsed
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return None
    for above, unit in _UNITS:
        if value > above:
            return _of_seconds(value, unit)
    return _of_seconds(value, 1)


def _of_text(text: str) -> datetime | None:
    if text.isdigit():
        # fromisoformat would take the digits of an epoch time for a date.
        return None
    try:
        return parse_time(text)
    except OverflowError:
        return None


def _of_seconds(value: int | float, unit: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(value / unit, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return None


def written(when: datetime) -> str:
    """The time as it is put into a message's text."""
    return when.strftime("%Y-%m-%d %H:%M:%S UTC")
