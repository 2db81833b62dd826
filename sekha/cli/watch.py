"""Following a folder: what changes in it is brought in once it is quiet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SekhaConnectionError, SekhaImportError, SekhaMissingExtraError
from ..models import ImportReport
from .output import Output

if TYPE_CHECKING:
    from ..importers import Reading

QUIET = 5.0
"""Seconds without a change after which a file is read: a session grows line by line, and each
version that is stored takes the place of the one before."""
LONGEST = 300.0
"""Seconds after which a file that never is quiet is read all the same."""
POLL_MS = 500


def changes(folder: Path) -> Iterator[set[Path]]:
    """The files that changed, again and again; empty sets where nothing did. What changes after this
    returned is not missed, however late it is asked for.

    Raises:
        SekhaMissingExtraError: the extra `watch` is not installed.
    """
    try:
        from watchfiles import Change, watch
    except ModuleNotFoundError:
        raise SekhaMissingExtraError("following a folder needs watchfiles of", "watch") from None
    found = watch(folder, rust_timeout=POLL_MS, yield_on_timeout=True, raise_interrupt=True)
    # It begins with the first that is asked for.
    first = next(found)
    return (
        {Path(name) for change, name in each if change is not Change.deleted}
        for each in chain([first], found)
    )


class Follower:
    """Which of the changed files are to be read now.

    Args:
        quiet: seconds without a change.
        clock: seconds that only go forward.
    """

    def __init__(self, quiet: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._clock = clock
        self._waiting: dict[Path, tuple[float, float]] = {}

    def note(self, paths: set[Path]) -> None:
        """These have changed."""
        now = self._clock()
        for path in paths:
            first, _ = self._waiting.get(path, (now, now))
            self._waiting[path] = first, now

    def due(self) -> list[Path]:
        """Those that are quiet, or have waited for long; they wait no more."""
        now = self._clock()
        found = [
            path
            for path, (first, last) in self._waiting.items()
            if now - last >= self._quiet or now - first >= LONGEST
        ]
        for path in found:
            del self._waiting[path]
        return sorted(found)


def follow(
    changed: Iterator[set[Path]],
    output: Output,
    read: Callable[[Path], Reading],
    bring: Callable[[Reading], ImportReport],
    *,
    quiet: float = QUIET,
) -> None:
    """Bring in whatever changes, until Ctrl-C. What cannot be read is said; what finds no controller
    is tried again.

    Args:
        changed: what `changes` gives.
        read: opens a file.
        bring: stores what is in it, once.
        quiet: seconds without a change after which a file is read.

    Raises:
        KeyboardInterrupt: that is its end.
        SekhaError: no file of the folder has a chance: a refused key, a missing extra.
    """
    follower = Follower(quiet)
    for found in changed:
        follower.note(found)
        for path in follower.due():
            try:
                report = bring(read(path))
            except SekhaMissingExtraError:
                raise
            except SekhaImportError as error:
                output.warn(error.message)
            except SekhaConnectionError as error:
                output.warn(f"{path}: {error.message}; it is tried again")
                follower.note({path})
            else:
                _tell(output, path, report)


def _tell(output: Output, path: Path, report: ImportReport) -> None:
    new = report.stored - report.replaced
    facts = {"new": new, "grown": report.replaced, "failed": report.failed}
    told = ", ".join(f"{number:,} {name}" for name, number in facts.items() if number)
    if output.as_json:
        output.json_line({"path": path, "import": report})
    elif told:
        output.line(f"{path}: {told}")
