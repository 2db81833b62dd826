"""Times as the store keeps them (nanoseconds since 1970, UTC) and as the wire shows them."""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

NANOSECONDS = 1_000_000_000
DAY = 86_400 * NANOSECONDS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"([^.,]+?)(?:[.,]([0-9]+))?(Z|[+-][0-9]{2}:?[0-9]{2})?", re.ASCII)


class Clock:
    """The wall clock, but in one process it never repeats and never goes back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def now(self) -> int:
        """Nanoseconds since 1970 in UTC, greater than every value given before."""
        with self._lock:
            self._last = max(time.time_ns(), self._last + 1)
            return self._last


def wire_time(nanoseconds: int, separator: str = "T") -> str:
    """A time as the controller writes it: naive UTC, nine decimals (compatibility row 25).

    Args:
        nanoseconds: since 1970, UTC.
        separator: `T` in REST answers and messages, a space in the tools' times.
    """
    seconds, fraction = divmod(nanoseconds, NANOSECONDS)
    return f"{_second(seconds, separator)}.{fraction:09d}"


@lru_cache(maxsize=4096)
def _second(seconds: int, separator: str) -> str:
    """The text up to the second: an answer has the times of many messages of one conversation."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(separator)[:19]


def parse_wire_time(text: str) -> int:
    """A time as callers write it, to the nanosecond; UTC where no zone is given.

    Raises:
        ValueError: it is none, or not between the years 1678 and 2261.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    moment = datetime.fromisoformat(match[1] + (match[3] or "Z"))
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    nanoseconds = seconds * NANOSECONDS + int((match[2] or "")[:9].ljust(9, "0"))
    if not -(2**63) <= nanoseconds < 2**63:
        raise ValueError(text)
    return nanoseconds
