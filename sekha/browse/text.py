"""Stored text on its way into a page: harmless characters, marked words, short passages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from attrs import frozen
from markupsafe import Markup

from .._core.recall.stems import stem
from .._core.recall.terms import fold, query_terms

PASSAGE = 240
"""Characters of a passage in a list."""
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
    "|[\U000e0000-\U000e007f]"
)
_WORD = re.compile(r"[^\W_]+")
_LONGEST_SEARCHED = 1_000


def clean(text: str) -> str:
    """Text without what could steer a terminal it is pasted into, or turn the order of what is read."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


@frozen
class Marker:
    """Finds in a text what a query asked for.

    Attributes:
        stems: of its words.
        runs: what is looked for as it is, in any case.
    """

    stems: frozenset[str] = frozenset()
    runs: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: str, how: str = "recall") -> Marker:
        """One for a query.

        Args:
            how: the way it was searched; one by meaning alone marks nothing.
        """
        query = query[:_LONGEST_SEARCHED].strip()
        if not query or how == "meaning":
            return cls()
        if how == "exact":
            return cls(runs=(query.strip('"').lower(),))
        words = query_terms(query).words
        spaced = [word for word in words if word < "\u2e80"]
        unspaced = tuple(word for word in words if word >= "\u2e80")
        return cls(frozenset(map(stem, spaced)), unspaced)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where they stand, in order, none of them overlapping."""
        if not self.stems and not self.runs:
            return []
        found = list(self._found(text))
        found.sort()
        spans: list[tuple[int, int]] = []
        for start, end in found:
            if spans and start < spans[-1][1]:
                spans[-1] = spans[-1][0], max(end, spans[-1][1])
            else:
                spans.append((start, end))
        return spans

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        if self.stems:
            heads = {each[:2] for each in self.stems}
            for match in _WORD.finditer(text):
                word = fold(match[0])
                if word[:2] in heads and stem(word) in self.stems:
                    yield match.span()
        lowered = text.lower()
        if len(lowered) == len(text):
            for run in filter(None, self.runs):
                place = lowered.find(run)
                while place >= 0:
                    yield place, place + len(run)
                    place = lowered.find(run, place + len(run))

    def html(self, text: str) -> str:
        """The text, escaped, with what was found in <mark>."""
        parts, end = [], 0
        for start, stop in self.spans(text):
            parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
            end = stop
        parts.append(escape(text[end:]))
        return "".join(parts)


def passage(content: str, marker: Marker, length: int = PASSAGE) -> Markup:
    """The part of a message where the first marked word is, on one line."""
    line = " ".join(clean(content[: 200 * length]).split())
    spans = marker.spans(line)
    start = max(0, spans[0][0] - length // 3) if spans else 0
    if start:
        # At a word's beginning, where one is near.
        space = line.find(" ", start, start + 20)
        start = space + 1 if space >= 0 else start
    cut = line[start : start + length]
    more = "…" if start + length < len(line) else ""
    return Markup(("…" if start else "") + marker.html(cut) + more)
