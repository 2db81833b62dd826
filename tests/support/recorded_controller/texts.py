"""Texts of 1 to 4 bytes a character, at every alignment to the byte that is cut at (row 3)."""

from __future__ import annotations

CHARACTERS = {"ascii": "x", "accented": "é", "cjk": "語", "emoji": "🎉"}
FILL = 40


def aligned(character: str, place: int) -> str:
    """A text whose first such character begins at a byte, and that goes on with them."""
    return "a" * place + character * FILL


def every_alignment() -> list[str]:
    """All of them: from well before the cut to just behind it, and such as begin with spaces."""
    texts = [aligned(each, place) for each in CHARACTERS.values() for place in range(92, 104)]
    texts += [" " * own + each * 60 for each in CHARACTERS.values() for own in range(1, 7)]
    return texts + ["私は日本語を話します。" * 9, "Ünïcödé äöü " * 12, "👩‍👩‍👧 family " * 9]
