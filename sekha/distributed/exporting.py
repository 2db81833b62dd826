"""Exporting a memory in parts over a cluster."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import asdict, frozen
from distributed import Client

from .._core import validate
from .._core.listing import SCAN_PAGE_SIZE
from .._core.transfer.format import Totals
from .._storage.atomic import replacing
from .._sync.api.export import When, filter_of, writing
from .._sync.client import SyncSekhaClient
from ..config import ClientConfig
from ..errors import SekhaError, SekhaValidationError
from .run import Ended, Run, check, pause_before

FORMATS = ("parquet", "jsonl")
PART_SIZE = 1000
SCHEMA = "sekha-memory-export-parts"
VERSION = 1
# What begins with an underscore is no data for those who read a folder of Parquet files.
PLAN, MANIFEST = "_plan.jsonl", "_manifest.json"


@frozen(kw_only=True)
class ExportParts:
    """What an export over a cluster holds; it is also written beside it.

    Attributes:
        folder: where the files are.
        format: "parquet" or "jsonl".
        conversations: how many it holds.
        messages: how many they have together.
        gone: conversations that were there when the export began, and were deleted since.
        parts: files.
        done_before: files that an earlier run had written.
    """

    folder: Path
    format: str
    conversations: int
    messages: int
    gone: int
    parts: int
    done_before: int


@frozen
class _Part:
    """A line of the plan: the ids of the conversations of one file."""

    number: int
    offset: int

    def file(self, format: str) -> str:
        return f"part-{self.number:06}.{format}"

    @property
    def marker(self) -> str:
        return f"_part-{self.number:06}.json"


def export_parts(
    dask: Client,
    config: ClientConfig,
    path: str | os.PathLike[str],
    *,
    format: str = "parquet",
    label: str | None = None,
    folder: str | None = None,
    under: str | None = None,
    since: When = None,
    until: When = None,
    part_size: int = PART_SIZE,
    attempts: int = 5,
) -> Run[_Part, ExportParts]:
    """Give out an export to the workers of a cluster; returns when it is given out.

    First the ids of all conversations are written into a plan, in this process; then each worker
    writes files of so many of them, each under a temporary name until it is on the disk. Called again
    with the same path, an export goes on: by the plan that is there, without the files that are
    there. So each conversation that was there when it began is in one file, once, whatever dies in
    between. What is stored later is not in it, and what is deleted meanwhile is counted.

    Args:
        dask: a cluster's client.
        config: as for `import_files`.
        path: a folder for the files; made if it is not there. This process and all workers reach it.
        format: "parquet", a table with one row a message, or "jsonl": each file is an export that
            `restore` and `import_files` read (docs/export-format.md).
        label: as for `iter_export`.
        folder: likewise.
        under: likewise.
        since: likewise.
        until: likewise.
        part_size: conversations in a file; 1 or more.
        attempts: as for `import_files`.

    Raises:
        SekhaValidationError: an argument cannot be used, or the folder holds another export.
        SekhaConfigError: the workers would each keep limits of their own.
        SekhaError: the conversations cannot be listed.
        SekhaMissingExtraError: the extra `distributed` is not installed.

    `result` of the run raises a SekhaError if files are left.
    """
    check(dask, config, attempts)
    validate.one_of("format", format, FORMATS)
    validate.integer("part_size", part_size, 1)
    filter = filter_of(label, folder, under, since, until)
    place = Path(path).absolute()
    head = {
        "schema": SCHEMA,
        "version": VERSION,
        "controller": config.base_url,
        "format": format,
        "filters": {
            "label": label,
            "folder": folder,
            "under": under,
            "since": None if since is None else str(since),
            "until": None if until is None else str(until),
        },
    }
    plan = place / PLAN
    if not plan.exists():
        place.mkdir(parents=True, exist_ok=True)
        if any(not each.name.startswith(f".{PLAN}.") for each in place.iterdir()):
            raise SekhaValidationError("path", f"{place} holds something else than an export")
        with SyncSekhaClient(config) as client, replacing(plan) as file:
            pages = client._pages(filter, page_size=SCAN_PAGE_SIZE)
            file.write(json.dumps(head) + "\n")
            for ids in _batches((each.id for page in pages for each in page), part_size):
                file.write(json.dumps(ids) + "\n")
    parts = _planned(plan, head)
    left = [part for part in parts if not _is_done(place, part, format)]
    work = partial(_export_part, config, str(place), format)

    def finish(ended: Sequence[Ended], reason: str) -> ExportParts:
        if undone := sum(each.is_left for each in ended):
            raise SekhaError(
                f"{undone} of {len(parts)} files are left, one of them because {reason}. The same "
                "call again goes on with them"
            )
        return _finished(place, format, parts, len(parts) - len(left))

    done = len(parts) - len(left)
    return Run(dask, "sekha-export", work, left, finish, attempts=attempts, done_before=done)


def _planned(plan: Path, head: dict[str, Any]) -> list[_Part]:
    parts = []
    with open(plan, "rb") as lines:
        try:
            found = json.loads(lines.readline())
        except ValueError:
            found = None
        if found != head:
            raise SekhaValidationError(
                "path",
                f"{plan.parent} holds an export of another controller, format or choice: give "
                "another folder, or the same arguments",
            )
        offset = lines.tell()
        for number, line in enumerate(lines):
            parts.append(_Part(number, offset))
            offset += len(line)
    return parts


def _is_done(folder: Path, part: _Part, format: str) -> bool:
    return (folder / part.marker).exists() and (folder / part.file(format)).exists()


def _export_part(
    config: ClientConfig, folder: str, format: str, part: _Part, attempt: int
) -> Ended:
    """What a worker does."""
    pause_before(attempt)
    place = Path(folder)
    if _is_done(place, part, format):
        # Dask has what died with its result done again.
        return Ended(None)
    with open(place / PLAN, "rb") as lines:
        lines.seek(part.offset)
        ids: list[str] = json.loads(lines.readline())
    totals = Totals()
    path = place / part.file(format)
    try:
        with (
            SyncSekhaClient(config) as client,
            replacing(path) as file,
            writing(file, format) as write,
        ):
            for record in client._records_of(ids, None):
                write(record)
                totals.add(record)
    except SekhaError as error:
        return Ended(None, error.message, True)
    marker = {
        "file": path.name,
        "size": file.size,
        "sha256": file.sha256,
        "counts": asdict(totals),
        "gone": len(ids) - totals.conversations,
    }
    with replacing(place / part.marker) as beside:
        beside.write(json.dumps(marker))
    return Ended(None)


def _finished(folder: Path, format: str, parts: Sequence[_Part], done_before: int) -> ExportParts:
    """The manifest, of what stands beside the files."""
    files = [json.loads((folder / part.marker).read_text("utf-8")) for part in parts]
    made = ExportParts(
        folder=folder,
        format=format,
        conversations=sum(each["counts"]["conversations"] for each in files),
        messages=sum(each["counts"]["messages"] for each in files),
        gone=sum(each["gone"] for each in files),
        parts=len(files),
        done_before=done_before,
    )
    counts = {"conversations": made.conversations, "messages": made.messages, "gone": made.gone}
    document = {"schema": SCHEMA, "version": VERSION, "format": format, "counts": counts}
    with replacing(folder / MANIFEST) as file:
        file.write(json.dumps({**document, "files": files}, indent=1) + "\n")
    return made


def _batches(ids: Iterator[str], size: int) -> Iterator[list[str]]:
    batch: list[str] = []
    for each in ids:
        batch.append(each)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
