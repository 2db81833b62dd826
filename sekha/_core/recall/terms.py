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

LONGEST_KEPT, MOST_KEPT = 4_000, 1_000_000
"""Characters of a text whose analysis is kept, and of all such texts together."""
_SEPARATORS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)
_QUESTION_MARKS = ("?", "\uff1f")
_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_UNSPACED = re.compile(f"[{FIRST_UNSPACED}-\uffef\U00020000-\U0003ffff]+")
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
        return folded.encode("ascii").translate(_SEPARATORS).decode("ascii").split()
    return _WORD.findall(folded)


@frozen
class Text:
    """A text as far as any query goes; made once a text (`Texts`).

    Attributes:
        stems: how often it has each stem.
        length: how many words it has.
        is_question: whether it ends in a question mark.
        answers: which kinds of questions it holds an answer to (`TIME`, `NUMBER`, `DIGITS`).
        unspaced: the text, folded, if it has a script without spaces between words.
    """

    stems: dict[str, int]
    length: int
    is_question: bool
    answers: int
    unspaced: str


TIME, NUMBER, DIGITS = 1, 2, 4


def text_of(content: str) -> Text:
    """Analyse a text."""
    folded = fold(content)
    found = tokens(folded)
    stems: dict[str, int] = {}
    for each in map(stem, found):
        stems[each] = stems.get(each, 0) + 1
    length, unspaced = len(folded.split()), ""
    if not folded.isascii() and (runs := _UNSPACED.findall(folded)):
        length, unspaced = max(length, sum(map(len, runs)) // 2), folded
    answers = 0 if TIME_WORDS.isdisjoint(found) else TIME
    answers |= 0 if NUMBER_WORDS.isdisjoint(found) else NUMBER
    answers |= DIGITS if any(token[0].isdigit() for token in found) else 0
    return Text(stems, length, content.rstrip().endswith(_QUESTION_MARKS), answers, unspaced)


class Texts:
    """The analyses of the texts that were asked for last, for several recalls of one memory."""

    def __init__(self) -> None:
        self._known: dict[str, Text] = {}
        self._size = 0

    def of(self, content: str) -> Text:
        """The analysis of a text, made if it is not known."""
        known = self._known.get(content)
        if known is None:
            known = text_of(content)
            if len(content) <= LONGEST_KEPT:
                self._size += len(content)
                if self._size > MOST_KEPT:
                    self._known, self._size = {}, len(content)
                self._known[content] = known
        return known


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
    _answers: int = 0
    _places: dict[str, int] = field(factory=dict)
    _unspaced: tuple[tuple[int, str], ...] = ()
    _roles: dict[str, list[int]] = field(factory=dict)

    def of(self, text: Text, role: str = "") -> Words:
        """What a message holds of them. Who speaks counts as a word where the role is a name."""
        stems = text.stems
        counts: dict[int, int] = {}
        if not stems.keys().isdisjoint(self._places):
            counts = {place: stems[each] for each, place in self._places.items() if each in stems}
        if role not in ROLES:
            for place in self._places_of(role):
                counts[place] = counts.get(place, 0) + 1
        if text.unspaced:
            for place, run in self._unspaced:
                if occurrences := text.unspaced.count(run):
                    counts[place] = counts.get(place, 0) + occurrences
        return Words(counts, text.length, text.is_question, text.answers & self._answers != 0)

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
    return QueryTerms(
        words=(*(by_stem[each] for each in stems), *pairs),
        is_question=query.rstrip().endswith(_QUESTION_MARKS)
        or (bool(found) and found[0] in QUESTION_WORDS),
        answers=_answers(found),
        places={each: place for place, each in enumerate(stems)},
        unspaced=tuple(enumerate(pairs, len(stems))),
    )


def _pairs(run: str) -> list[str]:
    """Two characters at a time, without those that are all grammar (hiragana)."""
    pairs = [run[start : start + 2] for start in range(max(1, len(run) - 1))]
    return [pair for pair in pairs if not _HIRAGANA.fullmatch(pair)] or pairs


def _longest(words: Sequence[str]) -> list[str]:
    """At most MAX_TERMS words, the longest, in the order in which they stand."""
    chosen = sorted(range(len(words)), key=lambda place: (-len(words[place]), place))[:MAX_TERMS]
    return [words[place] for place in sorted(chosen)]


def _answers(found: Sequence[str]) -> int:
    """What such a question is answered with."""
    if found[:1] == ["when"]:
        return TIME | DIGITS
    if found[:1] == ["how"] and len(found) > 1 and found[1] in QUANTITIES:
        return NUMBER | DIGITS
    return 0
