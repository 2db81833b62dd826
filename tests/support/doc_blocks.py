"""The Python blocks of a Markdown page, and what the page says that they print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@frozen
class Block:
    """A Python block.

    Attributes:
        line: where its code begins, from 1.
        prints: the text block that follows it; None if there is none.
    """

    line: int
    code: str
    prints: str | None


def python_blocks(page: Path) -> Iterator[Block]:
    """The Python blocks of a page, in order."""
    text = page.read_text("utf-8")
    found = list(_BLOCK.finditer(text))
    for place, match in enumerate(found):
        if match.group(1) != "python":
            continue
        following = found[place + 1] if place + 1 < len(found) else None
        prints = None
        if following is not None and following.group(1) == "text":
            if not text[match.end() : following.start()].strip():
                prints = following.group(2)
        yield Block(text.count("\n", 0, match.start(2)) + 1, match.group(2), prints)
