"""Reading an export to restore it: every record once to learn their order, then again in order."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Self, cast

from .._core.transfer import restore as restoring
from .._core.transfer.format import MANIFEST_SCHEMA
from .._core.transfer.records import Item, Unusable
from ..errors import SekhaImportError

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_RECORD_START = re.compile(rb'\{\s*"id"\s*:\s*"[^"]{0,100}"\s*,\s*"label"\s*:')
"""What a record begins with, as exports are written."""
_LONG_NUMBER = re.compile(rb"[0-9]{1000,}")
_LONGEST_HEADER = 1 << 16
_CHUNK = 1 << 20


def manifest_path(path: Path) -> Path:
    """Where the manifest of an export is."""
    return path.with_name(path.name + ".manifest.json")


class ExportFile:
    """An export, JSON or JSONL, of any size. To be closed.

    JSONL is read from where it is; of JSON, the records are put into a temporary file first.

    Args:
        path: the file.

    Attributes:
        total: how many records it has, broken ones included.

    Raises:
        SekhaImportError: it cannot be read, is no export, or is not as its manifest says.
        SekhaMissingExtraError: it is JSON, and the extra `importers` is not installed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._index: list[tuple[restoring.OrderKey, int, int]] = []
        self._hash = sha256()
        source = self._lines = self._opened()
        try:
            self._start = self._after_bom(source)
            header = _header_line(source, self._start)
            if header is None:
                with source:
                    self._lines = self._spooled(source)
            else:
                self._refuse(restoring.refusal(header))
                source.seek(self._start)
                self._hash.update(source.readline())
            self._read_index(hashed=header is not None)
            self._check_manifest()
        except BaseException:
            self.close()
            raise
        self._index.sort()
        self.total = len(self._index)

    def __iter__(self) -> Iterator[Item | Unusable]:
        """The records as they are to be stored, the one changed last at the end."""
        for _, offset, number in self._index:
            self._lines.seek(offset)
            record = _object(self._lines.readline())
            where = f"{self._path.name}, record {number}"
            if record is None:
                yield Unusable(
                    where,
                    "it is broken: no JSON object, nested too deep, or with a number beyond all",
                )
            else:
                yield restoring.item(record, where)

    def close(self) -> None:
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _opened(self) -> IO[bytes]:
        try:
            # Opening a pipe would wait for its writer, and what was read could not be read again.
            if self._path.exists() and not self._path.is_file():
                raise self._error("it is no regular file")
            return open(self._path, "rb")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise self._error(reason or type(error).__name__) from None

    def _after_bom(self, source: IO[bytes]) -> int:
        """Where the text begins: some editors put a mark before it."""
        mark = source.read(len(_BOM))
        if mark[:2] in _UTF_16:
            raise self._error("it is UTF-16; an export is UTF-8: save it as that")
        start = len(_BOM) if mark == _BOM else 0
        self._hash.update(mark[:start])
        source.seek(start)
        return start

    def _spooled(self, source: IO[bytes]) -> IO[bytes]:
        """The records of a JSON export, one a line; an empty line for what is broken."""
        # Not at the top: JSONL does without.
        from ..importers.streaming import load_ijson

        ijson = load_ijson()
        self._refuse(restoring.refusal(_header(ijson, source)))
        import tempfile

        spool = tempfile.TemporaryFile()
        try:
            reader = _Hashing(source, self._hash.update)
            whole = self._spool(source, reader, spool, anchor=None)
            while reader.read(_CHUNK):
                pass
            if not whole:
                # What comes after the damage is worth having, too.
                self._spool(source, _Hashing(source), spool, anchor=_RECORD_START)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return spool

    def _spool(
        self,
        source: IO[bytes],
        reader: _Hashing,
        spool: IO[bytes],
        *,
        anchor: re.Pattern[bytes] | None,
    ) -> bool:
        """Whether no record is broken."""
        from ..importers.streaming import Element, array
        from ..importers.utf8 import Utf8Chunks

        source.seek(self._start)
        spool.truncate(0)
        spool.seek(0)
        whole = True
        for item in array(Utf8Chunks(cast(BinaryIO, reader)), ("conversations",), anchor):
            if isinstance(item, Element):
                spool.write(json.dumps(item.value).encode())
            else:
                whole = False
            spool.write(b"\n")
        return whole

    def _read_index(self, *, hashed: bool) -> None:
        number = 0
        offset = self._lines.tell()
        while line := self._lines.readline():
            if hashed:
                self._hash.update(line)
            number += 1
            record = _object(line)
            self._index.append((restoring.order(record or {}), offset, number))
            offset += len(line)

    def _check_manifest(self) -> None:
        try:
            manifest = json.loads(manifest_path(self._path).read_bytes())
        except (OSError, ValueError, RecursionError):
            return
        if not isinstance(manifest, dict) or manifest.get("schema") != MANIFEST_SCHEMA:
            return
        if manifest.get("sha256") != self._hash.hexdigest():
            beside = manifest_path(self._path).name
            raise self._error(
                f"it is not as it was written: its hash is not the one in {beside}; to restore "
                "what is left of it all the same, remove that file"
            )

    def _refuse(self, reason: str | None) -> None:
        if reason is not None:
            raise self._error(reason)

    def _error(self, reason: str) -> SekhaImportError:
        return SekhaImportError(f"{self._path}: {reason}", path=str(self._path))


class _Hashing:
    """A file of which everything that is read is hashed, too."""

    def __init__(self, file: IO[bytes], update: Callable[[bytes], None] | None = None) -> None:
        self._file = file
        self._update = update

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if self._update is not None:
            self._update(data)
        return data


class _Guarded:
    """A file of JSON without the numbers that end its parser's process."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        # Two halves that each stay are no number that Python refuses; what stands in texts is not
        # looked at.
        return _LONG_NUMBER.sub(b"0", self._file.read(size))


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _header_line(source: IO[bytes], start: int) -> dict[str, Any] | None:
    """The first line of a JSONL export, which is about the export itself; None if it is JSON."""
    header = _object(source.readline(_LONGEST_HEADER))
    if header is None or "conversations" in header:
        source.seek(start)
        return None
    return header


def _header(ijson: Any, source: IO[bytes]) -> dict[str, Any]:
    """The schema and version of a JSON document, wherever they are in it."""
    found: dict[str, Any] = {}
    depth, key = 0, ""
    try:
        # Not ijson.parse: it keeps the path, whose size grows with the square of the depth.
        for event, value in ijson.basic_parse(_Guarded(source)):
            if event in ("start_map", "start_array"):
                depth += 1
            elif event in ("end_map", "end_array"):
                depth -= 1
            elif depth == 1 and event == "map_key":
                key = value
            elif depth == 1 and key in ("schema", "version"):
                found[key] = value
                if len(found) == 2:
                    break
    except (ijson.JSONError, ValueError):
        pass  # a ValueError is of a number with more digits than Python reads
    return found
