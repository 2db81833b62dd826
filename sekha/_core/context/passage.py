"""Passage extraction: the part of a long text that says most about a query."""

from __future__ import annotations

import re
from collections.abc import Callable

CUT = "[...]"
"""Stands where something was left out."""
SHORTEST = 24
"""Bytes of a passage that are worth having."""

_SENTENCE = re.compile(r"[^.!?\u3002\uff01\uff1f\n]*(?:[.!?\u3002\uff01\uff1f]+[\"')\]]*\s*|\n+|$)")


def best_passage(text: str, worth: Callable[[str], float], room: int) -> str | None:
    """The sentences next to each other that are worth most, as many as fit, and what was left out
    marked; None if there is no room for a passage.

    Args:
        worth: how much a piece of text says; the pieces that say most are taken first.
        room: bytes of UTF-8, the marks included.
    """
    room -= 2 * (len(CUT) + 1)
    if room < SHORTEST:
        return None
    pieces = [each for each in _SENTENCE.findall(text) if each]
    if not pieces:
        return None
    worths = [worth(each) for each in pieces]
    sizes = [len(each.encode()) for each in pieces]
    best = max(range(len(pieces)), key=lambda place: (worths[place], -place))
    if sizes[best] > room:
        return _marked(_clipped(pieces[best], worth, room), before=True, after=True)
    first, end, used = best, best + 1, sizes[best]
    while True:
        sides = [place for place in (first - 1, end) if 0 <= place < len(pieces)]
        fitting = [place for place in sides if used + sizes[place] <= room]
        if not fitting:
            break
        place = max(fitting, key=lambda each: (worths[each], each))
        used += sizes[place]
        first, end = min(first, place), max(end, place + 1)
    passage = "".join(pieces[first:end]).strip()
    return _marked(passage, before=first > 0, after=end < len(pieces))


def _clipped(piece: str, worth: Callable[[str], float], room: int) -> str:
    """As much of one long piece as fits, around what is worth most in it."""
    size = max(1, room // 2)
    steps = range(0, max(1, len(piece) - size // 4), max(1, size // 4))
    start = max(steps, key=lambda each: (worth(piece[each : each + size]), -each))
    clipped = piece[start:].encode()[:room].decode(errors="ignore")
    words = clipped.split(" ")
    if len(words) > 4:
        words = words[1 if start else 0 : -1]
    return " ".join(words).strip()


def _marked(passage: str, *, before: bool, after: bool) -> str:
    return (CUT + " " if before else "") + passage + (" " + CUT if after else "")
