"""Taking conversations out."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timezone
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from attrs import evolve

from sekha_api.api.conversations import count_conversations
from sekha_api.types import UNSET

from ... import models
from ..._concurrency import bounded_map
from ..._core import validate
from ..._core.listing import PAGE_SIZE, Filter
from ..._core.transfer import format as exports
from ...errors import SekhaNotFoundError
from ..lookup import READS_AT_ONCE
from ..session import Call
from .base import Base, known_id

if TYPE_CHECKING:
    from ..._storage.atomic import HashedFile
    from ...models import ExportManifest, ExportProgress

When = str | date | datetime | None
"""A point in time: "2 weeks ago", "2025-03-01", a datetime; UTC where no zone is given."""


class Export(Base):
    """Conversations as text, as records and as files."""

    def export(
        self,
        label: str | None = None,
        format: str = "json",
        *,
        folder: str | None = None,
        under: str | None = None,
        since: When = None,
        until: When = None,
    ) -> str:
        """All conversations with all their messages, or those that are wanted.

        Args:
            label: only those of exactly this label.
            format: "json" or "jsonl", which hold everything the controller tells
                (docs/export-format.md), or "markdown", for reading.
            folder: as for `iter_export`.
            under: likewise.
            since: likewise.
            until: likewise.

        Raises:
            SekhaValidationError: an argument cannot be used; nothing was sent.
        """
        validate.one_of("format", format, exports.FORMATS)
        filter = filter_of(label, folder, under, since, until)
        call = self._session.begin()
        records = [record for record in self._records(filter, call)]
        return "".join(exports.write(records, format))

    def export_single(self, conversation_id: str, format: str = "json") -> str:
        """One conversation with all its messages.

        Args:
            format: "json", "jsonl" or "markdown", as for `export`.

        Raises:
            SekhaNotFoundError: there is none of this id.
        """
        validate.one_of("format", format, exports.FORMATS)
        record = self._record(self._session.begin(), known_id(conversation_id))
        return "".join(exports.write([record], format))

    def iter_export(
        self,
        label: str | None = None,
        *,
        folder: str | None = None,
        under: str | None = None,
        since: When = None,
        until: When = None,
    ) -> Generator[dict[str, Any]]:
        """The records of an export one after the other, the last changed first, in flat memory.

        Args:
            label: only those of exactly this label.
            folder: only those of exactly this folder.
            under: only those of this folder and all below it.
            since: only those last changed then or later. A datetime, a date, ISO text or text such
                as "2 weeks ago"; without a zone it is UTC. Pins, archiving, labels and folders
                are changes too (compatibility row 36).
            until: only those last changed before then; a day, a month ("2025-03") or a year
                counts as a whole.

        Yields:
            each conversation as a dict with the names of docs/export-format.md; times are the
            controller's own text. A deadline holds for each request.

        Raises:
            SekhaValidationError: `since` or `until` is no time.
        """
        for record in self._records(filter_of(label, folder, under, since, until), None):
            yield record

    def export_to(
        self,
        path: str | os.PathLike[str],
        *,
        format: str = "json",
        label: str | None = None,
        folder: str | None = None,
        under: str | None = None,
        since: When = None,
        until: When = None,
        on_progress: Callable[[ExportProgress], object] | None = None,
    ) -> ExportManifest:
        """Write conversations to a file, in flat memory, and a manifest beside it.

        It is written under a temporary name in the same folder, and takes its own when it is
        complete and on the disk: what was there before stays until then, and after any error. The
        manifest ("export.json.manifest.json") follows. Only their owner can read them.

        Args:
            path: the file; what is there is replaced.
            format: "json" or "jsonl", which `restore` reads, "markdown", for reading, or "parquet",
                for analysis: a table with one row a message (needs the extra `parquet`).
            label: as for `iter_export`.
            folder: likewise.
            under: likewise.
            since: likewise.
            until: likewise.
            on_progress: called for every conversation, and when the rate limit is waited for.

        Returns:
            What was written.

        Raises:
            SekhaValidationError: an argument cannot be used; nothing was sent.
            OSError: the file cannot be written.
            SekhaError: a conversation could not be read. `path` is as it was.
        """
        from ..._storage.atomic import replacing
        from ..._storage.export_file import manifest_path

        validate.one_of("format", format, exports.FILE_FORMATS)
        filter = filter_of(label, folder, under, since, until)
        started_at = datetime.now(timezone.utc)
        totals = exports.Totals()
        total = None if on_progress is None else self._count_of(filter)

        def tell(waiting: float | None = None) -> None:
            if on_progress is not None:
                on_progress(
                    models.ExportProgress(
                        conversations=totals.conversations,
                        messages=totals.messages,
                        total=total,
                        waiting=waiting,
                    )
                )

        with replacing(Path(path)) as file, writing(file, format) as write:
            for record in self._telling(tell)._records(filter, None):
                write(record)
                totals.add(record)
                tell()
        manifest = models.ExportManifest(
            path=Path(path),
            format=format,
            conversations=totals.conversations,
            messages=totals.messages,
            archived=totals.archived,
            pinned=totals.pinned,
            size=file.size,
            sha256=file.sha256,
            label=label,
            folder=folder,
            under=under,
            since=filter.since,
            until=filter.until,
            started_at=started_at,
            finished_at=datetime.now(timezone.utc),
        )
        with replacing(manifest_path(Path(path))) as beside:
            beside.write(exports.write_manifest(manifest))
        return manifest

    def _count_of(self, filter: Filter) -> int | None:
        """How many there are, where one request tells (compatibility row 8)."""
        if filter != Filter(folder=filter.folder):
            return None
        folder = UNSET if filter.folder is None else filter.folder
        return (self._session.begin()(count_conversations, folder=folder)).count

    def _records(self, filter: Filter, call: Call | None) -> Generator[dict[str, Any]]:
        """The records, in one call or, without one, each request in its own."""
        for page in self._pages(filter, call=call, page_size=PAGE_SIZE):
            ids = [conversation.id for conversation in page]
            for record in self._records_of(ids, call):
                yield record

    def _records_of(self, ids: Iterable[str], call: Call | None) -> Generator[dict[str, Any]]:
        """The records of these conversations, without those that are gone."""
        for record in bounded_map(
            lambda conversation_id: self._record_if_there(call, conversation_id),
            ids,
            READS_AT_ONCE,
        ):
            if record is not None:
                yield record

    def _record_if_there(self, call: Call | None, conversation_id: str) -> dict[str, Any] | None:
        try:
            return self._record(call or self._session.begin(), conversation_id)
        except SekhaNotFoundError:
            return None  # deleted since it was listed

    def _record(self, call: Call, conversation_id: str) -> dict[str, Any]:
        aligned = self._session.config.align_multibyte
        return exports.record(call.export(conversation_id), aligned=aligned)


@contextmanager
def writing(file: HashedFile, format: str) -> Iterator[Callable[[dict[str, Any]], object]]:
    """What writes a record; when the block ends, the file is complete."""
    if format == "parquet":
        from ..._storage.parquet import ParquetFile

        table = ParquetFile(cast(IO[bytes], file))
        try:
            yield table.add
            table.end()
        except BaseException:
            table.abandon()
            raise
        return
    layout = exports.Layout(format)
    file.write(layout.begin())
    yield lambda record: file.write(layout.add(record))
    file.write(layout.end())


def filter_of(
    label: str | None, folder: str | None, under: str | None, since: When, until: When
) -> Filter:
    validate.optional_text("label", label)
    validate.optional_text("folder", folder)
    validate.optional_text("under", under)
    filter = Filter(label=label, folder=folder, under=under)
    if since is None and until is None:
        return filter
    # Not at the top: dateutil takes half as long to import as httpx, and few calls need it.
    from ..._core.transfer.periods import point

    now = datetime.now(timezone.utc)
    return evolve(
        filter,
        since=point("since", since, now=now),
        until=point("until", until, now=now, end=True),
    )
