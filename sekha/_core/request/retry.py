"""Whether a request is sent again, and when.

Never sent, and 429: always. Sent with an unknown outcome: only an operation that can be repeated.
A 500 never: the controller's are deterministic. Creates resolve their doubt elsewhere
(`create_doubt`), so an ambiguous create is never sent again from here.
"""

from __future__ import annotations

from datetime import datetime
from math import inf

from attrs import define, frozen

from sekha_api.types import RawResponse

from ..wire.times import parse_http_date
from .failures import Failure
from .operations import ANSWERED_BY_503, DELETES, is_repeatable

BACKOFF_START = 0.5
BACKOFF_CAP = 8.0
THROTTLE_CAP = 61.0
"""Seconds: the controller counts in windows of 60, so after 61 there is a new one (row 24)."""
THROTTLE_TOTAL = 600.0
"""Seconds that a call without a deadline waits out 429s altogether."""

GATEWAY_STATUSES = frozenset({408, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530})
"""Statuses by which something between says that it has no answer: the outcome is unknown."""


@define
class History:
    """What happened to one request so far.

    Attributes:
        retries: how often it was sent again after a failure.
        throttled: seconds spent waiting out 429s.
        throttles: how many 429s came.
        unknown: whether an attempt may have been carried out without an answer to show for it.
    """

    retries: int = 0
    throttled: float = 0.0
    throttles: int = 0
    unknown: bool = False

    @property
    def attempts(self) -> int:
        return 1 + self.retries + self.throttles


@frozen
class Accept:
    """Take this answer."""

    response: RawResponse


@frozen
class Again:
    """Send it again after `delay` seconds."""

    delay: float
    reason: str
    throttled: bool


@frozen
class Stop:
    """Raise what came."""


Decision = Accept | Again | Stop


def is_ambiguous(outcome: RawResponse | Failure) -> bool:
    """Whether the request may have been carried out though its answer does not tell."""
    if isinstance(outcome, Failure):
        return outcome.sent
    return outcome.status_code in GATEWAY_STATUSES


def decide(
    name: str,
    outcome: RawResponse | Failure,
    history: History,
    *,
    max_retries: int,
    time_left: float | None,
    chance: float,
    now: datetime,
) -> Decision:
    """What to do after one attempt.

    Args:
        name: the operation.
        outcome: its answer, or how it failed.
        history: what happened before this attempt.
        max_retries: how often it may be sent again.
        time_left: seconds to the deadline, None without one.
        chance: a number from 0 to 1, for the jitter.
        now: the present, from which a Retry-After date counts.
    """
    if isinstance(outcome, RawResponse):
        if outcome.is_success:
            return Accept(outcome)
        if outcome.status_code == 404 and name in DELETES and history.unknown:
            return Accept(RawResponse(200, {}, b""))
        if outcome.status_code == 429:
            return _after_throttle(outcome, history, time_left, now)
        if outcome.status_code == 503 and name in ANSWERED_BY_503:
            return Stop()
        if outcome.status_code not in GATEWAY_STATUSES:
            return Stop()
    elif outcome.certificate_error:
        return Stop()
    if history.retries >= max_retries or (is_ambiguous(outcome) and not is_repeatable(name)):
        return Stop()
    ceiling = min(BACKOFF_CAP, BACKOFF_START * 2.0 ** min(history.retries, 10))
    delay = chance * ceiling
    if isinstance(outcome, RawResponse):
        asked = retry_after(outcome, now)
        delay = delay if asked is None else min(asked, THROTTLE_CAP)
    if time_left is not None and delay >= time_left:
        return Stop()
    return Again(delay, describe(outcome), throttled=False)


def _after_throttle(
    response: RawResponse, history: History, time_left: float | None, now: datetime
) -> Decision:
    asked = retry_after(response, now)
    patience = 2.0 ** min(history.throttles, 10)
    # A 0, or a date gone by, said again and again: ever less often is asked then, too.
    delay = patience if asked is None else max(asked, min(1.0, patience / 100))
    delay = min(THROTTLE_CAP, delay)
    budget = THROTTLE_TOTAL - history.throttled if time_left is None else time_left
    if delay >= budget:
        return Stop()
    return Again(delay, describe(response), throttled=True)


def retry_after(response: RawResponse, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, from a number or a date; None without one."""
    value = response.headers.get("retry-after")
    if not value:
        return None
    try:
        return max(0.0, float(int(value)))
    except OverflowError:
        return inf
    except ValueError:
        pass
    moment = parse_http_date(value)
    if moment is None:
        return None
    return max(0.0, (moment - now).total_seconds())


def describe(outcome: RawResponse | Failure) -> str:
    """One attempt's end in a few words for the log; never holds a secret."""
    return outcome.detail if isinstance(outcome, Failure) else f"status {outcome.status_code}"
