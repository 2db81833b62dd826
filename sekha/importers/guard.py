"""What a stream of JSON must not hold, found out before ijson has to parse it.

It keeps the whole path of every open level: its memory grows with the square of the depth. And its
parser in C ends the process at an integer that Python refuses to make.
"""

from __future__ import annotations

import re

DEEPEST = 1000
"""Levels that are still read: some programs write each answer into the message it answers."""
TOO_DEEP = "nested too deeply"
TOO_LONG = "a number of more than 1,000 digits"

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_DIGITS = re.compile(rb"[0-9]{1000}")
_OTHERS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class Guard:
    """Looks through a stream in pieces of a few kilobytes or more, past what its strings hold."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._half_escape = b""

    def refusal(self, piece: bytes) -> str | None:
        """TOO_DEEP if the stream may be nested deeper than DEEPEST by the end of this piece: never
        if it is not half as deep, always if it is deeper. TOO_LONG if there is a number in it that
        nothing can hold."""
        outside = self._outside_of_strings(piece)
        deep = self._is_too_deep(outside)
        return TOO_LONG if _DIGITS.search(outside) else TOO_DEEP if deep else None

    def _outside_of_strings(self, piece: bytes) -> bytes:
        data = _ESCAPE.sub(b"", self._half_escape + piece)
        self._half_escape = b"\\" if data.endswith(b"\\") else b""
        segments = data.split(b'"')
        outside = b'"'.join(segments[1 if self._in_string else 0 :: 2])
        self._in_string ^= len(segments) % 2 == 0
        return outside

    def _is_too_deep(self, outside: bytes) -> bool:
        brackets = outside.translate(None, _OTHERS)
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


def before_long_number(head: bytes) -> bytes:
    """The beginning of a value, up to the first number that nothing can hold."""
    guard, seen = Guard(), 0
    for match in _DIGITS.finditer(head):
        if guard.refusal(head[seen : match.end()]) == TOO_LONG:
            return head[: match.start()]
        seen = match.end()
    return head
