"""Running parts on a Dask cluster: each until it is done, whichever workers die meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import uuid4

from attrs import evolve, frozen
from distributed import Client, Future, KilledWorker, as_completed
from distributed.client import CancelledError

from .._core import validate
from ..config import ClientConfig
from ..errors import SekhaConfigError, SekhaError, SekhaValidationError

MOST_PAUSE = 30.0
"""Seconds before a part is tried again."""

log = logging.getLogger("sekha")
Part = TypeVar("Part")
Result = TypeVar("Result")


@frozen
class Ended:
    """What a worker says of a part: what came of it, or why that ended before its time.

    Attributes:
        result: of all of it, or of what was done until then; None for nothing.
        reason: why it is to be given out again; empty if all of it was done.
        is_left: whether anything of it was not tried.
    """

    result: Any
    reason: str = ""
    is_left: bool = False


@frozen
class PartsProgress:
    """How far a run is.

    Attributes:
        done: parts that are done, in an earlier run or in this one.
        total: all parts.
        repeated: how often a part was given out again by this client. What Dask itself gives to
            another worker, when one died, is not counted.
    """

    done: int
    total: int
    repeated: int = 0


OnProgress = Callable[[PartsProgress], object]


class Run(Generic[Part, Result]):
    """Parts that workers are at, or will be.

    Attributes:
        futures: one for each part that was not done before, in the order of the parts: for
            `distributed.progress`, and for whatever else Dask can do with them. One whose part had
            to be given out again has failed; `result` looks after that.
    """

    def __init__(
        self,
        dask: Client,
        name: str,
        work: Callable[[Part, int], Ended],
        parts: Sequence[Part],
        finish: Callable[[Sequence[Ended], str], Result],
        *,
        attempts: int,
        done_before: int = 0,
    ) -> None:
        self._dask = dask
        # Dask's dashboard shows the first half of a name, and one bar for all that share it.
        self._name = f"{name}-{uuid4().hex}"
        self._work = work
        self._finish = finish
        self._attempts = attempts
        self._progress = PartsProgress(done_before, done_before + len(parts))
        self._given: dict[Any, tuple[Future, Part, int]] = {}
        self._submitted = 0
        self.futures: list[Future] = [self._give(part, 1) for part in parts]

    def result(self, on_progress: OnProgress | None = None) -> Result:
        """Wait until every part is done, or was tried as often as it may be. To be called once.

        Args:
            on_progress: called in this thread, at the beginning and for each part that ended.

        Raises:
            SekhaError: parts are left; the same call again goes on with them.
        """
        ended: list[Ended] = []
        reason = ""
        tell = on_progress or (lambda progress: None)
        tell(self._progress)
        waiting = as_completed(self.futures)
        for future in waiting:
            _, part, attempt = self._given[future.key]
            outcome = outcome_of(future)
            if outcome.reason and attempt < self._attempts and not future.cancelled():
                log.warning("a part is given out again: %s", outcome.reason)
                self._progress = evolve(self._progress, repeated=self._progress.repeated + 1)
                waiting.add(self._give(part, attempt + 1))
                continue
            reason = reason or outcome.reason
            ended.append(outcome)
            if not outcome.reason:
                self._progress = evolve(self._progress, done=self._progress.done + 1)
            tell(self._progress)
        for future, _, _ in self._given.values():
            # What is kept is done again when its worker dies.
            future.release()
        return self._finish(ended, reason)

    def cancel(self) -> None:
        """Give out no more. What a worker is at goes on to its end."""
        self._dask.cancel([*self.futures])

    def _give(self, part: Part, attempt: int) -> Future:
        self._submitted += 1
        key = self._name, self._submitted
        # Dask's own retries would not be told which attempt this is.
        future = self._dask.submit(self._work, part, attempt, key=key, pure=False, retries=0)
        self._given[future.key] = future, part, attempt
        return future


def outcome_of(future: Future) -> Ended:
    """What came of a part, whatever became of its worker."""
    try:
        ended: Ended = future.result()
    except CancelledError:
        return Ended(None, "it was cancelled, or the scheduler is gone", True)
    except KilledWorker as error:
        return Ended(
            None, f"several workers died at it, {error.last_worker} the last of them", True
        )
    except SekhaError as error:
        return Ended(None, error.message, True)
    except Exception as error:  # whatever a worker lacks: a disk, a module, the way to a file
        return Ended(None, f"{type(error).__name__}: {error}", True)
    return ended


def pause_before(attempt: int) -> None:
    """Wait on the worker before another attempt: longer each time."""
    if attempt > 1:
        time.sleep(min(2.0 ** (attempt - 2), MOST_PAUSE))


def check_dask(dask: object, attempts: int) -> None:
    """Refuse what cannot give out parts.

    Raises:
        SekhaValidationError: an argument cannot be used.
    """
    if not isinstance(dask, Client):
        kind = type(dask).__name__
        raise SekhaValidationError("dask", f"a distributed.Client is needed, not {kind}")
    if dask.asynchronous:
        raise SekhaValidationError("dask", "a Client with asynchronous=True cannot be waited for")
    validate.integer("attempts", attempts, 1)


def check(dask: object, config: object, attempts: int) -> None:
    """Refuse what no run can be made with.

    Raises:
        SekhaValidationError: an argument is none.
        SekhaConfigError: the workers would each keep limits of their own.
    """
    check_dask(dask, attempts)
    if not isinstance(config, ClientConfig):
        kind = type(config).__name__
        raise SekhaValidationError("config", f"a ClientConfig is needed, not {kind}")
    if config.shared_limits is None and config.rate_limit_requests is not None:
        raise SekhaConfigError(
            "shared_limits",
            "each worker would count its own requests: give the redis:// URL of a Redis that all "
            "workers reach, or rate_limit_requests=None for a controller that has no limit, as "
            "`sekha-memory serve` has none",
        )
