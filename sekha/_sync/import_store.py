"""Storing the records of an import, each to a certain end."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from attrs import frozen

from sekha_api import models as api
from sekha_api.api.conversations import archive_conversation

from .._concurrency import in_thread
from .._core.create.clock import Moment, Reading
from .._core.create.fingerprint import Fingerprint
from .._core.create.outcome import LOOK_INTERVAL, Reconciliation, Unclear
from .._core.create.padding import pad
from .._core.listing import SCAN_PAGE_SIZE
from .._core.transfer import records as bulk
from .._core.transfer.journal import Key, line
from .._core.transfer.records import Item
from .._storage.journal import JournalFile
from ..errors import (
    SekhaError,
    SekhaImportError,
    SekhaUnknownOutcomeError,
)
from .candidates import find_candidates, present, read_clock
from .create import store
from .import_known import KnownConversations, Look, Whence
from .import_restored import RestoredConversations
from .import_tally import Tally
from .session import Session

if TYPE_CHECKING:
    from ..models import Conversation

MOST_PAGES = 1000
"""Pages that are read at most to find one record: a million rows."""
CLOCK_TRUSTED = 60.0
"""Seconds for which the controller's clock is reckoned from ours."""
MOST_IN_DOUBT = 100
"""Records in reconciliation that are kept until the end; further ones wait for the next run."""

MEANWHILE = "another import stored it meanwhile, in this or another version: import it again"

log = logging.getLogger("sekha")


@frozen
class InDoubt:
    """A record that may be stored, and since when; `earlier` if another run began it."""

    item: Item
    key: Key | None
    begun: datetime
    earlier: bool
    look: Look | None = None


@frozen
class Made:
    """What a create made.

    Attributes:
        keeps_times: whether the controller takes over when things were said and changed.
        archived: whether it is archived already.
        replaced: whether the earlier version is gone.
        already: whether nothing was stored, as it was there by then.
    """

    id: str
    keeps_times: bool
    archived: bool
    replaced: bool = False
    already: bool = False

    @classmethod
    def of_answer(cls, answer: api.CreatedConversation | api.StoredConversation) -> Self:
        return cls(
            answer.id,
            bool(answer.stored_at),
            answer.status == "archived",
            replaced=answer.replaced is True,
            already=answer.already_stored is True,
        )

    @classmethod
    def of_row(cls, row: Conversation) -> Self:
        return cls(row.id, row.stored_at is not None, row.status == "archived")


class ImportStore:
    """Stores records, and reconciles those whose outcome is unknown.

    Args:
        known: what is stored already.
        restored: where it is noted what is stored.
    """

    def __init__(
        self,
        session: Session,
        tally: Tally,
        journal: JournalFile | None,
        known: KnownConversations | None,
        restored: RestoredConversations | None = None,
    ) -> None:
        self._session = session
        self._tally = tally
        self._journal = journal
        self._known = known
        self._restored = restored
        self._clock = _ServerClock(session)
        self._in_doubt: list[InDoubt] = []
        self._deferred: list[tuple[Item, Key | None, Whence]] = []
        self._silences = 0
        self._ended_by: Exception | None = None

    def _store(
        self,
        item: Item,
        key: Key | None,
        *,
        parts: tuple[str, ...] = (),
        last: bool = False,
        look: Look | None = None,
    ) -> bool:
        """Store a record.

        Args:
            look: what is known of it.
            parts: rows that an earlier attempt left.
            last: whether a reconciliation about it stays one, instead of being settled at the end.

        Returns:
            False if another import was quicker: what is to be done with it has to be looked up anew.
        """
        begun = None
        try:
            indexed = self._known is not None and self._known.index is not None
            if self._journal is not None or (look is not None and indexed):
                begun = self._clock.now()
                at = begun.replace(tzinfo=None).isoformat()
                facts = {"parts": parts} if parts else {}
                # Where a create is conditional, it is no loss if this one is lost in a power cut.
                durable = look is None or not look.conditional

                def note(noted: dict[str, Any]) -> bool:
                    return self._note("begun", key, durable=durable, at=at, **noted)

                if not (in_thread(note, facts) if durable else note(facts)):
                    return True
                if look is not None and self._known is not None:
                    look = self._known.begin(look, begun)
            made = self._create(item)
        except SekhaImportError as error:
            self._ended_by = self._ended_by or error
            return True
        except SekhaError as error:
            self._check_whether_to_end(error)
            if isinstance(error, SekhaUnknownOutcomeError):
                if begun is None or last:
                    self._tally.fail("failed", item.where, error.message, error.conversation_ids)
                else:
                    self._put_aside(InDoubt(item, key, begun, earlier=False, look=look))
                return True
            rows = bulk.rows_left(error)
            if begun is not None:
                self._note("failed", key, reason=error.message, parts=rows)
            if look is not None and self._known is not None:
                self._known.failed(look)
            self._tally.add_parts(rows)
            self._tally.fail("failed", item.where, error.message, rows)
            return True
        self._silences = 0
        if made.already:
            self._note("failed", key, reason=MEANWHILE)
            return False
        self._stored(item, key, made, look=look)
        return True

    def _stored(
        self, item: Item, key: Key | None, made: Made, *outcomes: str, look: Look | None = None
    ) -> None:
        if look is not None and self._known is not None:
            outcomes += ("replaced",) if look.replaced_id else ()
            try:
                self._known.stored(look, made.id, replaced=made.replaced)
            except SekhaImportError as error:
                self._ended_by = self._ended_by or error
            except SekhaError as error:
                log.warning("an earlier version is not put aside yet: %s", error.message)
                self._check_whether_to_end(error)
        if self._restored is not None:
            # Before the journal says that nothing is left to do.
            self._restored.note(item, made.id)
        to_archive = item.archive and not made.archived
        facts = {"archive": True} if to_archive else {}
        self._note("stored", key, id=made.id, **facts)
        lost = item.lost if made.keeps_times else (*item.lost, *item.lost_times)
        outcomes += ("archived",) if made.archived else ()
        self._tally.settle("stored", *outcomes, lost=lost)
        if to_archive:
            self._archive(made.id, key)

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

    def _create(self, item: Item) -> Made:
        """Store a conversation in one request."""
        call = self._session.begin()
        return Made.of_answer(store(self._session, call, item.conversation, item.facts))

    def _put_aside(self, doubtful: InDoubt) -> None:
        if len(self._in_doubt) < MOST_IN_DOUBT:
            self._in_doubt.append(doubtful)
        else:
            reason = "it may be stored, and is looked up by the next run with this journal"
            self._tally.fail("failed", doubtful.item.where, reason)

    def _reconcile(self, doubtful: InDoubt) -> None:
        """Look whether it was stored; if not, store it."""
        item, key, look = doubtful.item, doubtful.key, doubtful.look
        try:
            found, parts = self._find(doubtful)
        except SekhaError as error:
            self._check_whether_to_end(error)
            reason = f"it may be stored, and looking for it failed: {error.message}"
            self._tally.fail("failed", item.where, reason)
            return
        self._tally.add_parts(parts)
        if found is None:
            if not self._store(item, key, parts=parts, last=True, look=look):
                # An equal one was stored meanwhile, of this run or another.
                assert look is not None
                self._deferred.append((item, key, look.whence))
        else:
            self._session.limits.claims.take(found.id)
            self._stored(item, key, found, "recovered", look=look)

    def _find(self, doubtful: InDoubt) -> tuple[Made | None, tuple[str, ...]]:
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
                return Made.of_row(min(found.whole, key=_age)), ()
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
    stored_at = row.stored_at or row.created_at
    return stored_at is None, stored_at or datetime.max


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
