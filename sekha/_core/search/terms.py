"""What a user types into a word search, and which messages it fits best.

The controller hands the text raw to SQLite's full-text search and answers in storage order
(compatibility row 17): quoting and ranking happen here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from math import log

_PHRASE = re.compile(r'"([^"]*)"')
_WORD = re.compile(r"\w+", re.UNICODE)
FIRST_UNSPACED = "\u2e80"
"""From here on most scripts (Han, kana, hangul) write words without spaces between them."""
K1, B = 1.2, 0.75
"""BM25's usual constants, the ones of SQLite's FTS5."""


def fold(text: str) -> str:
    """Lower case without diacritics, as the controller's index has its words."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The words of a text as the index has them: letters and digits, folded."""
    return _WORD.findall(fold(text).replace("_", " "))


def parse(query: str) -> list[str]:
    """The terms of a query: its "quoted phrases" and its other words, those without any letter or
    digit left out, each once. A lone quote is no quote."""
    terms: list[str] = []
    end = 0
    for match in _PHRASE.finditer(query):
        terms += query[end : match.start()].split()
        terms.append(match.group(1))
        end = match.end()
    terms += query[end:].replace('"', " ").split()
    distinct = dict.fromkeys(" ".join(term.split()) for term in terms)
    return [term for term in distinct if words(term)]


def quoted(terms: Sequence[str]) -> str:
    """The query that is sent: each term a quoted phrase, all of them wanted."""
    return " ".join('"' + term.replace("\x00", " ").replace('"', " ") + '"' for term in terms)


def scores(terms: Sequence[str], contents: Sequence[str]) -> list[float]:
    """BM25 of each content for the terms, among these contents; higher is better.

    A phrase counts where its words follow each other. Scripts without spaces between words are
    matched anywhere inside a run of characters.
    """
    folded = [" " + " ".join(words(content)) + " " for content in contents]
    needles = [" ".join(words(term)) for term in terms]
    counts = [
        Counter({needle: _occurrences(needle, text) for needle in needles}) for text in folded
    ]
    lengths = [text.count(" ") for text in folded]
    average = sum(lengths) / len(lengths) if lengths else 1.0
    total = len(contents)
    weights = {}
    for needle in needles:
        holding = sum(1 for count in counts if count[needle])
        weights[needle] = log(1.0 + (total - holding + 0.5) / (holding + 0.5))
    return [
        sum(_term_score(weights[n], count[n], length / average) for n in needles)
        for count, length in zip(counts, lengths, strict=True)
    ]


def _occurrences(needle: str, text: str) -> int:
    if any(char >= FIRST_UNSPACED for char in needle):
        return text.count(needle)
    return text.count(f" {needle} ")


def _term_score(weight: float, frequency: int, relative_length: float) -> float:
    return weight * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * relative_length))
