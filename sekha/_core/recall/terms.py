"""What a query asks for: its telling words, and how often a message holds them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from attrs import define, field, frozen

from ..search.terms import FIRST_UNSPACED
from .stems import stem
from .stopwords import NUMBER_WORDS, QUANTITIES, QUESTION_WORDS, ROLES, STOP_WORDS, TIME_WORDS

MAX_TERMS = 12
"""Each costs one request. Of more, the longest words are taken: they tell most."""

_SEPARATORS = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_UNSPACED = re.compile(f"[{FIRST_UNSPACED}-\uffef\U00020000-\U0003ffff]+")
_NOTHING = re.compile("(?!)")
_HIRAGANA = re.compile("[\u3041-\u309f]+")


def fold(text: str) -> str:
    """Lower case without the accents of Latin, Greek and Cyrillic letters."""
    text = text.lower()
    if text.isascii():
        return text
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", plain)


def tokens(folded: str) -> list[str]:
    """The words of a folded text."""
    if folded.isascii():
        return folded.translate(_SEPARATORS).split()
    return _WORD.findall(folded)


@define
class Words:
    """A message as far as a query's words go.

    Attributes:
        counts: how often it holds each of the query's terms, by the term's place; absent for never.
        length: how many words it has.
        is_question: whether it ends in a question mark.
        is_expected: whether it holds what the query's kind of question is answered with.
    """

    counts: dict[int, int]
    length: int
    is_question: bool
    is_expected: bool


@frozen
class QueryTerms:
    """The telling words of a query.

    Attributes:
        words: as they are looked for, one request each.
        is_question: whether the query asks something, rather than naming it.
    """

    words: tuple[str, ...]
    is_question: bool
    _answers: frozenset[str] = frozenset()
    _digits_answer: bool = False
    _places: dict[str, int] = field(factory=dict)
    _like: re.Pattern[str] = _NOTHING
    _unspaced: tuple[tuple[int, str], ...] = ()
    _roles: dict[str, list[int]] = field(factory=dict)

    def of(self, content: str, role: str = "") -> Words:
        """What a message holds of them. Who speaks counts as a word where the role is a name."""
        folded = fold(content)
        length = len(folded.split())
        counts: dict[int, int] = {}
        # A stem begins as its word does: all other words need not even be told apart.
        for token in self._like.findall(folded):
            place = self._places.get(stem(token))
            if place is not None:
                counts[place] = counts.get(place, 0) + 1
        if role not in ROLES:
            for place in self._places_of(role):
                counts[place] = counts.get(place, 0) + 1
        if not folded.isascii():
            length = max(length, sum(map(len, _UNSPACED.findall(folded))) // 2)
            for place, run in self._unspaced:
                if occurrences := folded.count(run):
                    counts[place] = counts.get(place, 0) + occurrences
        asks = content.rstrip().endswith(("?", "\uff1f"))
        return Words(counts, length, asks, bool(self._answers) and self._is_expected(folded))

    def _is_expected(self, folded: str) -> bool:
        found = tokens(folded)
        if not self._answers.isdisjoint(found):
            return True
        return self._digits_answer and any(token[0].isdigit() for token in found)

    def names(self, name: str) -> bool:
        """Whether the query names somebody."""
        return bool(self._places_of(name))

    def _places_of(self, name: str) -> list[int]:
        places = self._roles.get(name)
        if places is None:
            stems = map(stem, tokens(fold(name)))
            places = [self._places[each] for each in stems if each in self._places]
            self._roles[name] = places
        return places


def query_terms(query: str) -> QueryTerms:
    """The words of a query that tell something: those that are not among the commonest words of the
    language, once each. Of a run of characters of a script without spaces, each two neighbours."""
    found = tokens(fold(query))
    spaced, unspaced = [], []
    for token in found:
        runs = _UNSPACED.findall(token)
        unspaced += [pair for run in runs for pair in _pairs(run)]
        spaced += [token] if not runs else _UNSPACED.sub(" ", token).split()
    telling = [word for word in spaced if word not in STOP_WORDS]
    if not telling and not unspaced:
        telling = spaced
    by_stem: dict[str, str] = {}
    for word in telling:
        by_stem.setdefault(stem(word), word)
    stems = _longest(list(by_stem))
    pairs = _longest(list(dict.fromkeys(unspaced)))[: MAX_TERMS - len(stems)]
    answers, digits = _answers(found)
    return QueryTerms(
        words=(*(by_stem[each] for each in stems), *pairs),
        is_question=query.rstrip().endswith(("?", "\uff1f"))
        or (bool(found) and found[0] in QUESTION_WORDS),
        answers=answers,
        digits_answer=digits,
        places={each: place for place, each in enumerate(stems)},
        like=_like(stems),
        unspaced=tuple(enumerate(pairs, len(stems))),
    )


def _like(stems: Sequence[str]) -> re.Pattern[str]:
    """Words that may have one of these stems."""
    if not stems:
        return _NOTHING
    # Only the end of a stem can differ from its word's.
    heads = {each[: max(2, min(4, len(each) - 2))] for each in stems}
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, sorted(heads)))})[^\W_]*")


def _pairs(run: str) -> list[str]:
    """Two characters at a time, without those that are all grammar (hiragana)."""
    pairs = [run[start : start + 2] for start in range(max(1, len(run) - 1))]
    return [pair for pair in pairs if not _HIRAGANA.fullmatch(pair)] or pairs


def _longest(words: Sequence[str]) -> list[str]:
    """At most MAX_TERMS words, the longest, in the order in which they stand."""
    chosen = sorted(range(len(words)), key=lambda place: (-len(words[place]), place))[:MAX_TERMS]
    return [words[place] for place in sorted(chosen)]


def _answers(found: Sequence[str]) -> tuple[frozenset[str], bool]:
    """The words that such a question is answered with, and whether digits are an answer too."""
    if found[:1] == ["when"]:
        return TIME_WORDS, True
    if found[:1] == ["how"] and len(found) > 1 and found[1] in QUANTITIES:
        return NUMBER_WORDS, True
    return frozenset(), False
