"""Short codes for vectors, to find quickly among many those that may be the nearest.

A vector is turned at random, which spreads what it says evenly over its components. Of these the
signs alone, one bit each, leave a few thousand of a million to be looked at (two vectors differ in
the more signs the greater the angle between them); four bits each tell their cosines to within
0.007, and leave little more than what is asked for to be compared exactly.
"""

from __future__ import annotations

import hashlib
import threading
from functools import cache

import numpy as np
import numpy.typing as npt
from attrs import frozen

Rows = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
Signs = npt.NDArray[np.uint64]
Nibbles = npt.NDArray[np.uint8]
Bytes = npt.NDArray[np.uint8]

SCANNED = 4
"""Words of 64 signs that are compared at most."""
FIRST = 2
"""Words of signs that are compared of all; the others, of those that these leave."""
_STEP = 0.335
"""Of the best evenly spaced 16 levels for a normal distribution, in its standard deviations."""
_AT_ONCE = 4096
_ESTIMATED = 512
"""Rows at a time: of more, the matrix product would start threads that cost more than they help."""
_BLOCK = 32_768
"""Rows that are compared together: what they need fits into a processor's cache."""


@frozen(eq=False)
class Codes:
    """The codes of some vectors.

    Attributes:
        signs: a row for each word of 64 signs, a column for each vector.
        nibbles: a row for each vector, two components a byte.
        factors: what makes a cosine of a product with the levels that the nibbles stand for.
    """

    signs: Signs
    nibbles: Nibbles
    factors: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.factors)


class Query:
    """A vector to which others are compared by their codes."""

    def __init__(self, vector: Vectors) -> None:
        self._turned: Vectors = vector @ _turn(len(vector))
        self._signs = _packed_signs(self._turned[np.newaxis])[:, 0]

    def differences(self, codes: Codes, into: Bytes) -> None:
        """In how many of the first signs (`FIRST` words) each of them differs."""
        for start in range(0, len(codes), _BLOCK):
            part = slice(start, min(start + _BLOCK, len(codes)))
            xor, bits = _scratch.arrays(part.stop - start)
            for word, wanted in enumerate(self._signs[:FIRST]):
                np.bitwise_xor(codes.signs[word, part], wanted, out=xor)
                if word == 0:
                    np.bitwise_count(xor, out=into[part])
                else:
                    np.bitwise_count(xor, out=bits)
                    np.add(into[part], bits, out=into[part])

    def all_differences(self, codes: Codes, rows: Rows) -> npt.NDArray[np.uint16]:
        """In how many of all signs these rows differ."""
        differing = np.zeros(len(rows), dtype=np.uint16)
        for word, wanted in enumerate(self._signs):
            differing += np.bitwise_count(codes.signs[word].take(rows) ^ wanted)
        return differing

    def estimates(self, codes: Codes, rows: Rows) -> Vectors:
        """The cosines with these rows, as far as their four bits tell."""
        found = np.empty(len(rows), dtype=np.float32)
        levels = _levels()
        for start in range(0, len(rows), _ESTIMATED):
            part = rows[start : start + _ESTIMATED]
            looked_up = levels.take(codes.nibbles.take(part, axis=0)).view(np.float32)
            found[start : start + len(part)] = looked_up @ self._turned
        return found * codes.factors.take(rows)


def codes_of(vectors: Vectors) -> Codes:
    """The codes of unit vectors."""
    dimensions = vectors.shape[1]
    turn = _turn(dimensions)
    wide = turn.shape[1]
    count = len(vectors)
    signs = np.empty((words(dimensions), count), dtype=np.uint64)
    nibbles = np.empty((count, wide // 2), dtype=np.uint8)
    factors = np.empty(count, dtype=np.float32)
    for start in range(0, count, _AT_ONCE):
        part = slice(start, min(start + _AT_ONCE, count))
        turned = vectors[part] @ turn
        signs[:, part] = _packed_signs(turned)
        numbers = np.clip(np.floor(turned * (np.sqrt(wide) / _STEP)), -8, 7).astype(np.int8)
        nibbles[part] = (numbers[:, ::2] + 8).view(np.uint8) | (
            (numbers[:, 1::2] + 8).view(np.uint8) << 4
        )
        # So that a vector's cosine with itself comes out as 1.
        products = np.einsum("ij,ij->i", turned, numbers + np.float32(0.5))
        factors[part] = np.divide(1.0, products, out=np.zeros_like(products), where=products > 0)
    return Codes(signs, nibbles, factors)


def words(dimensions: int) -> int:
    """How many words of signs a code has."""
    return min(SCANNED, width(dimensions) // 64)


def nibble_bytes(dimensions: int) -> int:
    """How many bytes of nibbles a code has."""
    return width(dimensions) // 2


def width(dimensions: int) -> int:
    """Into how many components a vector is turned: few tell too little by their signs."""
    return max(64 * SCANNED, 1 << (dimensions - 1).bit_length())


def _packed_signs(turned: Vectors) -> Signs:
    bits = turned[:, : SCANNED * 64] > 0
    packed: Signs = np.packbits(bits, axis=1).view(np.uint64).T
    return packed


class _Scratch(threading.local):
    """Arrays that each search in a thread uses again."""

    def __init__(self) -> None:
        self._xor: Signs = np.empty(_BLOCK, dtype=np.uint64)
        self._bits: Bytes = np.empty(_BLOCK, dtype=np.uint8)

    def arrays(self, size: int) -> tuple[Signs, Bytes]:
        return self._xor[:size], self._bits[:size]


_scratch = _Scratch()


@cache
def _levels() -> npt.NDArray[np.uint64]:
    """For each byte of two nibbles the two levels that they stand for, in one word to be quick."""
    byte = np.arange(256)
    pairs = np.stack([byte & 15, byte >> 4], axis=1).astype(np.float32) - np.float32(7.5)
    return np.ascontiguousarray(pairs).view(np.uint64)[:, 0]


@cache
def _turn(dimensions: int) -> Vectors:
    """A rotation that mixes all components, into as many dimensions as a power of two.

    Always the same one, whatever versions of libraries there are: codes outlive them. Of signs by
    chance and Hadamard's matrix, which is nothing but signs itself.
    """
    wide = width(dimensions)
    hadamard = np.ones((1, 1), dtype=np.float32)
    while len(hadamard) < wide:
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    rotation = (
        _signs(b"first", wide)
        * hadamard[:dimensions]
        @ (_signs(b"second", wide)[:, np.newaxis] * hadamard)
    )
    return np.ascontiguousarray(rotation / np.float32(wide), dtype=np.float32)


def _signs(name: bytes, count: int) -> Vectors:
    told = hashlib.shake_128(name).digest(count // 8)
    bits = np.unpackbits(np.frombuffer(told, dtype=np.uint8))
    return bits.astype(np.float32) * np.float32(2.0) - np.float32(1.0)
