"""Bringing many conversations in.

The machinery is imported with the first import: most programs do without.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sized
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ..._concurrency import async_in_thread
from ...errors import SekhaValidationError
from .base import Base

if TYPE_CHECKING:
    from ..._core.transfer import records as bulk
    from ...models import ImportProgress, ImportReport

OnProgress = Callable[["ImportProgress"], object]


class BulkImport(Base):
    """Conversations by the thousand."""

    async def import_conversations(
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
            SekhaImportError: the journal cannot be used, or belongs to another controller.
            SekhaError: the run ended before its time; `report` on the error has the account.
        """
        from ..._core.transfer import records as bulk

        if isinstance(conversations, str | bytes) or not isinstance(conversations, Iterable):
            kind = type(conversations).__name__
            raise SekhaValidationError("conversations", f"an iterable is needed, not {kind}")
        items = (bulk.item(each, number) for number, each in enumerate(conversations, start=1))
        total = len(conversations) if isinstance(conversations, Sized) else None
        return await self._import(
            items,
            bulk.Tally(on_progress, total),
            journal,
            skip_duplicates=skip_duplicates,
            dry_run=dry_run,
        )

    async def restore(
        self,
        path: str | os.PathLike[str],
        *,
        journal: str | os.PathLike[str] | None = None,
        on_progress: OnProgress | None = None,
    ) -> ImportReport:
        """Store everything of an export, in whatever controller this is.

        Labels, folders, messages, importance (with it pins) and archiving come back, the last
        changed last. The controller gives new ids and times: `not_restored` of the report lists
        what the export has and the controller does not take, and of how many conversations.

        Args:
            path: an export as JSON or JSONL. If its manifest is beside it, it must be as it was
                written.
            journal: as for `import_conversations`.
            on_progress: likewise.

        Raises:
            SekhaImportError: the file or the journal cannot be used; nothing was sent.
            SekhaMissingExtraError: the export is JSON and the extra `importers` is not installed.
            SekhaError: as for `import_conversations`.
        """
        from ..._core.transfer import records as bulk
        from ..._storage.export_file import ExportFile

        with await async_in_thread(ExportFile, path) as file:
            return await self._import(file, bulk.Tally(on_progress, file.total), journal)

    async def _import(
        self,
        items: Iterable[bulk.Item | bulk.Unusable],
        tally: bulk.Tally,
        journal: str | os.PathLike[str] | None,
        *,
        skip_duplicates: bool = False,
        dry_run: bool = False,
    ) -> ImportReport:
        from ..._storage.journal import JournalFile
        from ..import_run import ImportRun

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
                skip_duplicates=skip_duplicates,
                dry_run=dry_run,
            )
            await run.run()
            return run.report()
