"""Times as the store keeps them (nanoseconds since 1970, UTC) and as the wire shows them."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

NANOSECONDS = 1_000_000_000
DAY = 86_400 * NANOSECONDS


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
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.isoformat(separator)[:19]}.{fraction:09d}"
