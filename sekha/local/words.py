"""Cutting a long text into parts that can be tokenized one by one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

_BLOCK = 32_768
"""Characters looked through at a time: nobody else has the interpreter meanwhile."""
_PART = 1024
"""Characters of a part: a tokenizer needs about a millisecond for it."""
_DISTINCT = 50_000
"""Words that are counted before their tokens are looked up: what bounds the memory."""
# A run of spaces stays in one word: its tokens are those of the run.
_GAP = re.compile(r"(?<=[^ ]) (?=[^ ])")


def parts_of(text: str) -> Iterator[tuple[str, int]]:
    """The words of a text, or several of them together, and how often each occurs.

    A word longer than a part is cut anywhere.
    """
    counts: Counter[str] = Counter()
    for block in _blocks(text):
        simple = "  " not in block and block[0] != " " != block[-1]
        counts.update(block.split(" ") if simple else _GAP.split(block))
        if len(counts) > _DISTINCT:
            yield from _parts(counts)
            counts.clear()
    yield from _parts(counts)


def _blocks(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = start + _BLOCK
        gap = _GAP.search(text, end, end + _BLOCK)
        if gap is not None:
            yield text[start : gap.start()]
            start = gap.end()
        else:
            yield text[start:end]
            start = end


def _parts(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    """Words that occur once go together: each call of a tokenizer has its price."""
    single: list[str] = []
    length = 0
    for word, times in counts.items():
        if len(word) > _PART:
            for start in range(0, len(word), _PART):
                yield word[start : start + _PART], times
        elif times > 1:
            yield word, times
        else:
            single.append(word)
            length += len(word) + 1
            if length > _PART:
                yield " ".join(single), 1
                single, length = [], 0
    if single:
        yield " ".join(single), 1
