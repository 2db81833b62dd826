"""Forks: a child uses none of its parent's SQLite connections, and closes none.

SQLite keeps its locks by process: what a child wrote over an inherited connection would go into a
log that its parent may have deleted, and be lost. A memory on a file is opened anew in the child; one
without a file is the child's own copy.

Before the fork all memories come to rest: a thread that was at work in one is not in the child, and
the locks that it held there would stay held.
"""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet

AT_REST_SECONDS = 5.0
"""How long a fork waits for memories to come to rest. It goes on after that."""


class Forkable(Protocol):
    """What has SQLite connections."""

    def before_fork(self) -> None:
        """Come to rest, for as long as the fork takes."""
        ...

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; in the child without the parent's connections."""
        ...


_forkable: WeakSet[Forkable] = WeakSet()
_forking = threading.Lock()
_at_rest: list[Forkable] = []


def note_forkable(each: Forkable) -> None:
    """Have it told of forks, for as long as it lives."""
    _forkable.add(each)


def keep_for_ever(inherited: object) -> None:
    """Never deallocate an object, not even at the end of the process: that would close it."""
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(inherited))


def _before_fork() -> None:
    _forking.acquire()
    for each in list(_forkable):
        each.before_fork()
        _at_rest.append(each)


def _after_fork(*, in_child: bool) -> None:
    global _forking
    while _at_rest:
        _at_rest.pop().after_fork(in_child=in_child)
    if in_child:
        _forking = threading.Lock()
    else:
        _forking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(in_child=False),
        after_in_child=lambda: _after_fork(in_child=True),
    )
