"""Content codings of answers, within a bound: a few bytes can claim to be gigabytes."""

from __future__ import annotations

import zlib

from .backend import MAX_ANSWER, too_large

ACCEPTED = "gzip, deflate"
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class UndecodableError(ValueError):
    """The content is not in the coding that its header names."""


def decoded(content: bytes, coding: str) -> bytes:
    """An answer's content without its codings, the last one first.

    Args:
        coding: the Content-Encoding header; empty without one.

    Raises:
        UndecodableError: it is not in that coding, or the coding was not asked for.
        Failure: it is larger than an answer can be.
    """
    for each in reversed(coding.split(",")):
        name = each.strip().lower()
        if not name or name == "identity" or not content:
            continue
        if name not in _WINDOW:
            raise UndecodableError(f"content in the coding {name[:20]!r}, which was not asked for")
        content = _inflated(content, _WINDOW[name])
    return content


def _inflated(content: bytes, window: int) -> bytes:
    decoder = zlib.decompressobj(window)
    try:
        try:
            plain = decoder.decompress(content, MAX_ANSWER + 1)
        except zlib.error:
            if window != zlib.MAX_WBITS:
                raise
            # Some servers leave out the zlib header that "deflate" stands for.
            decoder = zlib.decompressobj(-zlib.MAX_WBITS)
            plain = decoder.decompress(content, MAX_ANSWER + 1)
    except zlib.error as error:
        raise UndecodableError(f"content that cannot be decompressed: {error}") from None
    if len(plain) > MAX_ANSWER:
        raise too_large()
    if not decoder.eof:
        raise UndecodableError("compressed content that ends too early")
    return plain
