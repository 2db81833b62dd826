"""What a message's text becomes in the word index, and what a user's query becomes in FTS5's
language.

FTS5 takes a run of characters of a script that writes no spaces for one word, so that `日本語` would
not find `私は日本語を話します` (compatibility row 35). Every character of such a script is therefore
indexed as a word of its own, and looked for as a phrase. What is stored is the text as it was; only
the index sees this form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from .cancellation import checkpoint

# Han, kana, bopomofo, hangul, Thai, Lao, Myanmar, Khmer.
_UNSPACED = re.compile(
    "[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3100-\u312f"
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1780-\u17d3]"
)
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f]")
# As the index's tokenizer is told in the schema: everything else separates words.
_TOKEN_CATEGORIES = frozenset("Lu Ll Lt Lm Lo Nd Nl No Co Mn Mc".split())
# What never becomes one with the character before it: a text can be cut there without changing what
# it is normalized to.
_BEGINNING = re.compile("[\x00-\x7f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]")
_PIECE = 16_384
_QUOTATION_MARKS = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_PHRASE_OR_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')


def index_text(text: str) -> str:
    """The form of a text that goes into the word index.

    Deleting from the index needs exactly what was put in: a change here needs a migration that
    fills it anew.
    """
    if text.isascii():
        return text
    pieces = []
    for piece in _pieces(text):
        pieces.append(_UNSPACED.sub(r" \g<0> ", _fold(piece)))
        checkpoint()
    return "".join(pieces)


def match_expression(query: str) -> str | None:
    """A user's query as an FTS5 expression in which nothing they typed can be syntax (compatibility
    row 17).

    Words are all required; `"a phrase"` must occur as it is; `short-lived` and `it's` are
    such phrases.

    Returns:
        The expression, or `None` if the query has no letter and no digit to look for.
    """
    phrases = []
    for match in _PHRASE_OR_WORD.finditer(_fold(query).translate(_QUOTATION_MARKS)):
        text = _UNSPACED.sub(r" \g<0> ", match[1] if match[1] is not None else match[2])
        tokens = "".join(c if unicodedata.category(c) in _TOKEN_CATEGORIES else " " for c in text)
        if any(unicodedata.category(c)[0] in "LN" for c in tokens):
            phrases.append(f'"{" ".join(tokens.split())}"')
        checkpoint()
    # What is said twice is required once.
    return " ".join(dict.fromkeys(phrases)) or None


def is_single(expression: str) -> bool:
    """Whether an FTS5 expression is one word or phrase."""
    return expression.count('"') == 2


def _pieces(text: str) -> Iterator[str]:
    """Parts that nobody has to wait long for."""
    start = 0
    while start < len(text):
        beginning = _BEGINNING.search(text, start + _PIECE)
        end = len(text) if beginning is None else beginning.start()
        yield text[start:end]
        start = end


def _fold(text: str) -> str:
    return _VARIATION_SELECTORS.sub("", unicodedata.normalize("NFKC", text))
