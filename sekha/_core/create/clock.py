"""Clock offset: when something began, on the clock by which the controller dates its rows.

A `Date` header does not tell: a gateway before the controller sends its own. What the controller
itself wrote does: the time in its health answer, or a row that this client has just seen made.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

DRIFT = 0.001
"""Seconds by which two clocks come apart in each second: ten times what crystals do."""
ROUNDING = 0.01
"""Seconds: times are cut to microseconds here and to milliseconds there."""
GATEWAY_SKEW = 300.0
"""Seconds by which a gateway's clock, or this machine's, may be off."""
PRECISE = 0.5
"""Seconds up to which a moment counts as known: an equal row that another process stored so shortly
before would be taken for this one."""
FRESH = 60.0
"""Seconds for which the time of a row that was just made is gone by."""


@frozen
class Instant:
    """A moment on this machine's clocks. The monotonic one can stand still while the machine sleeps,
    and the other one can be set."""

    monotonic: float
    wall: float

    def since(self, other: Instant) -> tuple[float, float]:
        """The least and the most seconds that may have passed since another moment."""
        passed = self.monotonic - other.monotonic, self.wall - other.wall
        return min(passed), max(passed)


@frozen
class Moment:
    """A moment on the controller's clock, as far as it is known."""

    earliest: datetime
    latest: datetime

    @property
    def is_precise(self) -> bool:
        return (self.latest - self.earliest).total_seconds() <= PRECISE


@frozen
class Reading:
    """What the controller's clock showed at some time between two moments here.

    Attributes:
        skew: seconds by which it may not be the controller's clock at all.
    """

    told: datetime
    sent: Instant
    received: Instant
    skew: float = 0.0

    @classmethod
    def of_gateway(cls, told: datetime, sent: Instant, received: Instant) -> Reading:
        """Of a `Date` header, whosever clock it is; it leaves out fractions of a second."""
        return cls(told + timedelta(seconds=0.5), sent, received, GATEWAY_SKEW + 0.5)

    def is_fresh(self, now: Instant) -> bool:
        """Whether it was read a short while ago."""
        return now.since(self.received)[1] <= FRESH

    def moment(self, at: Instant) -> Moment:
        """What it showed, or will, at another moment."""
        least, _ = at.since(self.received)
        _, most = at.since(self.sent)
        margin = self.skew + ROUNDING + DRIFT * max(abs(least), abs(most))
        try:
            return Moment(
                self.told + timedelta(seconds=least - margin),
                self.told + timedelta(seconds=most + margin),
            )
        except OverflowError:  # a clock at the end of time
            return Moment(self.told, self.told)


class ServerClock:
    """The latest reading of a controller's clock from a row that was just made. Replaced whole, so
    that threads may share it."""

    def __init__(self) -> None:
        self.reading: Reading | None = None

    def note(self, told: datetime | None, sent: Instant, received: Instant) -> None:
        """A row was made at this time by its own account."""
        if told is not None:
            self.reading = Reading(told, sent, received)

    def fresh(self, now: Instant) -> Reading | None:
        """The reading, if it is fresh."""
        return self.reading if self.reading and self.reading.is_fresh(now) else None
