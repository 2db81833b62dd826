"""Reading an export to restore it: every record once to learn their order, then again in order."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from .._core.transfer import restore as restoring
from .._core.transfer.format import MANIFEST_SCHEMA
from .._core.transfer.records import Item, Unusable
from ..errors import SekhaImportError, SekhaMissingExtraError

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
        try:
            source: IO[bytes] = open(self._path, "rb")
        except OSError as error:
            raise self._error(error.strerror or type(error).__name__) from None
        self._lines = source
        try:
            header = _header_line(source)
            if header is None:
                with source:
                    self._lines = self._spooled(source)
            else:
                self._refuse(restoring.refusal(header))
                source.seek(0)
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
                yield Unusable(where, "it is broken: no JSON object")
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

    def _spooled(self, source: IO[bytes]) -> IO[bytes]:
        """The records of a JSON export, one a line."""
        ijson = _load_ijson()
        if ijson is None:
            what = "restoring JSON (not JSONL, which needs nothing) needs ijson of"
            raise SekhaMissingExtraError(what, "importers")
        self._refuse(restoring.refusal(_header(ijson, source)))
        source.seek(0)
        import tempfile

        spool = tempfile.TemporaryFile()
        reader = _Hashing(source, self._hash.update)
        try:
            for record in ijson.items(reader, "conversations.item", use_float=True):
                spool.write(json.dumps(record).encode() + b"\n")
        except ijson.JSONError:
            # The manifest, if there is one, will tell; else what came before is worth having.
            spool.write(b"\n")
        except BaseException:
            spool.close()
            raise
        while reader.read(_CHUNK):
            pass
        spool.seek(0)
        return spool

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
        except (OSError, ValueError):
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
    """A file of which everything that is read is hashed."""

    def __init__(self, file: IO[bytes], update: Callable[[bytes], None]) -> None:
        self._file = file
        self._update = update

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._update(data)
        return data


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _header_line(source: IO[bytes]) -> dict[str, Any] | None:
    """The first line of a JSONL export, which is about the export itself; None if it is JSON."""
    header = _object(source.readline(_LONGEST_HEADER))
    if header is None or "conversations" in header:
        source.seek(0)
        return None
    return header


def _header(ijson: Any, source: IO[bytes]) -> dict[str, Any]:
    """The schema and version of a JSON document, wherever they are in it."""
    found: dict[str, Any] = {}
    try:
        for prefix, event, value in ijson.parse(source):
            if prefix in ("schema", "version") and event in ("string", "number"):
                found[prefix] = value
                if len(found) == 2:
                    break
    except ijson.JSONError:
        pass
    return found


def _load_ijson() -> Any:
    try:
        return importlib.import_module("ijson")
    except ModuleNotFoundError:
        return None
