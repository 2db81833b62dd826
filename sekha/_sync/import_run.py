"""One bulk import, from the first record to the account."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from sekha_api.api.conversations import archive_conversation

from .._concurrency import bounded_map, sleep, workers
from .._core.create.clock import Moment, Reading
from .._core.create.fingerprint import Fingerprint
from .._core.create.outcome import LOOK_INTERVAL, Reconciliation, Unclear
from .._core.create.padding import pad
from .._core.listing import SCAN_PAGE_SIZE
from .._core.transfer import records as bulk
from .._core.transfer.journal import Archive, Done, Key, Occurrences, Reconcile, Store, line
from .._core.transfer.records import Item, Unusable
from .._limits.rules import CREATES_IN_FLIGHT
from .._storage.journal import JournalFile
from ..errors import SekhaError, SekhaImportError, SekhaUnknownOutcomeError
from .candidates import find_candidates, present, read_clock
from .create import store
from .import_tally import Tally
from .session import Session

if TYPE_CHECKING:
    from ..models import Conversation, ImportReport, NewConversation

MOST_PAGES = 1000
"""Pages that are read at most to find one record: a million rows."""
CLOCK_TRUSTED = 60.0
"""Seconds for which the controller's clock is reckoned from ours."""
MOST_IN_DOUBT = 100
"""Records in reconciliation that are kept until the end; further ones wait for the next run."""

log = logging.getLogger("sekha")


@frozen
class _InDoubt:
    """A record that may be stored, and since when; `earlier` if another run began it."""

    item: Item
    key: Key
    begun: datetime
    earlier: bool


