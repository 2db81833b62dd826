"""Importing many files over a cluster."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from attrs import frozen
from distributed import Client

from .._core import validate
from .._core.transfer.shares import ReadCount, done_before, done_marker, share_of, together
from .._storage.atomic import replacing
from .._sync.client import SyncSekhaClient
from ..config import ClientConfig
from ..errors import SekhaError, SekhaImportError, SekhaValidationError
from ..importers import ImportRecord, read
from ..importers.reading import Reading
from ..models import ImportReport
from .run import Ended, Run, check, pause_before

PART_BYTES = 64 << 20
Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


@frozen(kw_only=True)
class ImportParts:
    """What came of an import over a cluster.

    Attributes:
        report: of all records. `already` are those that the journals knew as stored: by an earlier
            run, by a worker that died, or by an attempt that ended before its time.
        count: what was read of the files.
        parts: how many there were; of these `done_before` by an earlier run, which were not read
            again.
    """

    report: ImportReport
    count: ReadCount
    parts: int
    done_before: int


@frozen
class _Part:
    """One share of what a path holds.

    Attributes:
        controller: where to.
        version: what tells this import of the file from another; that of a folder is empty, and
            never done.
    """

    controller: str
    path: str
    share: int
    shares: int
    version: tuple[str, ...]

    @property
    def name(self) -> str:
        facts = self.controller, self.path, str(self.share), str(self.shares)
        told = "\0".join(facts).encode(errors="surrogateescape")
        return f"part-{blake2b(told, digest_size=16).hexdigest()}"


def import_files(
    dask: Client,
    config: ClientConfig,
    paths: Paths,
    *,
    journals: str | os.PathLike[str],
    part_bytes: int = PART_BYTES,
    options: Mapping[str, Any] | None = None,
    index: str | os.PathLike[str] | None = None,
    attempts: int = 5,
) -> Run[_Part, ImportParts]:
    """Give out an import to the workers of a cluster; returns when it is given out.

    Each file is imported in one part, or in several if it is large: then each takes the share of the
    conversations that a hash of what they say gives it, so that equal ones, and the versions of one
    that grew, meet in one part. Every part reads its file from the beginning to the end.

    Each part has a journal in `journals`, by which another worker goes on where one that died was: what
    that had begun is looked up before it is sent again. Parts that are done are not read again by
    the next call. So every conversation is stored once, whatever dies in between; and what has a
    source is stored once whatever else is or was imported, as with `import_conversations`, and with
    the same exception: into a controller that keeps no sources no two files with the same
    conversations may be imported at the same time.

    Args:
        dask: a cluster's client.
        config: of the clients that the workers make. All of them together keep its limits in the
            Redis of its `shared_limits`.
        paths: files or folders, as for `sekha.importers.read`: where this process and all workers
            find them. They stay as they are until the import is done.
        journals: a folder for them; made if it is not there. This process and all workers reach it, on
            a file system with locks. It holds hashes, ids and reasons of failures, never content.
        part_bytes: a file of more bytes, unpacked, is imported in several parts; 1 or more.
        options: further arguments of `sekha.importers.read`; functions have to pickle.
        index: as for `import_conversations`; a path on the worker.
        attempts: how often a part is given out until it is left; 1 or more. Those of Dask itself,
            when a worker died, are not counted.

    Raises:
        SekhaValidationError: an argument cannot be used.
        SekhaConfigError: the workers would each keep limits of their own.
        SekhaImportError: a path cannot be read. Nothing was sent.
        SekhaMissingExtraError: the extra `distributed` is not installed.

    A record that failed is tried again with its part, and at last is in `failures` of the report.
    `result` of the run raises a SekhaImportError that has the report if parts are left.
    """
    check(dask, config, attempts)
    validate.integer("part_bytes", part_bytes, 1, 2**63 - 1)
    chosen = dict(options or {})
    place = Path(journals).absolute()
    parts = [part for path in _each(paths) for part in _parts(config, path, part_bytes, chosen)]
    place.mkdir(parents=True, exist_ok=True)
    before: list[Ended] = []
    left: list[_Part] = []
    for part in parts:
        done = _done_before(place, part)
        if done is None:
            left.append(part)
        else:
            before.append(Ended(done))
    work = partial(_import_part, config, str(place), chosen, None if index is None else str(index))

    def finish(ended: Sequence[Ended], reason: str) -> ImportParts:
        accounts = [each.result for each in (*before, *ended) if each.result is not None]
        report = together([account for account, _ in accounts])
        if undone := sum(each.is_left for each in ended):
            error = SekhaImportError(
                f"{undone} of {len(parts)} parts are left, one of them because {reason}. The same "
                "call again goes on with them",
                path=str(place),
            )
            error.report = report
            raise error
        count = ReadCount()
        for _, more in accounts:
            count = count.plus(more)
        return ImportParts(report=report, count=count, parts=len(parts), done_before=len(before))

    return Run(dask, "sekha-import", work, left, finish, attempts=attempts, done_before=len(before))


def _each(paths: Paths) -> list[Path]:
    given = [paths] if isinstance(paths, str | os.PathLike) else [*paths]
    if not given:
        raise SekhaValidationError("paths", "at least one is needed")
    # The same path twice would be two parts with one journal.
    return [*dict.fromkeys(Path(each).absolute() for each in given)]


def _parts(
    config: ClientConfig, path: Path, part_bytes: int, options: dict[str, Any]
) -> Iterator[_Part]:
    reading = read(path, **options)
    shares = max(1, -(-reading.total_bytes // part_bytes))
    version = _version(path, options)
    for share in range(shares):
        yield _Part(config.base_url, str(path), share, shares, version)


def _version(path: Path, options: Mapping[str, Any]) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    known = path.stat()
    told = {name: getattr(each, "__qualname__", str(each)) for name, each in options.items()}
    return str(known.st_size), str(known.st_mtime_ns), json.dumps(told, sort_keys=True)


def _done_before(folder: Path, part: _Part) -> tuple[ImportReport, ReadCount] | None:
    try:
        marker = json.loads((folder / f"{part.name}.done.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return done_before(marker, part.version) if part.version else None


def _import_part(
    config: ClientConfig,
    folder: str,
    options: dict[str, Any],
    index: str | None,
    part: _Part,
    attempt: int,
) -> Ended:
    """What a worker does."""
    pause_before(attempt)
    done = _done_before(Path(folder), part)
    if done is not None:
        # Dask has what died with its result done again.
        return Ended(done)
    reading = read(part.path, **options)
    journal = Path(folder, f"{part.name}.journal")
    reason, is_left = "", False
    try:
        with SyncSekhaClient(config) as client:
            report = client.import_conversations(
                _share(reading, part), journal=journal, index=index
            )
    except SekhaError as error:
        if error.report is None:
            return Ended(None, error.message, True)
        report, reason, is_left = error.report, error.message, True
    if report.failed and not is_left:
        reason = f"{report.failed} records failed: {report.failures[-1].reason}"
    # Each part of a file reads all of it.
    count = _count(reading) if part.share == 0 and not is_left else ReadCount()
    if not reason and _version(Path(part.path), options) == part.version:
        with replacing(journal.with_name(f"{part.name}.done.json")) as file:
            file.write(json.dumps(done_marker(report, count, part.version)))
    return Ended((report, count), reason, is_left)


def _share(reading: Reading, part: _Part) -> Iterator[ImportRecord]:
    for record in reading:
        if share_of(record.conversation, part.shares) == part.share:
            yield record


def _count(reading: Reading) -> ReadCount:
    told = reading.report
    return ReadCount(
        read=told.read,
        usable=told.yielded,
        skipped=told.skipped,
        lost=told.lost,
        reasons=dict(told.reasons),
    )
