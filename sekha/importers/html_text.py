"""The words of a piece of HTML, with its paragraphs, lists, tables and code kept apart."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from .texts import link

_BLOCKS = frozenset(
    "address article blockquote dd div dl dt h1 h2 h3 h4 h5 h6 hr ol p pre section table ul".split()
)
_LINES = frozenset(("br", "li", "tr"))
_SILENT = frozenset(("script", "style", "template", "title"))
_SPACE = re.compile(r"[ \t\r\n\f]+")
_GAPS = re.compile(r"\n{3,}")


class _Words(HTMLParser):
    def __init__(self, links: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._links = links
        self._link: tuple[str, int] | None = None
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
        elif tag == "a":
            self._close_link()
            self._link = (dict(attrs).get("href") or "", len(self._out))
        elif tag == "img":
            alternative = dict(attrs).get("alt")
            self._out.append(f"[image: {alternative}]" if alternative else "[image]")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT and tag != "pre":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "a":
            self._close_link()
        elif tag == "pre" and self._pre:
            self._out.append("\n```\n\n")
            self._pre -= 1
        elif tag in _BLOCKS:
            self._out.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._out.append(data if self._pre else _SPACE.sub(" ", data))

    def _close_link(self) -> None:
        """Makes a link of what was said since it was opened, unless that is its address."""
        if self._link is None:
            return
        url, start = self._link
        self._link = None
        said = "".join(self._out[start:])
        if self._links and said.strip() and said.strip().rstrip("/") != url.rstrip("/"):
            self._out[start:] = [link(said, url) if "\n" not in said.strip() else said]

    def text(self) -> str:
        lines = "".join(self._out).split("\n")
        fenced = False
        tidy = []
        for line in lines:
            if line.strip() == "```":
                fenced = not fenced
            tidy.append(line.rstrip() if fenced else line.strip())
        return _GAPS.sub("\n\n", "\n".join(tidy)).strip()


def html_text(html: str, *, links: bool = True) -> str:
    """The text of an HTML fragment, its links as Markdown; broken markup is read as browsers do."""
    words = _Words(links)
    words.feed(_closed(html))
    words.close()
    return words.text()


def _closed(html: str) -> str:
    """The fragment without comments and declarations, and with what opens and never closes as
    text: the parser would look for each one's end through all that follows."""
    kept = []
    start = 0
    while (place := html.find("<!", start)) >= 0:
        mark = "-->" if html.startswith("<!--", place) else ">"
        end = html.find(mark, place + 2)
        kept.append(html[start:place])
        if end < 0:
            kept.append(html[place:].replace("<!", "&lt;!"))
            start = len(html)
            break
        start = end + len(mark)
    whole = "".join([*kept, html[start:]])
    last = whole.rfind(">") + 1
    return whole[:last] + whole[last:].replace("<", "&lt;")
