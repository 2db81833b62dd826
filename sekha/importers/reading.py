"""Reading an export: from a path to records, with an account of everything on the way."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from attrs import evolve, frozen

from .._core import validate
from ..errors import SekhaImportError
from . import own, pages, streaming, table
from .archives import CannotOpenError
from .drafts import (
    BRANCHES,
    NOT_SHOWN,
    TOOL_OUTPUTS,
    Branches,
    Conversion,
    Draft,
    Skip,
    ToolOutput,
    Wishes,
)
from .folding import Fold, Origin, Outcome
from .guard import TOO_DEEP
from .recognise import HEAD, Layout, Recognised, Unrecognised, recognise
from .records import Choice, ImportRecord, Options, digest, finish
from .registry import BY_NAME, FORMAT_NAMES, FORMATS, Format
from .report import Report
from .sources import NOT_JSON, Entry, Files, opened
from .streaming import Damage, Element
from .utf8 import Utf8Chunks

NOT_AN_OBJECT = "not an object"
REPEATED = "the same conversation in another file of this export"
CANNOT_OPEN = "a file that cannot be opened"


@frozen
class _File:
    """A file of the export, and what it is; a reason why it cannot be opened instead of that."""

    entry: Entry
    found: Recognised | CannotOpenError


class Reading:
    """The conversations of an export. Iterating reads the files, each record when it is asked for;
    iterating again reads them again.

    Attributes:
        path: what is read.
        report: the account of the iteration that was begun last; complete when it is at its end.
        formats: the names of the formats that were recognised, in FORMAT_NAMES.
        total_bytes: the size of all files that will be read, unpacked.
        bytes_read: how much of that the iteration begun last has read.
    """

    def __init__(
        self, path: Path, files: list[_File], ignored: list[tuple[str, str]], options: Options
    ) -> None:
        self.path = path
        self._files = files
        self._ignored = ignored
        self._options = options
        known = {file.found.format for file in files if isinstance(file.found, Recognised)}
        self.formats = tuple(format.name for format in FORMATS if format in known)
        self.total_bytes = sum(file.entry.size for file in files)
        self._done = 0
        self._chunks: Utf8Chunks | None = None
        self.report = self._new_report()

    def __repr__(self) -> str:
        return f"Reading({str(self.path)!r}, formats={self.formats})"

    @property
    def bytes_read(self) -> int:
        """How much of `total_bytes` was read so far."""
        return self._done + (self._chunks.consumed if self._chunks is not None else 0)

    def __iter__(self) -> Iterator[ImportRecord]:
        self.report = report = self._new_report()
        self._done, self._chunks = 0, None
        seen: dict[bytes, str] = {}
        with opened(self.path) as files:
            for file in self._files:
                yield from self._of_file(files, file, report, seen)
                self._done += file.entry.size
                self._chunks = None

    def _new_report(self) -> Report:
        report = Report()
        for where, reason in self._ignored:
            report.ignore(where, reason)
        return report

    def _of_file(
        self, files: Files, file: _File, report: Report, seen: dict[bytes, str]
    ) -> Iterator[ImportRecord]:
        entry, found = file.entry, file.found
        if isinstance(found, CannotOpenError):
            report.skip(entry.name, CANNOT_OPEN, str(found))
            return
        try:
            stream = files.open(entry)
        except CannotOpenError as error:
            report.skip(entry.name, CANNOT_OPEN, str(error))
            return
        report.files += 1
        with stream:
            self._chunks = chunks = Utf8Chunks(stream)
            for where, made in self._made(files, entry, found, chunks):
                record: ImportRecord | Draft | Skip = made
                if isinstance(record, Draft) and found.format is not None:
                    record = finish(
                        record,
                        format=found.format.name,
                        folder=found.format.folder,
                        where=where,
                        options=self._options,
                    )
                if isinstance(record, Skip):
                    report.skip(where, record.reason, record.detail, harmless=record.harmless)
                elif isinstance(record, ImportRecord):
                    if not self._is_repeated(record, entry.name, report, seen):
                        _count(report, record, self._options)
                        yield record

    def _made(
        self, files: Files, entry: Entry, found: Recognised, chunks: Utf8Chunks
    ) -> Iterator[Outcome]:
        """What the records of a file are, and where they stand."""
        format = found.format
        if format is None:
            return
        wishes = self._options.wishes
        fold: Fold | None = None
        if format.fold is not None:
            fold = format.fold(Origin(entry.name, wishes, lambda name: files.beside(entry, name)))
        lines = found.layout.kind == "lines"
        for item in _items(chunks, found.layout):
            where = f"{entry.name}:{item.index}" if lines else f"{entry.name}[{item.index}]"
            if isinstance(item, Damage):
                yield where, Skip(item.reason, item.detail)
            elif not (lines and own.is_envelope(item.value)):
                yield from _converted(item, format, fold, Conversion(wishes, entry.name), where)
        if fold is not None:
            for inside, draft in fold.finish():
                yield inside or entry.name, draft

    def _is_repeated(
        self, record: ImportRecord, name: str, report: Report, seen: dict[bytes, str]
    ) -> bool:
        """Exports may hold a conversation in a list and in a file of its own as well. Equal ones
        within a file were stored on purpose, and stay."""
        if record.once:
            # What comes with every conversation is no record of its own to be counted again.
            return seen.setdefault(digest(record), record.where) != record.where
        if (record.exported_id or record.source_id) is None or len(self._files) < 2:
            return False
        first = seen.setdefault(digest(record), name)
        if first == name:
            return False
        report.skip(record.where, REPEATED, first, harmless=True)
        return True


def read(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    label: Choice = None,
    folder: Choice = None,
    times_in_text: bool = False,
    branches: str = "shown",
    tool_output: str = "short",
) -> Reading:
    """Recognises an export by its content, and gives its conversations one at a time.

    Args:
        path: a file, a folder or a zip as it was downloaded.
        format: one of FORMAT_NAMES, if it is not to be recognised.
        label: a label for all, or a function of the ImportRecord; otherwise the title, or the
            first words of the user.
        folder: a folder for all, or a function of the ImportRecord; otherwise one for the format
            ("/imports/chatgpt"), or the record's own.
        times_in_text: writes each message's time above its text, as the controller cannot keep
            it; otherwise the report says how many records had times.
        branches: "shown" for the branch of a conversation that was shown last; "all" for the
            others too, each a conversation of its own from where it parts on.
        tool_output: what tools gave back, which is much and little of what was said: "keep" keeps
            all of it and what the program hid, "short" the first 500 characters of each, "drop"
            nothing.

    Raises:
        SekhaImportError: the path cannot be read, nothing in it is of a known format, or its
            version is not known.
        SekhaMissingExtraError: the extra `importers` is not installed.
        SekhaValidationError: `format`, `branches` or `tool_output` is not known. `label` and `folder` are checked when a record
            is read.
    """
    forced = None if format is None else BY_NAME[validate.one_of("format", format, FORMAT_NAMES)]
    wishes = Wishes(
        branches=cast(Branches, validate.one_of("branches", branches, BRANCHES)),
        tool_output=cast(ToolOutput, validate.one_of("tool_output", tool_output, TOOL_OUTPUTS)),
    )
    options = Options(label=label, folder=folder, times_in_text=times_in_text, wishes=wishes)
    where = Path(path)
    streaming.load_ijson()
    with opened(where) as files:
        alone = where.is_file() and len(files.entries()) == 1
        kept: list[_File] = []
        ignored: list[tuple[str, str]] = []
        for entry in files.entries():
            found = _recognised(files, entry, forced, alone=alone)
            if isinstance(found, Unrecognised):
                ignored.append((entry.name, found.reason))
            else:
                kept.append(_File(entry, found))
        others = list(files.others)
    if not any(isinstance(file.found, Recognised) for file in kept):
        raise SekhaImportError(_nothing(where, kept, ignored, others), path=str(where))
    ignored += others
    return Reading(where, kept, ignored, options)


def _recognised(
    files: Files, entry: Entry, forced: Format | None, *, alone: bool
) -> Recognised | Unrecognised | CannotOpenError:
    try:
        with files.open(entry) as stream:
            chunks = Utf8Chunks(stream)
            head = _head(chunks)
    except CannotOpenError as error:
        return error
    if not head and chunks.failure is not None:
        return CannotOpenError(chunks.failure)
    found = recognise(head, entry.name)
    if forced is None or (isinstance(found, Recognised) and found.format in (forced, None)):
        return found
    # A file beside the conversations must not become one for what the caller said of all.
    if alone:
        return recognise(head, entry.name, forced)
    return Unrecognised(f"it is not of the format {forced.name}")


def _head(chunks: Utf8Chunks) -> bytes:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= HEAD:
            break
    return head


def _nothing(
    path: Path,
    kept: list[_File],
    ignored: list[tuple[str, str]],
    others: list[tuple[str, str]],
) -> str:
    """Why there is nothing to read, and what was looked for."""
    reasons = [(file.entry.name, str(file.found)) for file in kept] + ignored
    reasons += [(name, reason) for name, reason in others if reason != NOT_JSON]
    told = "; ".join(f"{name}: {reason}" for name, reason in reasons[:3])
    if len(reasons) > 3:
        told += f"; and {len(reasons) - 3} more files"
    message = f"{path}: no conversations found"
    message += f" ({told})" if told else " (there is no JSON in it)"
    return f"{message}. `sekha-memory formats` lists what can be read"


def _items(chunks: Utf8Chunks, layout: Layout) -> Iterable[Element | Damage]:
    if layout.kind == "lines":
        return streaming.lines(chunks)
    if layout.kind == "values":
        return streaming.values(chunks)
    if layout.lines:
        return _one_conversation(streaming.lines(chunks))
    if layout.kind == "table":
        return table.rows(chunks)
    if layout.kind == "page":
        return pages.activities(chunks)
    items = streaming.array(chunks, layout.path, layout.anchor)
    return _one_conversation(items) if layout.kind == "messages" else items


def _one_conversation(items: Iterable[Element | Damage]) -> Iterator[Element | Damage]:
    """A list of messages is one record; what is broken in it is told beside it."""
    messages: list[Any] = []
    replaced = 0
    broken: list[Damage] = []
    for item in items:
        if isinstance(item, Damage):
            broken.append(item)
        else:
            messages.append(item.value)
            replaced += item.replaced
    yield Element(0, {"messages": messages}, replaced)
    for index, damage in enumerate(broken, start=1):
        yield evolve(damage, index=index)


def _converted(
    element: Element, format: Format, fold: Fold | None, work: Conversion, where: str
) -> Iterator[Outcome]:
    """What a record becomes; for a fold, what is complete with it."""
    value = element.value
    if not isinstance(value, dict):
        yield where, Skip(NOT_AN_OBJECT, type(value).__name__, harmless=value is None)
        return
    try:
        if fold is not None:
            yield from ((inside or where, made) for inside, made in fold.add(value, where))
            return
        made = format.convert(value, work)
    except RecursionError:
        yield where, Skip(TOO_DEEP)
        return
    for draft in [made] if isinstance(made, Draft | Skip) else made:
        if isinstance(draft, Draft) and element.replaced:
            draft.notes["place that was no UTF-8 replaced"] += element.replaced
            element = evolve(element, replaced=0)
        yield where, draft


def _count(report: Report, record: ImportRecord, options: Options) -> None:
    report.read += 1
    report.yielded += 1
    if record.has_times and not options.times_in_text:
        report.times_not_stored += 1
    report.notes.update(record.notes)
    report.not_shown(record.where, NOT_SHOWN, record.unshown)
