"""The controller's times: naive UTC with nanoseconds, `T` or a space between (row 25); and the times
in HTTP's headers."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime


def parse_time(text: str | None) -> datetime | None:
    """An aware UTC time to the microsecond; None for no time, or for text that is none."""
    if not text:
        return None
    try:
        # Most have no zone: in UTC at once, which is quicker than afterwards.
        return datetime.fromisoformat(text + "Z")
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    try:
        return moment.astimezone(timezone.utc)
    except OverflowError:  # hours before the year 1, or after 9999
        return None


def parse_http_date(text: str) -> datetime | None:
    """The aware UTC time of a Date or Retry-After header; None for text that is none."""
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def instant(text: str) -> tuple[str, str]:
    """A key that orders the controller's time strings to the nanosecond."""
    seconds, _, fraction = text.replace(" ", "T").partition(".")
    return seconds, fraction.ljust(9, "0")


def parse_timestamp(given: datetime | str | None) -> datetime | None:
    """The aware UTC time that a caller gave; None for none, and for text that is none."""
    if isinstance(given, str):
        return parse_time(given)
    return None if given is None else given.astimezone(timezone.utc)


def timestamp_text(given: datetime | str) -> str:
    """A caller's time for the wire. Text stays as it is: it may be more precise than a datetime."""
    return given if isinstance(given, str) else given.astimezone(timezone.utc).isoformat()
