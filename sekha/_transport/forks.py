"""Forks: a child has its parent's sockets, and whatever it sent there would get answers to the
parent's requests, or leave its own to the parent."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """What has connections."""

    def after_fork(self) -> None:
        """In the child: use none of the parent's connections any more, and close none of them."""
        ...


_forkable: WeakSet[Any] = WeakSet()
_inherited: list[object] = []


def note_forkable(each: Forkable) -> None:
    """Have it told of forks, for as long as it lives."""
    _forkable.add(each)


def disconnect(file_descriptors: Iterable[int], owner: object) -> None:
    """Let inherited sockets lead nowhere: the parent's connections stay as they are, whatever becomes
    of the objects that hold them here, and end when the parent ends them.

    Args:
        owner: what holds them. It is kept, for an event loop that is cleaned up in the child would
            unregister the parent's sockets.
    """
    _inherited.append(owner)
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        for each in file_descriptors:
            if each >= 0:
                os.dup2(nowhere, each, inheritable=False)
    finally:
        os.close(nowhere)


def _after_fork() -> None:
    for each in list(_forkable):
        each.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
