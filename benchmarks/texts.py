"""Messages by the hundred thousand, made of the sentences of benchmarks/data."""

from __future__ import annotations

import random
import re
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"
_TURN = re.compile(r"\d+ \w+: (.*)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def sentences() -> list[str]:
    """Every sentence of the data's chats, in order."""
    found: list[str] = []
    for path in sorted(DATA.glob("*.txt")):
        turns = (_TURN.fullmatch(line) for line in path.read_text("utf-8").splitlines())
        for turn in filter(None, turns):
            found += _SENTENCE.split(turn[1])
    return found


def messages(count: int, seed: int = 1) -> list[str]:
    """One to four sentences each, in which every fourth word is exchanged for another: no two are
    the same, and words are as frequent as they are in chats."""
    chance = random.Random(seed)
    whole = sentences()
    words = [word for sentence in whole for word in sentence.split()]

    def message() -> str:
        chosen = " ".join(chance.choices(whole, k=chance.randint(1, 4))).split()
        return " ".join(chance.choice(words) if chance.random() < 0.25 else w for w in chosen)

    return [message() for _ in range(count)]
