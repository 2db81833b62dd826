"""LRU cache of sessions, for adapters that serve any number of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from weakref import WeakValueDictionary

from ..._sync.client import SyncSekhaClient
from .._core import codec
from .session import Session

KEPT = 256
"""Sessions that are kept with what they have read."""


class Sessions:
    """The sessions that were used last, and those in use: one object for each folder.

    What an object that is given up has read or written comes before what a later one of its folder
    adds, as within one object: a later one begins where the last of all those left off.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: OrderedDict[str, Session] = OrderedDict()
        self._in_use: WeakValueDictionary[str, Session] = WeakValueDictionary()
        self._seen_before: datetime | None = None

    def of(
        self, client: SyncSekhaClient, folder: str, *, title: str, describe: codec.Describe
    ) -> Session:
        """The session of a folder; the arguments are those of `Session`."""
        with self._lock:
            session = self._in_use.get(folder)
            if session is None:
                session = Session(client, folder, title=title, describe=describe)
                session.begin_after(self._seen_before)
                self._in_use[folder] = session
            self._last[folder] = session
            self._last.move_to_end(folder)
            while len(self._last) > KEPT:
                _, given_up = self._last.popitem(last=False)
                seen = given_up.last_seen
                if seen is not None and (self._seen_before is None or self._seen_before < seen):
                    self._seen_before = seen
            return session
