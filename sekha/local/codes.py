"""A short code for each vector, to find quickly among many those that may be the nearest.

A code has one bit for each of some random directions: on which side of it the vector lies. Two
vectors differ in the more bits the greater the angle between them (SimHash), so that counting
differing bits, on a sixteenth of the bytes, leaves a thousand or two to be compared exactly.
"""

from __future__ import annotations

import threading
from functools import cache

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_BITS = 512
WORDS = _BITS // 64
_SAMPLES = 4096
_ENCODED_AT_ONCE = 4096


def codes_of(vectors: Vectors) -> Codes:
    """Their codes, a column a vector: `WORDS` rows of 64 bits."""
    directions = _directions(vectors.shape[1])
    codes = np.empty((WORDS, len(vectors)), dtype=np.uint64)
    for start in range(0, len(vectors), _ENCODED_AT_ONCE):
        part = vectors[start : start + _ENCODED_AT_ONCE]
        codes[:, start : start + len(part)] = (
            np.packbits(part @ directions > 0, axis=1).view(np.uint64).T
        )
    return codes


def candidates(codes: Codes, vector: Vectors, count: int, among: Rows | None = None) -> Rows:
    """The columns whose codes differ least from a vector's, about `count` of them, ascending.

    Args:
        among: those that may be given, ascending; all, if `None`.
    """
    wanted = codes_of(vector[np.newaxis])[:, 0]
    size = codes.shape[1]
    differing = np.zeros(size, dtype=np.uint16)
    xor, bits = _scratch.arrays(size)
    # Three words differ in 192 bits at most: their sum fits a byte, and adding bytes is quick.
    for start in range(0, WORDS, 3):
        some = np.zeros(size, dtype=np.uint8)
        for row in range(start, min(start + 3, WORDS)):
            np.bitwise_xor(codes[row], wanted[row], out=xor)
            np.bitwise_count(xor, out=bits)
            np.add(some, bits, out=some)
        differing += some
    if among is not None:
        differing = differing[among]
    # Where to cut, a sample tells well enough.
    sample = differing[:: max(1, len(differing) // _SAMPLES)]
    rank = min(len(sample) - 1, count * len(sample) // len(differing))
    found = np.flatnonzero(differing <= np.partition(sample, rank)[rank])
    return found if among is None else among[found]


class _Scratch(threading.local):
    """Arrays that each search in a thread uses again: new ones of this size cost page faults."""

    _xor: Codes = np.empty(0, dtype=np.uint64)
    _bits: npt.NDArray[np.uint8] = np.empty(0, dtype=np.uint8)

    def arrays(self, size: int) -> tuple[Codes, npt.NDArray[np.uint8]]:
        if len(self._xor) < size:
            self._xor = np.empty(size, dtype=np.uint64)
            self._bits = np.empty(size, dtype=np.uint8)
        return self._xor[:size], self._bits[:size]


_scratch = _Scratch()


@cache
def _directions(dimensions: int) -> Vectors:
    # At right angles, as far as there are so many, they tell more than independent ones.
    chance = np.random.default_rng(0)
    bases = [
        np.linalg.qr(chance.standard_normal((dimensions, dimensions)))[0]
        for _ in range(-(-_BITS // dimensions))
    ]
    return np.ascontiguousarray(np.concatenate(bases, axis=1)[:, :_BITS], dtype=np.float32)
