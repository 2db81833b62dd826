"""Text to vector: WordLlama's weights, read from its package without running it.

WordLlama is a table of token vectors; a text's vector points where the mean of its tokens' does, at
unit length. Importing the package itself costs half a second, configures the root logger and pads
every batch to its longest text, so only its two data files are used. The vectors are the same but
for rounding, which a test shows.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .cancellation import checkpoint
from .words import parts_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

BUILT_IN = "wordllama-"
"""What the names of all built-in embedders begin with."""
_NAME = f"{BUILT_IN}l2_supercat-256"
_TABLE = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_LONG = 4096
"""Characters above which a text is embedded word by word, each distinct one once."""


class Embedder:
    """Makes unit vectors of texts; safe to share between threads.

    Attributes:
        name: stored beside the vectors it made, so that another embedder's are told apart.
        dimensions: the length of a vector.
    """

    name = _NAME

    def __init__(self, tokenizer: Tokenizer, table: npt.NDArray[np.float16]) -> None:
        self._tokenizer = tokenizer
        self._table = table
        self.dimensions: int = table.shape[1]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text: unit length, or all zeros for a text without any token (an empty one)."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            if len(text) > _LONG:
                row[:] = self._sum_of_words(text)
            elif ids := self._tokens(text):
                row[:] = self._table[ids].sum(axis=0, dtype=np.float32)
            checkpoint()
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        np.divide(rows, lengths, out=rows, where=lengths > 0)
        return rows

    def _tokens(self, text: str) -> list[int]:
        # One by one on purpose: encode_batch() starts a thread pool that warns in every process
        # forked later.
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def _sum_of_words(self, text: str) -> Vectors:
        """The sum of a long text's token vectors.

        The tokenizer takes a whole text for one word, and time and memory for it grow faster than
        the text does. No token goes beyond a space between words, so that the parts have the same
        tokens as the whole.
        """
        counts = np.zeros(len(self._table))
        for part, times in parts_of(text):
            np.add.at(counts, self._tokens(part), times)
            checkpoint()
        found = np.flatnonzero(counts)
        total: Vectors = counts[found].astype(np.float32) @ self._table[found].astype(np.float32)
        return total


_loading = threading.Lock()


def load_embedder() -> Embedder:
    """The process's one embedder, read from the installed package at the first call.

    Raises:
        FileNotFoundError: the package is damaged or of a version that ships other weights.
    """
    with _loading:
        return _load()


def _after_fork() -> None:
    global _loading
    _loading = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@cache
def _load() -> Embedder:
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package wordllama is not installed")
    root = Path(spec.origin).parent
    tokenizer: Any = Tokenizer.from_file(str(_required(root / _TOKENIZER)))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    # It would keep the last 10,000 short texts with all their tokens, for texts that hardly repeat:
    # some 70 MB. The library has no other way to say so.
    tokenizer.model._resize_cache(0)
    return Embedder(tokenizer, load_file(_required(root / _TABLE))["embedding.weight"])


def _required(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(
            f"wordllama's {path.name} is missing: reinstall sekha-memory[local]"
        )
    return path
