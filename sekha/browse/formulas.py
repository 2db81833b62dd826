"""Formulas in Markdown, as MathML: `$...$` and `$$...$$`, `\\(...\\)` and `\\[...\\]`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

LONGEST = 1_500
"""Characters of a formula; a longer one stays as it is written."""
MOST = 200
"""Formulas of a message that are drawn."""
# Each looks a bounded way ahead, so that a text of nothing but openings costs little.
_FORMS = {
    "$$": re.compile(r"\$\$([^$]{1,1500}?)\$\$"),
    "$": re.compile(r"\$(?![\s\d])([^$\n]{1,300}?)(?<![\s\\])\$(?!\d)"),
    "\\(": re.compile(r"\\\(((?:(?!\\\().){1,1500}?)\\\)", re.DOTALL),
    "\\[": re.compile(r"\\\[((?:(?!\\\[).){1,1500}?)\\\]", re.DOTALL),
}


def formulas(markdown: MarkdownIt) -> None:
    """Have a parser know them."""
    markdown.inline.ruler.before("escape", "formula", _formula)
    markdown.add_render_rule("formula", _render)


def _formula(state: StateInline, silent: bool) -> bool:
    src, pos = state.src, state.pos
    if src[pos] not in "$\\":
        return False
    opening = next((each for each in _FORMS if src.startswith(each, pos)), None)
    match = (
        _FORMS[opening].match(src, pos, min(state.posMax, pos + LONGEST + 4)) if opening else None
    )
    if match is None:
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = match[1].strip()
        token.markup = match[0]
        token.meta = {"block": opening in ("$$", "\\[")}
    state.pos = match.end()
    return True


def _render(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    drawn = env.setdefault("formulas", [0])
    drawn[0] += 1
    plain = f'<code class="formula">{escape(token.markup)}</code>'
    if drawn[0] > MOST or _is_deep(token.content):
        return plain
    try:
        return convert(token.content, display="block" if token.meta["block"] else "inline")
    except Exception:
        # What people and models write is often no LaTeX; then it is shown as it is.
        return plain


def _is_deep(formula: str) -> bool:
    return formula.count("{") > 150 or formula.count("\\") > 300
