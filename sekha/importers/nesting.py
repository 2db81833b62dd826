"""How deep a stream of JSON is nested, found out before a parser has to hold it.

ijson keeps the whole path of every open level: its memory grows with the square of the depth.
"""

from __future__ import annotations

import re

DEEPEST = 1000
"""Levels that are still read: some programs write each answer into the message it answers."""

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_OTHERS = bytes(byte for byte in range(256) if byte not in b'"[]{}')


class Nesting:
    """Counts through a stream in pieces of any size, strings left out."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._half_escape = b""

    def too_deep(self, piece: bytes) -> bool:
        """Whether the stream may be nested deeper than DEEPEST by the end of this piece: never if
        it is not half as deep, always if it is deeper."""
        data = _ESCAPE.sub(b"", self._half_escape + piece)
        self._half_escape = b"\\" if data.endswith(b"\\") else b""
        segments = data.translate(None, _OTHERS).split(b'"')
        brackets = b"".join(segments[1 if self._in_string else 0 :: 2])
        self._in_string ^= len(segments) % 2 == 0
        # Each round takes away the innermost pairs, so the rounds are the depth of what is closed.
        rounds = 0
        while rounds <= DEEPEST:
            fewer = brackets.replace(b"[]", b"").replace(b"{}", b"")
            if len(fewer) == len(brackets):
                break
            brackets, rounds = fewer, rounds + 1
        opened = brackets.count(b"[") + brackets.count(b"{")
        deepest = self._depth + opened + rounds
        self._depth = max(0, self._depth + 2 * opened - len(brackets))
        return deepest > DEEPEST
