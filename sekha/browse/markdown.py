"""Stored Markdown as HTML that can do nothing.

Three fences, one behind the other: the parser takes no HTML, so all of it comes out escaped; what it
makes goes through nh3, which keeps the few tags and attributes named here; and the page's
Content-Security-Policy runs no script and loads nothing from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from .formulas import formulas
from .text import Marker, clean

LONGEST = 20_000
"""Characters of a message that is read as Markdown; a longer one is shown as plain text. What a parser
makes of hostile text can take the square of its length."""
LONGEST_CODE = 15_000
"""Characters of a piece of code that is coloured."""
_MANY = {
    "[": 800,
    "*": 4_000,
    "_": 4_000,
    "`": 3_000,
    "<": 3_000,
    "~": 3_000,
    "$": 2_000,
    "\\": 5_000,
}
"""So often these stand in no honest message, and each can begin something that has no end."""

_MATH = (
    "math mrow mi mo mn ms mtext mspace mfrac msqrt mroot msup msub msubsup munder mover munderover "
    "mtable mtr mtd mstyle mpadded mphantom menclose mmultiscripts mprescripts none"
).split()
_TAGS = {
    *"p br hr em strong s code pre span a ul ol li blockquote mark div".split(),
    *"h3 h4 h5 h6 table thead tbody tr th td".split(),
    *_MATH,
}
_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "code": {"class"},
    "div": {"class", "tabindex"},
    "pre": {"class", "tabindex"},
    "span": {"class"},
    "ol": {"start"},
    "math": {"display"},
    "mo": {"stretchy", "fence", "form", "separator", "minsize", "maxsize"},
    "mi": {"mathvariant"},
    "mfrac": {"linethickness"},
    "mspace": {"width"},
    "mtable": {"columnalign"},
    "mtd": {"columnalign"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mover": {"accent"},
}
_CLASS = re.compile(r"hl-[a-z0-9]{1,6}(?: hl-[a-z0-9]{1,6})*|code|formula|table|image")
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True, classprefix="hl-")


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class":
        return value if _CLASS.fullmatch(value) else None
    if attribute == "tabindex":
        return "0"
    return value


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 12, "breaks": True})
    parser.enable(["table", "strikethrough"])
    formulas(parser)
    parser.add_render_rule("text", _text)
    parser.add_render_rule("fence", _code)
    parser.add_render_rule("code_block", _code)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    parser.add_render_rule("table_open", _table)
    parser.add_render_rule("table_close", _table)
    return parser


def _text(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    marker: Marker = env["marker"]
    return marker.html(tokens[index].content)


def _code(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
    return (
        f'<pre class="code" tabindex="0"><code>{_coloured(token.content, language)}</code></pre>\n'
    )


def _coloured(code: str, language: str) -> str:
    if language and len(language) < 30 and len(code) <= LONGEST_CODE:
        try:
            return highlight(code, get_lexer_by_name(language, stripnl=False), _FORMATTER)
        except ClassNotFound:
            pass
    return escape(code)


def _image(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    # Nothing is loaded from elsewhere: that would tell somebody what is being read.
    token = tokens[index]
    where = str(token.attrGet("src") or "")
    name = escape(token.content.strip() or "image")
    if where.startswith(("http://", "https://")):
        return f'<a href="{escape(where)}">[{name}]</a>'
    return f'<span class="image">[{name}]</span>'


def _heading(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    # The page has the first two levels.
    token = tokens[index]
    level = min(6, int(token.tag[1]) + 2)
    return f"<{'/' * (token.nesting < 0)}h{level}>"


def _table(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    if tokens[index].nesting > 0:
        return '<div class="table" tabindex="0"><table>'
    return "</table></div>"


_PARSER = _parser()
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_filter,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    clean_content_tags={"script", "style"},
)


def is_plain(text: str) -> bool:
    """Whether a text is too long, or too strange, to be read as Markdown."""
    return len(text) > LONGEST or any(text.count(sign) > most for sign, most in _MANY.items())


def rendered(text: str, marker: Marker | None = None) -> Markup:
    """A message's text as HTML.

    Args:
        marker: what is to be marked in it.
    """
    marker = marker or Marker()
    text = clean(text)
    if not is_plain(text):
        try:
            return Markup(_CLEANER.clean(_PARSER.render(text, {"marker": marker})))
        except RecursionError:
            pass
    return plain(text, marker)


def plain(text: str, marker: Marker | None = None) -> Markup:
    """A text as it is written."""
    marker = marker or Marker()
    return Markup(f'<div class="plain">{marker.html(clean(text))}</div>')
