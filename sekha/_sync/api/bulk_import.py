"""Bringing many conversations in.

The machinery is imported with the first import: most programs do without.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sized
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ..._concurrency import in_thread
from ...errors import SekhaImportError, SekhaValidationError
from .base import Base

if TYPE_CHECKING:
    from ..._core.transfer import records as bulk
    from ...models import ImportProgress, ImportReport
    from ..import_tally import Tally

OnProgress = Callable[["ImportProgress"], object]


class BulkImport(Base):
    """Conversations by the thousand."""

    def import_conversations(
        self,
        conversations: bulk.Source,
        *,
        journal: str | os.PathLike[str] | None = None,
        skip_duplicates: bool = False,
        dry_run: bool = False,
        on_progress: OnProgress | None = None,
    ) -> ImportReport:
        """Store many conversations, four at a time, taking each from the source when its turn
        comes (compatibility row 4).

        A conversation that cannot be stored is reported, and the others go on. What leaves none a
        chance ends the run: no connection, a refused key, a closed client, or 20 conversations in
        a row without an answer.

        With a journal, a run that was stopped in whatever way goes on where it was when it is
        called again with the same source and journal, and nothing is stored twice: what was under
        way is looked up among what the controller stored since, before it is sent again. Equal
        conversations of the source stay as many as they are. What failed is tried again.

        Args:
            conversations: NewConversations, or the records of `sekha.importers.read`, whose
                archived ones are archived. Memory stays flat but for the journal and
                `skip_duplicates`: about 400 bytes a conversation.
            journal: a file, made if it is not there. It holds hashes, ids and reasons of failures,
                never content. It belongs to one controller, and to one import at a time.
            skip_duplicates: store of equal conversations only the first.
            dry_run: send and write nothing; what would be stored is `pending` in the report.
            on_progress: called for every conversation, and when the rate limit is waited for; by
                the sync client from other threads than the caller's, never from two at once.

        Returns:
            What became of every conversation.

        Raises:
            SekhaValidationError: `conversations` cannot be iterated.
            SekhaImportError: the journal cannot be used, or belongs to another controller; nothing
                was sent. Or it could not be written any more (a full disk), which ends the run.
            SekhaError: the run ended before its time; `report` on the error has the account.
        """
        from ..._core.transfer import records as bulk
        from ..import_tally import Tally

        if isinstance(conversations, str | bytes) or not isinstance(conversations, Iterable):
            kind = type(conversations).__name__
            raise SekhaValidationError("conversations", f"an iterable is needed, not {kind}")
        items = (bulk.item(each, number) for number, each in enumerate(conversations, start=1))
        total = len(conversations) if isinstance(conversations, Sized) else None
        return self._import(
            items,
            Tally(on_progress, total),
            journal,
            skip_duplicates=skip_duplicates,
            dry_run=dry_run,
        )

    def restore(
        self,
        path: str | os.PathLike[str],
        *,
        journal: str | os.PathLike[str] | None = None,
        in_order: bool = False,
        on_progress: OnProgress | None = None,
    ) -> ImportReport:
        """Store everything of an export, in whatever controller this is.

        Labels, folders, messages, importance (with it pins) and archiving come back. The controller
        gives new ids and times: `not_restored` of the report lists what the export has and the
        controller does not take, and of how many conversations.

        They are stored in the order of their last change, so that a list shows them as it did. Four
        creates overlap: of two conversations that are four or more places apart in the list, the
        one is stored before the other is begun; nearer ones may change places. With `in_order` one
        is sent when the one before it is stored, and the order is exact. Either way, those whose
        outcome was in doubt come last, and archiving makes a conversation the last changed one
        (compatibility row 36).

        Args:
            path: an export as JSON or JSONL. If its manifest is beside it, it must be as it was
                written.
            journal: as for `import_conversations`.
            in_order: send one create at a time, which takes up to four times as long.
            on_progress: as for `import_conversations`.

        Raises:
            SekhaImportError: the file cannot be used; nothing was sent. Or the journal, as for
                `import_conversations`.
            SekhaMissingExtraError: the export is JSON and the extra `importers` is not installed.
            SekhaError: as for `import_conversations`.
        """
        from ..._limits.rules import CREATES_IN_FLIGHT
        from ..._storage.export_file import ExportFile
        from ..import_tally import Tally

        with in_thread(ExportFile, path) as file:
            return self._import(
                file,
                Tally(on_progress, file.total),
                journal,
                window=1 if in_order else CREATES_IN_FLIGHT,
            )

    def _import(
        self,
        items: Iterable[bulk.Item | bulk.Unusable],
        tally: Tally,
        journal: str | os.PathLike[str] | None,
        *,
        window: int | None = None,
        skip_duplicates: bool = False,
        dry_run: bool = False,
    ) -> ImportReport:
        from ..._storage.journal import JournalFile
        from ..import_run import ImportRun

        run: ImportRun | None = None
        try:
            with ExitStack() as stack:
                file = None
                if journal is not None:
                    address = self._session.transport.address
                    file = stack.enter_context(JournalFile(journal, address, read_only=dry_run))
                run = ImportRun(
                    self._session.telling(tally.wait),
                    items,
                    tally,
                    file,
                    window=window,
                    skip_duplicates=skip_duplicates,
                    dry_run=dry_run,
                )
                run.run()
        except SekhaImportError as error:
            # The journal could not be made durable at its end.
            error.report = error.report or (run.report() if run else None)
            raise
        return run.report()
