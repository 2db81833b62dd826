"""Bringing many conversations in.

The machinery is imported with the first import: most programs do without.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sized
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ..._concurrency import async_in_thread
from ..._core.listing import SCAN_PAGE_SIZE, Filter
from ...errors import SekhaImportError, SekhaValidationError
from .export import Export

if TYPE_CHECKING:
    from ..._core.transfer import records as bulk
    from ..._storage.import_index import ImportIndex
    from ...models import ImportProgress, ImportReport
    from ..import_known import KnownConversations
    from ..import_restored import RestoredConversations
    from ..import_tally import Tally

OnProgress = Callable[["ImportProgress"], object]


class BulkImport(Export):
    """Conversations by the thousand."""

    async def import_conversations(
        self,
        conversations: bulk.Source,
        *,
        journal: str | os.PathLike[str] | None = None,
        skip_duplicates: bool = False,
        once: bool = True,
        index: str | os.PathLike[str] | None = None,
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

        A conversation with a `source`, as those of `sekha.importers.read`, is stored once: it is known
        by its source and the source's own id, or if it has none by what it says, whatever its file,
        its label and its folder are. One that is stored as it is is `unchanged`, one of which a newer
        version is stored is `outdated`. A newer version of what is stored takes its place, with the
        label, folder, importance and status that this has got: the embedded controller swaps the two
        in one step; elsewhere the earlier one is archived and marked. The embedded controller keeps
        what they are known by with them, and looks for it as it stores: of any number of imports
        that run at the same time one stores. For others an index on this machine does: two machines
        that import the same into such a controller store it twice, and so may two imports that run
        at the very same time.

        What this package exported is known by where it came from before, and by its id in the
        memory that it was exported from: brought into that again, it is `unchanged`.

        Args:
            conversations: NewConversations, or the records of `sekha.importers.read`, whose
                archived ones are archived. Memory stays flat but for the journal and
                `skip_duplicates`: about 400 bytes a conversation.
            journal: a file, made if it is not there. It holds hashes, ids and reasons of failures,
                never content. It belongs to one controller, and to one import at a time.
            skip_duplicates: store of equal conversations only the first.
            once: store what has a source once; False stores everything that the journal does not
                know.
            index: the index, where one is needed; None is a file in the user's own data folder. It
                holds hashes, ids, labels and folders.
            dry_run: write nothing. What is stored already is counted as it would be; what would be
                stored is `pending` in the report, of that `replaced` is what would take the place
                of an earlier version. If the controller cannot be asked, `compared` is false and
                everything but what the journal knows is pending.
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
        return await self._import(
            items,
            Tally(on_progress, total),
            journal,
            known=self._known(index, read_only=dry_run) if once else None,
            skip_duplicates=skip_duplicates,
            dry_run=dry_run,
        )

    def _known(
        self, index: str | os.PathLike[str] | None, *, read_only: bool
    ) -> KnownConversations:
        from ..import_known import KnownConversations

        return KnownConversations(self._session, self._opener(index, read_only=read_only))

    def _opener(
        self, index: str | os.PathLike[str] | None, *, read_only: bool = False
    ) -> Callable[[], ImportIndex]:
        def open_index() -> ImportIndex:
            from ..._storage.import_index import ImportIndex, default_path

            path = index or default_path(self._session.transport.address)
            return ImportIndex(path, read_only=read_only)

        return open_index

    async def rebuild_import_index(
        self,
        index: str | os.PathLike[str] | None = None,
        *,
        export: str | os.PathLike[str] | None = None,
    ) -> int:
        """Make the index of what was imported anew, from what the controller has, or from an export
        of it: after it was lost, or on another machine. It then knows everything by what it says,
        and where it came from if that is known, else as soon as that is imported again.

        It is replaced at the end and in one step: if this fails, it is as it was.

        Args:
            index: as for `import_conversations`.
            export: an export of this controller, as JSON or JSONL, which saves a request for every
                conversation. What is in it and not on the controller any more is left out; what
                was stored since is not known.

        Returns:
            how many conversations it knows. A controller that keeps where they came from needs none.

        Raises:
            SekhaImportError: the index, or the export, cannot be used.
            SekhaMissingExtraError: the export is JSON and the extra `importers` is not installed.
            SekhaError: the controller cannot be read.
        """
        from ..._core.transfer.records import Item
        from ..._core.transfer.restore import item
        from ..._storage.export_file import ExportFile
        from ..._storage.import_index import ImportIndex, default_path

        file = ImportIndex(index or default_path(self._session.transport.address))
        count = 0
        try:
            with file.rebuilding(newest_first=export is None) as add:
                if export is None:
                    async for record in self._records(Filter(), None):
                        found = item(record, record["id"])
                        if isinstance(found, Item):
                            add(found)
                            count += 1
                    return count
                there: set[str] = set()
                async for page in self._pages(Filter(), page_size=SCAN_PAGE_SIZE):
                    there.update(each.id for each in page)
                with await async_in_thread(ExportFile, export) as records:
                    for found in records:
                        if isinstance(found, Item) and found.row_id in there:
                            add(found)
                            count += 1
        finally:
            file.close()
        return count

    async def restore(
        self,
        path: str | os.PathLike[str],
        *,
        journal: str | os.PathLike[str] | None = None,
        index: str | os.PathLike[str] | None = None,
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

        Where the controller does not keep where conversations came from, the index of imports on
        this machine notes what is restored: to bring the same in again from its source stores nothing
        twice. If it cannot be noted, the log says so, and `rebuild_import_index` makes up for it.

        Args:
            path: an export as JSON or JSONL. If its manifest is beside it, it must be as it was
                written.
            journal: as for `import_conversations`.
            index: as for `import_conversations`.
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
        from ..import_restored import RestoredConversations
        from ..import_tally import Tally

        with await async_in_thread(ExportFile, path) as file:
            return await self._import(
                file,
                Tally(on_progress, file.total),
                journal,
                restored=RestoredConversations(self._session, self._opener(index)),
                window=1 if in_order else CREATES_IN_FLIGHT,
            )

    async def _import(
        self,
        items: Iterable[bulk.Item | bulk.Unusable],
        tally: Tally,
        journal: str | os.PathLike[str] | None,
        *,
        known: KnownConversations | None = None,
        restored: RestoredConversations | None = None,
        window: int | None = None,
        skip_duplicates: bool = False,
        dry_run: bool = False,
    ) -> ImportReport:
        from ..._storage.journal import JournalFile
        from ..import_run import ImportRun

        run: ImportRun | None = None
        try:
            with ExitStack() as stack:
                for each in (known, restored):
                    if each is not None:
                        stack.callback(each.close)
                file = None
                if journal is not None:
                    address = self._session.transport.address
                    file = stack.enter_context(JournalFile(journal, address, read_only=dry_run))
                run = ImportRun(
                    self._session.telling(tally.wait),
                    items,
                    tally,
                    file,
                    known=known,
                    restored=restored,
                    window=window,
                    skip_duplicates=skip_duplicates,
                    dry_run=dry_run,
                )
                await run.run()
        except SekhaImportError as error:
            # The journal could not be made durable at its end.
            error.report = error.report or (run.report() if run else None)
            raise
        return run.report()
