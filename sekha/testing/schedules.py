"""Which request meets which fault: from a list, from a function, or at random from a seed."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import count

from . import faults as f
from . import gateways as g
from .faults import Fault
from .lying_answers import lying_answers


class Schedule:
    """Says what befalls each connection and each request."""

    def for_connection(self) -> Fault | None:
        """Asked as a connection is made, before it is known what for."""
        return None

    def for_request(self, operation: str, method: str, path: str, number: int) -> Fault | None:
        """Asked as a request's head has come; `number` of this operation came before it."""
        return None


class Script(Schedule):
    """One fault after the other, None for a request that is left in peace; then peace."""

    def __init__(self, faults: Iterable[Fault | None] = ()) -> None:
        self._due = deque(faults)

    def add(self, *faults: Fault | None) -> None:
        self._due.extend(faults)

    def for_connection(self) -> Fault | None:
        if self._due and isinstance(self._due[0], f.ResetAtAccept):
            return self._due.popleft()
        return None

    def for_request(self, operation: str, method: str, path: str, number: int) -> Fault | None:
        return self._due.popleft() if self._due else None

    @property
    def left(self) -> int:
        """How many faults were not met yet."""
        return len(self._due)


class ByRequest(Schedule):
    """What a function of method, path and number (per operation, from 0) says."""

    def __init__(self, function: Callable[[str, str, int], Fault | None]) -> None:
        self._function = function

    def for_request(self, operation: str, method: str, path: str, number: int) -> Fault | None:
        return self._function(method, path, number)


class RandomFaults(Schedule):
    """Faults at random. The same seed gives the n-th request of an operation the same fate, in
    whatever order different operations come.

    Args:
        seed: which of all random schedules.
        mix: each fault with its weight among the others.
        rate: the share of requests that meet a fault, from 0 to 1.
    """

    def __init__(
        self, seed: int, mix: Mapping[Fault, float] | None = None, *, rate: float = 0.2
    ) -> None:
        self._seed = seed
        mix = usual_mix() if mix is None else mix
        self._total = sum(mix.values())
        self._rate = rate
        at_accept = {each for each in mix if isinstance(each, f.ResetAtAccept)}
        self._at_accept = sum(mix[each] for each in at_accept)
        self._faults = [each for each in mix if each not in at_accept]
        self._weights = [mix[each] for each in self._faults]
        self._connections = count()

    def for_connection(self) -> Fault | None:
        chance = self._random("connection", next(self._connections)).random()
        return f.ResetAtAccept() if chance * self._total < self._rate * self._at_accept else None

    def for_request(self, operation: str, method: str, path: str, number: int) -> Fault | None:
        chances = self._random(operation, number)
        if not self._faults or chances.random() >= self._rate:
            return None
        return chances.choices(self._faults, self._weights)[0]

    def _random(self, what: str, number: int) -> random.Random:
        return random.Random(f"{self._seed} {what} {number}")


def every_fault(elsewhere: str, *, seconds: float = 0.1) -> dict[str, Fault]:
    """One fault of every kind, by a name that suits a test's id.

    Args:
        elsewhere: where redirects lead.
        seconds: how long refusing, delaying and carrying out late take.
    """
    return {
        "refused": f.Refuse(seconds),
        "reset-at-accept": f.ResetAtAccept(),
        "reset-unread": f.DropUnread(),
        "closed-as-it-came": f.DropUnread(reset=False),
        "reset-before": f.Drop(carried_out=False),
        "reset-after": f.Drop(carried_out=True),
        "closed-before": f.Drop(carried_out=False, reset=False),
        "closed-after": f.Drop(carried_out=True, reset=False),
        "carried-out-late": f.CarriedOutLate(seconds),
        "cut-body": f.CutShort(),
        "cut-body-reset": f.CutShort(reset=True),
        "cut-chunked": f.CutShort(chunked=True),
        "cut-head": f.CutShort(inside="head"),
        "stall-before": f.Stall(carried_out=False),
        "stall-after": f.Stall(carried_out=True),
        "stall-in-head": f.StallInside(inside="head"),
        "stall-in-body": f.StallInside(),
        "delay-before": f.Delay(seconds, before=True),
        "delay-after": f.Delay(seconds),
        "trickle": f.Trickle(pause=0.0),
        "trickle-body": f.Trickle(pause=0.0, inside="body"),
        "close-after": f.CloseAfter(),
        "interim": f.Interim(),
        "interim-many": f.Interim((100, 102, 103) * 7),
        "interim-in-pieces": f.Interim((103, 100), in_pieces=True),
        "unasked-408": f.Unasked("timeout", 0.0),
        "unasked-answer": f.Unasked("answer", 0.0),
        "unasked-half": f.Unasked("part of a body", 0.0),
        "html-502": g.Gateway(502),
        "html-502-carried-out": g.Gateway(502, carried_out=True),
        "text-503": g.Gateway(503, "text"),
        "text-503-retry-after": g.Gateway(503, "text", retry_after=0),
        "text-504-carried-out": g.Gateway(504, "text", carried_out=True),
        "html-520": g.Gateway(520),
        "empty-500": g.Gateway(500, "empty"),
        "empty-502": g.Gateway(502, "empty"),
        "429": g.throttled(),
        "429-seconds": g.throttled(0),
        "429-date": g.throttled(0, as_date=True),
        "broken-json": g.BrokenJson(),
        "broken-json-not-carried-out": g.BrokenJson(carried_out=False),
        "captive-portal": g.WrongContentType(),
        "wrong-content-type": g.WrongContentType(carried_out=True),
        "redirect-302": g.Redirect(elsewhere, 302),
        "redirect-307": g.Redirect(elsewhere, 307),
        "not-http": g.NotHttp(),
    }


def usual_mix(elsewhere: str = "http://127.0.0.1:9") -> dict[Fault, float]:
    """Every kind of fault, and of answer that lies. Those that cost a client its whole timeout, or a
    wait of seconds, come ten times less often than the others, and lies three times. What comes
    unasked for does so on idle connections too; the answers of other requests are left out, for no
    client can tell all of them from its own."""
    slow = {"stall-before", "stall-after", "stall-in-head", "stall-in-body", "429", "429-date"}
    mix = {
        fault: 0.1 if name in slow else 1.0
        for name, fault in every_fault(elsewhere, seconds=0.05).items()
    }
    for what in ("timeout", "timeout without a length", "part of a head", "part of a chunk"):
        mix[f.Unasked(what)] = 0.5
    return mix | dict.fromkeys(lying_answers().values(), 0.3)
