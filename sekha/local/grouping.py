"""Group commit: what several threads wait for at the same time is done in one go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from .cancellation import Cancellation, RequestCancelled, current

T = TypeVar("T")
R = TypeVar("R")

_POLLING = 0.02


class Member(Generic[T, R]):
    """One thread's part of a group.

    Attributes:
        item: what it wants done.
        result: what came of it, set by whoever does the group.
        error: why nothing came of it.
    """

    def __init__(self, item: T) -> None:
        self.item = item
        self.cancellation: Cancellation = current()
        self.result: R | None = None
        self.error: BaseException | None = None
        self.is_done = False


class Group(Generic[T, R]):
    """Gathers what threads want while one of them is at work, who then does all of it together.

    Nobody waits for company: who finds nobody at work begins at once, alone.

    Args:
        work: does a group: sets the result or the error of each member. What it raises is the
            error of all that have neither; only for the first may `RequestCancelled` be raised,
            when nothing was done: the others are then done in another group.
        most: members of a group.
    """

    def __init__(self, work: Callable[[Sequence[Member[T, R]]], None], most: int) -> None:
        self._work = work
        self._most = most
        self._changed = threading.Condition()
        self._waiting: list[Member[T, R]] = []
        self._is_busy = False

    def run(self, item: T) -> R:
        """Have something done, with whatever else waits.

        Raises:
            RequestCancelled: the request is not wanted any more; nothing was done.
            BaseException: what its part of the work raised.
        """
        member: Member[T, R] = Member(item)
        with self._changed:
            self._waiting.append(member)
        while not member.is_done:
            if group := self._next(member):
                self._lead(group)
        if member.error is not None:
            raise member.error
        assert member.result is not None
        return member.result

    def _next(self, member: Member[T, R]) -> list[Member[T, R]]:
        """The group that this thread is to do; none if its part is done or it is time to look
        again."""
        with self._changed:
            if not member.is_done and self._is_busy:
                self._changed.wait(_POLLING)
            if member.is_done:
                return []
            try:
                member.cancellation.check()
            except RequestCancelled:
                # Whoever has it in a group finds out the same before anything is done for it.
                if member in self._waiting:
                    self._waiting.remove(member)
                raise
            if self._is_busy or member not in self._waiting:
                return []
            self._is_busy = True
            others = [each for each in self._waiting if each is not member][: self._most - 1]
            group = [member, *others]
            self._waiting = [each for each in self._waiting if each not in group]
            return group

    def _lead(self, group: list[Member[T, R]]) -> None:
        left: list[Member[T, R]] = []
        try:
            self._work(group)
        except RequestCancelled as error:
            group[0].error = error
            left = group[1:]
        except BaseException as error:
            for each in group:
                if each.result is None and each.error is None:
                    each.error = error
        finally:
            with self._changed:
                self._is_busy = False
                self._waiting[:0] = left
                for each in group[: len(group) - len(left)]:
                    each.is_done = True
                self._changed.notify_all()
