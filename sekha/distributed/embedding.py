"""Embedding many texts over a cluster, and a memory file anew."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import uuid4

import numpy as np
from attrs import evolve, frozen
from distributed import Client, as_completed
from distributed.protocol.pickle import dumps

from .._core import validate
from .._sync.client import SyncSekhaClient
from ..embedders import Embedder
from ..errors import SekhaEmbeddingError, SekhaValidationError
from .run import Ended, check_dask, outcome_of, pause_before
from .stored_vectors import EmbedderSource, StoredVectors, key_of, made

BATCH = 256
MOST_CHARACTERS = 1_000_000
"""Of the texts of one part: Dask warns of parts above 10 MB."""
AHEAD = 3
"""Parts that are given out for each thread of the cluster."""
LONGEST = 7 * 86_400.0
"""Seconds that storing the vectors may take."""

_made: dict[str | bytes, Embedder] = {}
_making = threading.Lock()


@frozen(kw_only=True)
class EmbedReport:
    """How far an embedding is.

    Attributes:
        texts: how many came; equal ones are counted as often as they came.
        embedded: distinct ones that were embedded now.
        known: that had a vector already, or were equal to one before.
        parts: that the workers were given.
        repeated: how often one of these was given out again by this client.
    """

    texts: int = 0
    embedded: int = 0
    known: int = 0
    parts: int = 0
    repeated: int = 0


OnProgress = Callable[[EmbedReport], object]


def embed(
    dask: Client,
    texts: Iterable[str],
    embedder: EmbedderSource,
    *,
    vectors: str | os.PathLike[str],
    batch: int = BATCH,
    attempts: int = 5,
    on_progress: OnProgress | None = None,
) -> EmbedReport:
    """Embed texts on the workers of a cluster, and keep the vectors in a file on this machine.

    The file is the journal too: a text that has a vector there is not embedded again. `StoredVectors`
    gives them to an embedded controller.

    Args:
        dask: a cluster's client.
        texts: any number; they are read as the workers come to them.
        embedder: each worker makes one, and keeps it: `KIND:MODEL` as on the command line, or a
            function without arguments that pickles.
        vectors: the file; made if it is not there. This process alone needs it.
        batch: texts in a part; 1 or more.
        attempts: how often a part is given out; 1 or more. Those of Dask itself, when a worker died,
            are not counted.
        on_progress: called in this thread for each part whose vectors are on the disk.

    Raises:
        SekhaValidationError: an argument cannot be used, or the file is of another embedder.
        SekhaEmbeddingError: a part could not be embedded. What is in the file stays there.
        SekhaStorageError: the file cannot be written.
        SekhaMissingExtraError: the extra `distributed` is not installed.
    """
    check_dask(dask, attempts)
    validate.integer("batch", batch, 1)
    with StoredVectors(vectors, embedder) as stored:
        work = _Embedding(dask, stored, embedder, attempts, on_progress or (lambda report: None))
        return work.run(texts, batch)


def reembed(
    dask: Client,
    path: str | os.PathLike[str],
    embedder: EmbedderSource,
    *,
    vectors: str | os.PathLike[str],
    batch: int = BATCH,
    attempts: int = 5,
    on_progress: OnProgress | None = None,
) -> EmbedReport:
    """Give a memory file the vectors of another embedder: the workers of a cluster make them, this
    process alone stores them.

    Stopped in whatever way, it goes on where it was when it is called again. Until it begins to store
    them the file is as it was. No other process should have the file open: one with the former
    embedder is refused what it asks for from then on.

    Args:
        dask: a cluster's client.
        path: the memory file, on this machine.
        embedder: as for `embed`.
        vectors: likewise; it can be deleted afterwards.
        batch: as for `embed`.
        attempts: likewise.
        on_progress: likewise.

    Returns:
        The account; what was stored meanwhile by others is `embedded` too, by this process.

    Raises:
        SekhaValidationError: as for `embed`, or there is no memory at `path`.
        SekhaError: as for `embed`; or the memory file cannot be read or written.
    """
    if not os.path.isfile(path):
        raise SekhaValidationError("path", f"{os.fspath(path)} is no file")
    with SyncSekhaClient.local(path) as memory:
        report = embed(
            dask,
            _texts_of(memory),
            embedder,
            vectors=vectors,
            batch=batch,
            attempts=attempts,
            on_progress=on_progress,
        )
    with StoredVectors(vectors, embedder) as stored:
        with SyncSekhaClient.local(path, embedder=stored, timeout=LONGEST) as memory:
            memory.rebuild_embeddings()
        return evolve(report, embedded=report.embedded + stored.embedded)


class _Embedding:
    """Embeds texts, a few parts ahead of what is stored."""

    def __init__(
        self,
        dask: Client,
        stored: StoredVectors,
        source: EmbedderSource,
        attempts: int,
        tell: OnProgress,
    ) -> None:
        self._dask = dask
        self._stored = stored
        self._source = source
        self._attempts = attempts
        self._tell = tell
        self._report = EmbedReport()
        self._given: dict[Any, tuple[dict[bytes, str], int]] = {}
        self._under_way: set[bytes] = set()

    def run(self, texts: Iterable[str], batch: int) -> EmbedReport:
        waiting = as_completed()
        for part in _batches(texts, batch):
            fresh = self._fresh(part)
            if fresh:
                while len(self._given) >= AHEAD * max(1, sum(self._dask.nthreads().values())):
                    self._take(waiting)
                self._give(waiting, fresh, 1)
                self._note(parts=1)
        while self._given:
            self._take(waiting)
        self._tell(self._report)
        return self._report

    def _fresh(self, texts: list[str]) -> dict[bytes, str]:
        keyed = {key_of(text): text for text in texts}
        known = self._stored.has(keyed) | self._under_way
        fresh = {key: text for key, text in keyed.items() if key not in known}
        self._note(texts=len(texts), known=len(texts) - len(fresh))
        return fresh

    def _give(self, waiting: as_completed, part: dict[bytes, str], attempt: int) -> None:
        future = self._dask.submit(
            _embed_part,
            self._source,
            [*part.values()],
            attempt,
            key=f"sekha-embed-{uuid4().hex}",
            pure=False,
            retries=0,
        )
        self._given[future.key] = part, attempt
        self._under_way |= part.keys()
        waiting.add(future)

    def _take(self, waiting: as_completed) -> None:
        """Store the vectors of the next part that is done."""
        future = next(waiting)
        part, attempt = self._given.pop(future.key)
        outcome = outcome_of(future)
        if outcome.reason and attempt < self._attempts:
            self._give(waiting, part, attempt + 1)
            self._note(repeated=1)
            return
        if outcome.reason:
            raise SekhaEmbeddingError(
                f"a part could not be embedded: {outcome.reason}. The same call again goes on "
                "with what has no vectors yet"
            )
        name, rows = outcome.result
        self._stored.add(name, [*part], rows)
        self._under_way -= part.keys()
        self._note(embedded=len(part))
        self._tell(self._report)

    def _note(self, **counts: int) -> None:
        totals = {name: getattr(self._report, name) + more for name, more in counts.items()}
        self._report = evolve(self._report, **totals)


def _embed_part(source: EmbedderSource, texts: list[str], attempt: int) -> Ended:
    """What a worker does."""
    pause_before(attempt)
    embedder = _embedder(source)
    rows = np.asarray(embedder.embed(texts), dtype=np.float32)
    expected = len(texts), embedder.dimensions
    if rows.shape != expected:
        raise SekhaEmbeddingError(f"{embedder.name}: gave {rows.shape}, expected {expected}")
    return Ended((embedder.name, rows))


def _embedder(source: EmbedderSource) -> Embedder:
    """This worker's own; a model takes its time to load."""
    key = source if isinstance(source, str) else dumps(source)
    with _making:
        if key not in _made:
            _made[key] = made(source)
        return _made[key]


def _texts_of(memory: SyncSekhaClient) -> Iterator[str]:
    for record in memory.iter_export():
        for message in record["messages"]:
            yield message["content"]


def _batches(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and (len(batch) >= size or characters + len(text) > MOST_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch
