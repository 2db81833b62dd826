"""A caller's embedder as the rooms here use one: unit vectors, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import SekhaEmbeddingError
from .cancellation import checkpoint
from .embedder import Vectors

if TYPE_CHECKING:
    from ..embedders import Embedder


class OwnEmbedder:
    """Unit vectors from an embedder of the caller's."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = embedder.name

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text: unit length, or all zeros where the embedder's vector is.

        Raises:
            SekhaEmbeddingError: it failed, or gave something else than a vector for each text.
        """
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        checkpoint()
        rows = np.array(self._embedder.embed(texts), dtype=np.float32)
        checkpoint()
        if rows.shape != (len(texts), self.dimensions):
            expected = f"{len(texts)} vectors of {self.dimensions}"
            raise SekhaEmbeddingError(
                f"{self.name}: gave {rows.shape} where {expected} were expected"
            )
        if not np.isfinite(rows).all():
            raise SekhaEmbeddingError(f"{self.name}: gave a vector that is no number")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        np.divide(rows, lengths, out=rows, where=lengths > 0)
        return rows
