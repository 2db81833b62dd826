"""Content codings of answers, within a bound: a few bytes can claim to be gigabytes."""

from __future__ import annotations

import time
import zlib
from math import inf

from .backend import MAX_ANSWER, too_large

ACCEPTED = "gzip, deflate"
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


PIECE = 1 << 20
"""Bytes of plain content between two looks at the clock."""
_QUICK = 1 << 14
"""Bytes that one coding cannot blow up to what takes long to decode."""


class UndecodableError(ValueError):
    """The content is not in the coding that its header names."""


def is_quick(content: bytes, coding: str) -> bool:
    """Whether decoding it keeps nobody waiting, whatever it turns out to be."""
    return not coding or (len(content) <= _QUICK and "," not in coding)


def decoded(content: bytes, coding: str, seconds: float = inf) -> bytes:
    """An answer's content without its codings, the last one first.

    Args:
        coding: the Content-Encoding header; empty without one.
        seconds: how long it may take.

    Raises:
        UndecodableError: it is not in that coding, or the coding was not asked for.
        TimeoutError: the time was up before its end.
        Failure: it is larger than an answer can be.
    """
    ends = time.monotonic() + seconds
    for each in reversed(coding.split(",")):
        name = each.strip().lower()
        if not name or name == "identity" or not content:
            continue
        if name not in _WINDOW:
            raise UndecodableError(f"content in the coding {name[:20]!r}, which was not asked for")
        content = _inflated(content, _WINDOW[name], ends)
    return content


def _inflated(content: bytes, window: int, ends: float) -> bytes:
    try:
        try:
            return _inflated_in(content, window, ends)
        except zlib.error:
            if window != zlib.MAX_WBITS:
                raise
            # Some servers leave out the zlib header that "deflate" stands for.
            return _inflated_in(content, -zlib.MAX_WBITS, ends)
    except zlib.error as error:
        raise UndecodableError(f"content that cannot be decompressed: {error}") from None


def _inflated_in(content: bytes, window: int, ends: float) -> bytes:
    decoder = zlib.decompressobj(window)
    plain = bytearray()
    with memoryview(content) as view:
        for start in range(0, len(view), _QUICK):
            piece: bytes | memoryview = view[start : start + _QUICK]
            while piece and not decoder.eof:
                if time.monotonic() > ends:
                    raise TimeoutError("the time limit passed")
                plain += decoder.decompress(piece, PIECE)
                piece = decoder.unconsumed_tail
                if len(plain) > MAX_ANSWER:
                    raise too_large()
            if decoder.eof:
                return bytes(plain)
    plain += decoder.flush()
    if not decoder.eof:
        raise UndecodableError("compressed content that ends too early")
    return bytes(plain)
