"""One bulk import, from the first record to the account."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from attrs import evolve

from .._concurrency import async_bounded_map, async_sleep, async_workers
from .._core.transfer.identity import version_of
from .._core.transfer.journal import Archive, Done, Key, Occurrences, Reconcile, Store
from .._core.transfer.records import Item, Unusable
from .._limits.rules import CREATES_IN_FLIGHT
from .._storage.journal import JournalFile
from ..errors import (
    SekhaError,
    SekhaImportError,
    SekhaMissingExtraError,
)
from .import_known import KnownConversations, Look, Whence
from .import_restored import RestoredConversations
from .import_store import MEANWHILE, ImportStore, InDoubt, Made
from .import_tally import Tally
from .session import Session

if TYPE_CHECKING:
    from ..models import ImportReport


MOST_LOOKS = 3
"""Looks at a record that other imports store at the same time."""

log = logging.getLogger("sekha")


class ImportRun(ImportStore):
    """Carries out one import.

    Records in reconciliation are settled at the end, when nothing else of this run is under way: a row that
    is just being written could be taken for a part of another one.

    Args:
        known: what is stored already; None stores everything that the journal does not know.
        restored: where it is noted what is stored, for imports after it.
        window: begin no record before the one so many places ahead of it is settled; None lets a
            record that takes long be overtaken by any number of others.
    """

    def __init__(
        self,
        session: Session,
        items: Iterable[Item | Unusable],
        tally: Tally,
        journal: JournalFile | None,
        *,
        known: KnownConversations | None = None,
        restored: RestoredConversations | None = None,
        window: int | None = None,
        skip_duplicates: bool,
        dry_run: bool,
    ) -> None:
        super().__init__(session, tally, journal, known, restored)
        self._would_store: dict[bytes, str] = {}
        self._busy: set[tuple[str, str]] = set()
        self._versions: Counter[tuple[str, str]] = Counter()
        self._window = window
        self._items = iter(items)
        self._skip_duplicates = skip_duplicates
        self._dry_run = dry_run
        self._occurrences = Occurrences()
        self._needs_keys = journal is not None or skip_duplicates
        self._taking = threading.Lock()
        self._unmet = set(journal.journal.in_doubt) if journal else set()
        if known is not None and journal is not None:
            known.has_record = journal.journal.has_row

    async def run(self) -> None:
        """Carry it out.

        Raises:
            SekhaError: it ended before its time; the account is on the error.
        """
        if self._window is None:
            await async_workers(self._careful_step, CREATES_IN_FLIGHT)
            # Whatever it says by now, all is taken: the careful ones may have left the rest.
            await async_workers(self._step, self._session.limits.creates_limit)
        else:
            taken = iter(self._take, None)
            async for _ in async_bounded_map(lambda each: self._treat(*each), taken, self._window):
                pass
        await self._make_up()
        for each in sorted(self._in_doubt, key=lambda each: each.begun):
            if self._ended_by is None:
                await self._reconcile(each)
        for item, key, whence in self._deferred:
            if self._ended_by is None:
                await self._treat_known(item, key, whence)
        if isinstance(self._ended_by, SekhaError):
            self._ended_by.report = self.report()
        if self._ended_by is not None:
            raise self._ended_by
        if self._unmet:
            log.warning("%d records of the journal did not come this time", len(self._unmet))

    def report(self) -> ImportReport:
        """The account as it stands."""
        return self._tally.report(
            unmatched=len(self._unmet),
            dry_run=self._dry_run,
            compared=self._dry_run and self._known is not None,
        )

    def _takes_more(self) -> bool:
        """Whether the controller has said that it takes more creates at once than any does."""
        return self._session.limits.creates_limit > CREATES_IN_FLIGHT

    async def _careful_step(self) -> bool:
        return not self._takes_more() and await self._step()

    async def _step(self) -> bool:
        taken = self._take()
        if taken is None:
            return False
        await self._treat(*taken)
        return True

    def _take(self) -> tuple[Item | Unusable, Key | None, Whence | None] | None:
        """The next record; None if there is none, or the run is over."""
        with self._taking:
            if self._ended_by is not None:
                return None
            try:
                item = next(self._items, None)
            except Exception as error:
                # What is under way shall end well before the source's own error is raised.
                self._ended_by = error
                return None
            if item is None:
                return None
            self._tally.note("read")
            if isinstance(item, Unusable):
                return item, None, None
            if not self._needs_keys:
                return item, None, self._whence(item)
            key = self._occurrences.key(item.conversation)
            self._unmet.discard(key.packed)
            known = self._journal.journal if self._journal else None
            if known and isinstance(known.next_action(key), Done | Archive):
                return item, key, None
            return item, key, self._whence(item)

    def _whence(self, item: Item) -> Whence | None:
        """What it is known by, if it says where it comes from. Not to be asked of what the journal
        knows as stored: the rows of that are not counted either."""
        new = item.conversation
        if self._known is None or new.source is None:
            return None
        whence = Whence(new.source, new.source_id, version_of(new), row_id=item.row_id)
        if new.source_id is not None:
            return whence
        self._versions[whence.key] += 1
        return evolve(whence, occurrence=self._versions[whence.key] - 1)

    async def _treat(self, item: Item | Unusable, key: Key | None, whence: Whence | None) -> None:
        if isinstance(item, Unusable):
            self._tally.fail("skipped", item.where, item.reason)
            return
        known = self._journal.journal if self._journal and key else None
        action = known.next_action(key) if known and key else Store()
        if isinstance(action, Done | Archive):
            self._tally.settle("already", lost=item.lost)
            if isinstance(action, Archive) and not self._dry_run:
                await self._archive(action.conversation_id, key)
        elif self._skip_duplicates and key is not None and key.occurrence:
            self._tally.settle("duplicates")
            if known and not known.is_skipped(key):
                self._note("skipped", key)
        elif whence is not None and self._known is not None:
            begun = action.begun if isinstance(action, Reconcile) else None
            await self._treat_known(item, key, whence, begun)
        elif self._dry_run:
            pass
        elif isinstance(action, Reconcile) and key is not None:
            self._put_aside(InDoubt(item, key, action.begun, earlier=True))
        else:
            await self._store(item, key)
        # Nothing above may have waited: others in the event loop shall come to their turn.
        await async_sleep(0)

    async def _treat_known(
        self, item: Item, key: Key | None, whence: Whence, begun: datetime | None = None
    ) -> None:
        """Store a record if it is not stored already.

        Args:
            begun: since when it may be stored, by the journal.
        """
        if not self._reserve(whence):
            # The same conversation is under way; what is to be done with this one shows then.
            self._deferred.append((item, key, whence))
            return
        try:
            for attempt in range(MOST_LOOKS):
                assume = attempt == 0 and begun is None
                look = await self._look(item, whence, assume=assume)
                if look is None or await self._follow(look, item, key, begun):
                    return
            self._tally.fail("failed", item.where, MEANWHILE)
        finally:
            with self._taking:
                self._busy.discard(whence.key)

    async def _follow(
        self, look: Look, item: Item, key: Key | None, begun: datetime | None
    ) -> bool:
        """Do what a look says; False if another import was quicker."""
        settled = begun is not None and not self._dry_run
        if look.verdict == "same" and settled and look.id is not None:
            made = Made(look.id, True, archived=item.archive)
            await self._stored(item, key, made, "recovered", look=look)
        elif look.verdict in ("same", "older"):
            self._tally.settle("unchanged" if look.verdict == "same" else "outdated")
        elif self._dry_run:
            self._foresee(look)
        elif begun is not None or look.begun is not None:
            since = min(each for each in (begun, look.begun) if each is not None)
            self._put_aside(InDoubt(look.item, key, since, earlier=True, look=look))
        else:
            return await self._store(look.item, key, look=look)
        return True

    def _foresee(self, look: Look) -> None:
        """Count what would become of a record that is not there as it is, beside those before it
        that would be stored."""
        replaces = look.replaced_id is not None
        if look.whence.source_id is not None:
            key = blake2b("\0".join(look.whence.key).encode(), digest_size=16).digest()
            before = self._would_store.get(key)
            if before == look.whence.version.hash:
                self._tally.settle("unchanged")
                return
            replaces = replaces or before is not None
            self._would_store[key] = look.whence.version.hash
        if replaces:
            self._tally.note("replaced")

    def _reserve(self, whence: Whence) -> bool:
        with self._taking:
            if whence.key in self._busy:
                return False
            self._busy.add(whence.key)
            return True

    async def _look(self, item: Item, whence: Whence, *, assume: bool = False) -> Look | None:
        """What is to be done with a record; None if that cannot be told, and is said."""
        known = self._known
        try:
            return await known.look(item, whence, assume=assume) if known is not None else None
        except (SekhaImportError, SekhaMissingExtraError) as error:
            self._ended_by = self._ended_by or error
        except SekhaError as error:
            if self._dry_run:
                self._cannot_compare(error)
                return None
            self._check_whether_to_end(error)
            self._tally.fail("failed", item.where, error.message)
        return None

    def _cannot_compare(self, error: SekhaError) -> None:
        """A dry run goes on without what is stored."""
        with self._taking:
            first, self._known = self._known is not None, None
        if first:
            log.warning("what is stored already cannot be told: %s", error.message)

    async def _make_up(self) -> None:
        """Put aside what earlier runs replaced and left."""
        if self._known is None or self._dry_run or self._ended_by is not None:
            return
        try:
            await self._known.make_up()
        except SekhaError as error:
            log.warning("an earlier version is not put aside yet: %s", error.message)
