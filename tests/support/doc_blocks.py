"""The code blocks of Markdown pages, and what a page says that they print."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n`]*\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@frozen
class Block:
    """A block of code.

    Attributes:
        language: as the page names it; empty if it does not.
        line: where its code begins, from 1.
        prints: the text block that follows it; None if there is none.
    """

    language: str
    line: int
    code: str
    prints: str | None


def blocks(page: Path, *languages: str) -> Iterator[Block]:
    """The blocks of a page in these languages, in order; those inside tabs and notes too."""
    text = page.read_text("utf-8")
    found = list(_BLOCK.finditer(text))
    for place, match in enumerate(found):
        if match["language"] not in languages:
            continue
        following = found[place + 1] if place + 1 < len(found) else None
        prints = None
        if following is not None and following["language"] == "text":
            if not text[match.end() : following.start()].strip():
                prints = textwrap.dedent(following["code"])
        line = text.count("\n", 0, match.start("code")) + 1
        yield Block(match["language"], line, textwrap.dedent(match["code"]), prints)


def python_blocks(page: Path) -> Iterator[Block]:
    """The Python blocks of a page, in order."""
    return blocks(page, "python")
