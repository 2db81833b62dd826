"""The words of a piece of HTML, with its paragraphs, lists, tables and code kept apart."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    "address article blockquote dd div dl dt h1 h2 h3 h4 h5 h6 hr ol p pre section table ul".split()
)
_LINES = frozenset(("br", "li", "tr"))
_SILENT = frozenset(("script", "style", "template", "title"))
_SPACE = re.compile(r"[ \t\r\n\f]+")
_GAPS = re.compile(r"\n{3,}")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._pre = 0
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "pre":
            self._out.append("\n\n```\n")
            self._pre += 1
        elif tag in _BLOCKS:
            self._out.append("\n\n")
        elif tag in _LINES:
            self._out.append("\n- " if tag == "li" else "\n")
        elif tag in ("td", "th"):
            self._out.append(" | ")
        elif tag == "img":
            alternative = dict(attrs).get("alt")
            self._out.append(f"[image: {alternative}]" if alternative else "[image]")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT and tag != "pre":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "pre" and self._pre:
            self._out.append("\n```\n\n")
            self._pre -= 1
        elif tag in _BLOCKS:
            self._out.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._out.append(data if self._pre else _SPACE.sub(" ", data))

    def text(self) -> str:
        lines = "".join(self._out).split("\n")
        fenced = False
        tidy = []
        for line in lines:
            if line.strip() == "```":
                fenced = not fenced
            tidy.append(line.rstrip() if fenced else line.strip())
        return _GAPS.sub("\n\n", "\n".join(tidy)).strip()


def html_text(html: str) -> str:
    """The text of an HTML fragment; broken markup is read as browsers do."""
    words = _Words()
    words.feed(html)
    words.close()
    return words.text()