class ImportRun:
    """Carries out one import.

    Records in reconciliation are settled at the end, when nothing else of this run is under way: a row that
    is just being written could be taken for a part of another one.

    Args:
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
        window: int | None = None,
        skip_duplicates: bool,
        dry_run: bool,
    ) -> None:
        self._window = window
        self._session = session
        self._items = iter(items)
        self._tally = tally
        self._journal = journal
        self._skip_duplicates = skip_duplicates
        self._dry_run = dry_run
        self._occurrences = Occurrences()
        self._needs_keys = journal is not None or skip_duplicates
        self._clock = _ServerClock(session)
        self._taking = threading.Lock()
        self._in_doubt: list[_InDoubt] = []
        self._unmet = set(journal.journal.in_doubt) if journal else set()
        self._silences = 0
        self._ended_by: Exception | None = None

    def run(self) -> None:
        """Carry it out.

        Raises:
            SekhaError: it ended before its time; the account is on the error.
        """
        if self._window is None:
            workers(self._step, CREATES_IN_FLIGHT)
        else:
            taken = iter(self._take, None)
            for _ in bounded_map(lambda each: self._treat(*each), taken, self._window):
                pass
        for each in sorted(self._in_doubt, key=lambda each: each.begun):
            if self._ended_by is None:
                self._reconcile(each)
        if isinstance(self._ended_by, SekhaError):
            self._ended_by.report = self.report()
        if self._ended_by is not None:
            raise self._ended_by
        if self._unmet:
            log.warning(
                "%d records that the journal has in reconciliation did not come", len(self._unmet)
            )

    def report(self) -> ImportReport:
        """The account as it stands."""
        return self._tally.report(unmatched=len(self._unmet), dry_run=self._dry_run)

    def _step(self) -> bool:
        taken = self._take()
        if taken is None:
            return False
        self._treat(*taken)
        return True

    def _take(self) -> tuple[Item | Unusable, Key | None] | None:
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
            if isinstance(item, Unusable) or not self._needs_keys:
                return item, None
            key = self._occurrences.key(item.conversation)
            self._unmet.discard(key.packed)
            return item, key

    def _treat(self, item: Item | Unusable, key: Key | None) -> None:
        if isinstance(item, Unusable):
            self._tally.fail("skipped", item.where, item.reason)
            return
        known = self._journal.journal if self._journal and key else None
        action = known.next_action(key) if known and key else Store()
        if isinstance(action, Done | Archive):
            self._tally.settle("already", lost=item.lost)
            if isinstance(action, Archive) and not self._dry_run:
                self._archive(action.conversation_id, key)
        elif self._skip_duplicates and key is not None and key.occurrence:
            self._tally.settle("duplicates")
            if known and not known.is_skipped(key):
                self._note("skipped", key)
        elif self._dry_run:
            pass
        elif isinstance(action, Reconcile) and key is not None:
            self._put_aside(_InDoubt(item, key, action.begun, earlier=True))
        else:
            self._store(item, key)
        # Nothing above may have waited: others in the event loop shall come to their turn.
        sleep(0)

    def _store(
        self, item: Item, key: Key | None, *, parts: tuple[str, ...] = (), last: bool = False
    ) -> None:
        """Store a record.

        Args:
            parts: rows that an earlier attempt left.
            last: whether a reconciliation about it stays one, instead of being settled at the end.
        """
        begun = None
        try:
            if self._journal is not None:
                begun = self._clock.now()
                at = begun.replace(tzinfo=None).isoformat()
                facts = {"parts": parts} if parts else {}
                if not self._note("begun", key, durable=True, at=at, **facts):
                    return
            conversation_id = self._create(item.conversation)
        except SekhaError as error:
            self._check_whether_to_end(error)
            if isinstance(error, SekhaUnknownOutcomeError):
                if begun is None or key is None or last:
                    self._tally.fail("failed", item.where, error.message, error.conversation_ids)
                else:
                    self._put_aside(_InDoubt(item, key, begun, earlier=False))
                return
            rows = bulk.rows_left(error)
            if begun is not None:
                self._note("failed", key, reason=error.message, parts=rows)
            self._tally.add_parts(rows)
            self._tally.fail("failed", item.where, error.message, rows)
            return
        self._silences = 0
        self._stored(item, key, conversation_id)

    def _stored(self, item: Item, key: Key | None, conversation_id: str, *outcomes: str) -> None:
        facts = {"archive": True} if item.archive else {}
        self._note("stored", key, id=conversation_id, **facts)
        self._tally.settle("stored", *outcomes, lost=item.lost)
        if item.archive:
            self._archive(conversation_id, key)

    def _archive(self, conversation_id: str, key: Key | None) -> None:
        try:
            self._session.begin()(archive_conversation, conversation_id)
        except SekhaError as error:
            # It is stored all the same; with a journal, the next run archives it.
            log.warning("%s is stored and not archived: %s", conversation_id, error.message)
            self._tally.note(lost=["archived status"])
            self._check_whether_to_end(error)
            return
        self._note("archived", key)
        self._tally.note("archived")

    def _create(self, new: NewConversation) -> str:
        """Store a conversation in one request, and give its id."""
        return (store(self._session, self._session.begin(), new)).id

    def _put_aside(self, doubtful: _InDoubt) -> None:
        if len(self._in_doubt) < MOST_IN_DOUBT:
            self._in_doubt.append(doubtful)
        else:
            reason = "it may be stored, and is looked up by the next run with this journal"
            self._tally.fail("failed", doubtful.item.where, reason)

    def _reconcile(self, doubtful: _InDoubt) -> None:
        """Look whether it was stored; if not, store it."""
        item, key = doubtful.item, doubtful.key
        try:
            found, parts = self._find(doubtful)
        except SekhaError as error:
            self._check_whether_to_end(error)
            reason = f"it may be stored, and looking for it failed: {error.message}"
            self._tally.fail("failed", item.where, reason)
            return
        self._tally.add_parts(parts)
        if found is None:
            self._store(item, key, parts=parts, last=True)
        else:
            self._session.limits.claims.take(found)
            self._stored(item, key, found, "recovered")

    def _find(self, doubtful: _InDoubt) -> tuple[str | None, tuple[str, ...]]:
        """The row that it was stored as, and those that hold a part of it."""
        align = pad if self._session.config.align_multibyte else str
        expected = Fingerprint.of_new(doubtful.item.conversation, align)
        since = Moment(doubtful.begun, doubtful.begun)
        call = self._session.begin()
        claims = self._session.limits.claims

        def is_free(conversation_id: str) -> bool:
            if self._journal is not None and self._journal.journal.has_row(conversation_id):
                return False
            # A run of this process that was cancelled may have claimed it and not come to note it.
            return doubtful.earlier or claims.is_free(conversation_id)

        reconciliation = Reconciliation()
        while True:
            found = find_candidates(
                call,
                expected,
                since,
                is_free,
                page_size=SCAN_PAGE_SIZE,
                most_pages=MOST_PAGES,
            )
            if found.whole:
                # Of equal rows any will do; the oldest leaves the others to records begun later.
                return min(found.whole, key=_age).id, ()
            match reconciliation.observe(found, now=time.monotonic()):
                case Unclear(ids, reason) if found.unreadable:
                    raise SekhaUnknownOutcomeError(reason, conversation_ids=tuple(ids))
                case Unclear(ids):
                    return None, tuple(ids)
                case "absent":
                    return None, ()
            call.pause("import", LOOK_INTERVAL)

    def _check_whether_to_end(self, error: SekhaError) -> None:
        self._silences = self._silences + 1 if bulk.is_silence(error) else 0
        if bulk.ends_run(error) or self._silences >= bulk.SILENCES_THAT_END:
            self._ended_by = self._ended_by or error

    def _note(self, state: str, key: Key | None, *, durable: bool = False, **facts: object) -> bool:
        """Whether it stands in the journal, if there is one. If not, the run ends: what is not noted
        could be stored twice by the next."""
        if self._journal is None or key is None:
            return True
        try:
            self._journal.write(line(state, key, **facts), durable=durable)
        except SekhaImportError as error:
            self._ended_by = self._ended_by or error
            return False
        return True


def _age(row: Conversation) -> tuple[bool, datetime]:
    return row.created_at is None, row.created_at or datetime.max


class _ServerClock:
    """The controller's clock, by which rows are dated."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: tuple[Reading, float] | None = None

    def now(self) -> datetime:
        """A time that is not later than the controller's present."""
        if self._read is None or time.monotonic() - self._read[1] > CLOCK_TRUSTED:
            self._read = read_clock(self._session.begin()), time.monotonic()
        return self._read[0].moment(present()).earliest
