"""The stem of an English word, by Porter's algorithm of 1980: the one the controllers' word indexes
use, so that what is counted here is what was found there."""

from __future__ import annotations

from functools import lru_cache

SHORTEST, LONGEST = 3, 64
"""Words of other lengths stay as they are, as they do in SQLite."""

_STEP_2 = (
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("logi", "log"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
)
_STEP_3 = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
)
_STEP_4 = (
    *("al", "ance", "ence", "er", "ic", "able", "ible", "ant"),
    *("ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize"),
)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem of a word in lower case; a word with anything but a to z in it is its own stem."""
    if not SHORTEST <= len(word) <= LONGEST or not (word.isascii() and word.isalpha()):
        return word
    word = _plural(word)
    word = _past_or_progressive(word)
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(word, _STEP_2)
    word = _replaced(word, _STEP_3)
    word = _without_suffix(word)
    if word.endswith("e"):
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _ends_short(word[:-1])):
            word = word[:-1]
    if word.endswith("ll") and _measure(word[:-1]) > 1:
        word = word[:-1]
    return word


def _plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _past_or_progressive(word: str) -> str:
    if word.endswith("eed") and len(word) > 3:  # SQLite takes "eed" itself for one in "ed"
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        if word.endswith(suffix):
            rest = word.removesuffix(suffix)
            if not _has_vowel(rest):
                return word
            if rest.endswith(("at", "bl", "iz")):
                return rest + "e"
            if _ends_double(rest) and rest[-1] not in "lsz":
                return rest[:-1]
            return rest + "e" if _measure(rest) == 1 and _ends_short(rest) else rest
    return word


def _replaced(word: str, rules: tuple[tuple[str, str], ...]) -> str:
    for suffix, replacement in rules:
        if word.endswith(suffix):
            rest = word.removesuffix(suffix)
            return rest + replacement if _measure(rest) > 0 else word
    return word


def _without_suffix(word: str) -> str:
    for suffix in _STEP_4:
        if word.endswith(suffix):
            rest = word.removesuffix(suffix)
            if suffix == "ion" and not rest.endswith(("s", "t")):
                return word
            return rest if _measure(rest) > 1 else word
    return word


def _is_consonant(word: str, index: int) -> bool:
    if word[index] in "aeiou":
        return False
    return word[index] != "y" or index == 0 or not _is_consonant(word, index - 1)


def _measure(word: str) -> int:
    """How many times a consonant follows a vowel."""
    kinds = [_is_consonant(word, index) for index in range(len(word))]
    return sum(1 for before, after in zip(kinds, kinds[1:], strict=False) if after and not before)


def _has_vowel(word: str) -> bool:
    return any(not _is_consonant(word, index) for index in range(len(word)))


def _ends_double(word: str) -> bool:
    # "y" is none of the vowels here, wherever it stands: so SQLite has it.
    return len(word) > 1 and word[-1] == word[-2] and word[-1] not in "aeiou"


def _ends_short(word: str) -> bool:
    """Whether it ends in consonant, vowel, consonant, the last none of w, x and y."""
    last = len(word) - 1
    return (
        last >= 2
        and _is_consonant(word, last)
        and not _is_consonant(word, last - 1)
        and _is_consonant(word, last - 2)
        and word[last] not in "wxy"
    )
