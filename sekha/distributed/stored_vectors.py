"""A cache of embeddings on disk: vectors that were made before, by the hash of their text."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from ..embedders import Embedder, Vector, embedder_of
from ..errors import SekhaStorageError, SekhaValidationError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS embedder (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1), name TEXT NOT NULL, dimensions INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
"""
_APPLICATION_ID = 0x736B7663
_FLOAT = np.dtype("<f4")
_AT_ONCE = 500
EmbedderSource = str | Callable[[], Embedder]
"""`KIND:MODEL` as on the command line, or a function that makes one."""


def made(source: EmbedderSource) -> Embedder:
    """The embedder.

    Raises:
        SekhaConfigError: it is none, or what it needs is not installed.
    """
    return embedder_of(source) if isinstance(source, str) else source()


def key_of(text: str) -> bytes:
    """What a text's vector is kept under."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


class StoredVectors:
    """An embedder for `SyncSekhaClient.local` that has most vectors already. To be closed.

    A text that has no vector yet is embedded when it comes.

    Args:
        path: a SQLite file on this machine, made if it is not there. One embedder's only.
        embedder: whose the vectors are: `KIND:MODEL` as on the command line, or a function without
            arguments that makes it. That is done when it is needed.

    Attributes:
        embedded: texts for which it had none.

    Raises:
        SekhaValidationError: an argument cannot be used, or the file is none of this kind.
    """

    def __init__(self, path: str | os.PathLike[str], embedder: EmbedderSource) -> None:
        if not isinstance(embedder, str) and not callable(embedder):
            raise SekhaValidationError(
                "embedder", "KIND:MODEL, or a function that makes an embedder, is needed"
            )
        self.path = Path(path)
        self.embedded = 0
        self._source = embedder
        self._embedder: Embedder | None = None
        self._lock = threading.Lock()
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(
                self.path, timeout=15.0, isolation_level=None, check_same_thread=False
            )
        except (OSError, ValueError, sqlite3.Error) as error:
            raise SekhaValidationError("vectors", f"{self.path}: {error}") from None
        try:
            self._open()
        except BaseException:
            self._connection.close()
            raise

    @property
    def name(self) -> str:
        """The embedder's."""
        return self._told()[0]

    @property
    def dimensions(self) -> int:
        """The embedder's."""
        return self._told()[1]

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text."""
        keys = [key_of(text) for text in texts]
        known = self._stored(set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            self.embedded += len(missing)
            fresh = self._own().embed([*missing.values()])
            known |= dict(zip(missing, np.asarray(fresh, dtype=_FLOAT), strict=True))
        return [known[key] for key in keys]  # type: ignore[misc]

    def has(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of these that there are vectors for."""
        return {*self._stored(set(keys))}

    def add(self, name: str, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keep vectors; they are on the disk when this returns.

        Args:
            name: of the embedder that made them.
            vectors: a row for each key.

        Raises:
            SekhaValidationError: they are of another embedder than those that are there.
            SekhaStorageError: they cannot be written.
        """
        rows = np.ascontiguousarray(vectors, dtype=_FLOAT)
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                with self._connection:
                    self._connection.execute(
                        "INSERT OR IGNORE INTO embedder VALUES (1, ?, ?)", (name, rows.shape[1])
                    )
                    self._require(name, rows.shape[1])
                    self._connection.executemany(
                        "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                        zip(keys, (row.tobytes() for row in rows), strict=True),
                    )
            except sqlite3.Error as error:
                raise SekhaStorageError(
                    f"{self.path}: {error}; nothing was changed", status_code=500
                ) from None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self) -> None:
        try:
            (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
            (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if owner != _APPLICATION_ID and (owner or tables):
                raise SekhaValidationError("vectors", f"{self.path} is another program's file")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(_SCHEMA)
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        except sqlite3.Error as error:
            raise SekhaValidationError("vectors", f"{self.path}: {error}") from None

    def _own(self) -> Embedder:
        with self._lock:
            embedder = self._embedder = self._embedder or made(self._source)
        told = self._stored_name()
        if told is not None and told[0] != embedder.name:
            raise self._other(embedder.name)
        return embedder

    def _told(self) -> tuple[str, int]:
        told = self._stored_name()
        if told is None:
            embedder = self._own()
            return embedder.name, embedder.dimensions
        return told

    def _stored_name(self) -> tuple[str, int] | None:
        with self._lock:
            told = self._connection.execute("SELECT name, dimensions FROM embedder").fetchone()
        return None if told is None else (str(told[0]), int(told[1]))

    def _require(self, name: str, dimensions: int) -> None:
        told = self._connection.execute("SELECT name, dimensions FROM embedder").fetchone()
        if told != (name, dimensions):
            raise self._other(name)

    def _other(self, name: str) -> SekhaValidationError:
        return SekhaValidationError(
            "vectors", f"{self.path} has those of another embedder than {name!r}: give another file"
        )

    def _stored(self, keys: set[bytes]) -> dict[bytes, np.ndarray]:
        found: dict[bytes, np.ndarray] = {}
        wanted = [*keys]
        with self._lock:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                rows = self._connection.execute(
                    f"SELECT text, vector FROM vectors WHERE text IN ({marks})", some
                )
                found.update((key, np.frombuffer(row, dtype=_FLOAT)) for key, row in rows)
        return found
