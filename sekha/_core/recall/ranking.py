"""Learning to rank: the features of each candidate, and a linear model over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import exp, log
from operator import mul
from typing import Any, NamedTuple

from attrs import define, frozen

from ..wire.times import parse_time
from .stopwords import ROLES
from .terms import QueryTerms, Words
from .weights import (
    BY_LENGTH,
    LENGTH_RANGE,
    MANY_MATCHED,
    MIDDLE,
    NEAR_WORDS,
    SATURATION,
    WEIGHTS,
    WINDOW,
)


@define
class Hit:
    """A message as the controller gave it; `similarity` only if it was found by meaning."""

    id: str
    conversation_id: str
    role: str
    content: str
    timestamp: str | None
    similarity: float | None = None


def said_at(message: Hit) -> datetime | None:
    """When a message was said, as far as the controller tells (compatibility row 2)."""
    return parse_time(message.timestamp)


@frozen
class Vectors:
    """How close in meaning messages are to the query, to its focused form and to both, 0 to 1;
    those that were not found are missing."""

    asked: Mapping[str, float]
    focused: Mapping[str, float]
    both: Mapping[str, float]


class Row(NamedTuple):
    """The features of one candidate.

    Attributes:
        words: BM25 of the message, its neighbours' words counted in part.
        vector, focused, both: how close it is in meaning, 0 to 1.
        both_before, both_second_before: the same of the messages before it.
        conversation: how well its conversation fits as a whole, 0 to 1.
        length: the logarithm of its length over the average.
        expected: whether it holds what such a question is answered with.
        asks: whether it is a question itself.
        asks_back: the same where the query is a question too.
        window: how much of the query's weight it and its neighbours hold together, 0 to 1.
        matched: how many of the query's words it holds, 0 to 1.
        speaker: 1 if the query names who speaks, -1 if it names another who speaks.
    """

    words: float
    vector: float
    focused: float
    both: float
    both_before: float
    both_second_before: float
    conversation: float
    length: float
    expected: float
    asks: float
    asks_back: float
    window: float
    matched: float
    speaker: float


_WEIGHTS = tuple(WEIGHTS[name] for name in Row._fields)
_NEAR_WORDS = tuple(NEAR_WORDS.items())
_NONE: Mapping[int, Any] = {}


def combined(row: Row) -> float:
    """The model's score; only the order of a query's candidates means anything."""
    return float(sum(map(mul, _WEIGHTS, row)))


def squashed(score: float) -> float:
    """The score that callers see, 0 to 1."""
    return 1.0 / (1.0 + exp(min(50.0, MIDDLE - score)))


def raised(score: float, by: float) -> float:
    """A score that callers see, raised by so much of what the model adds up."""
    share = min(max(score, 1e-12), 1.0 - 1e-12)
    return 1.0 / (1.0 + exp(-by) * (1.0 - share) / share)


def closeness(similarities: Mapping[str, float], *, is_all: bool = False) -> dict[str, float]:
    """Similarity from 0, of the least close message that was found, to 1, of the closest: what is
    close for one embedding model is far for another.

    Args:
        is_all: whether all messages were found, as in a small memory. Then most of them are close
            to nothing, and the median is 0.
    """
    if not similarities:
        return {}
    least, most = min(similarities.values()), max(similarities.values())
    if is_all:
        least = sorted(similarities.values())[(len(similarities) - 1) // 2]
    width = most - least
    if not width:
        return dict.fromkeys(similarities, 1.0)
    return {key: max(0.0, each - least) / width for key, each in similarities.items()}


def features_of(
    threads: Sequence[Sequence[str]],
    words: Mapping[str, Words],
    messages: Mapping[str, Hit],
    terms: QueryTerms,
    rarities: Sequence[float],
    vectors: Vectors,
    conversations: Mapping[str, float],
) -> dict[str, Row]:
    """The features of all candidates.

    Args:
        threads: the candidates of each conversation in order, with an empty text in the place of a
            message that is none.
        words: what each candidate holds of the query.
        rarities: what each of the query's terms weighs, together 1.
        conversations: how well each conversation fits as a whole.
    """
    average = max(1.0, sum([held.length for held in words.values()]) / max(1, len(words)))
    speakers = {key: speaker(messages[key]) for key in words}
    asked = {name for name in set(speakers.values()) if name and terms.names(name)}
    low, high = LENGTH_RANGE
    is_question = terms.is_question
    first, focused, both = vectors.asked.get, vectors.focused.get, vectors.both.get
    lengths: dict[int, tuple[float, float]] = {}
    rows: dict[str, Row] = {}
    for thread in threads:
        beside, windows = _around(thread, words) if len(thread) > 1 else (_NONE, _NONE)
        for place, key in enumerate(thread):
            if not key:
                continue
            held = words[key]
            counts = held.counts
            if (known := lengths.get(held.length)) is None:
                relative = held.length / average
                known = relative, min(high, max(low, log(relative))) if relative > 0.01 else low
                lengths[held.length] = known
            near, window = beside.get(place), windows.get(place, counts)
            asks = 1.0 if held.is_question else 0.0
            # In the order of Row's names, which would cost as much as all that is reckoned here.
            rows[key] = Row(
                _bm25(counts, near, rarities, known[0]) if near or counts else 0.0,
                first(key, 0.0),
                focused(key, 0.0),
                both(key, 0.0),
                both(thread[place - 1], 0.0) if place > 0 else 0.0,
                both(thread[place - 2], 0.0) if place > 1 else 0.0,
                conversations.get(messages[key].conversation_id, 0.0),
                known[1],
                1.0 if held.is_expected else 0.0,
                asks,
                asks if is_question else 0.0,
                # Sorted: a sum of floats depends on the order, and a set's order on chance.
                sum([rarities[term] for term in sorted(window)]) if window else 0.0,
                min(MANY_MATCHED, len(counts)) / MANY_MATCHED,
                0.0 if not asked else 1.0 if speakers[key] in asked else -1.0,
            )
    return rows


def speaker(message: Hit) -> str:
    """The name of who speaks: the role, or what stands before a colon where the role names nobody;
    empty if neither says."""
    if message.role not in ROLES:
        return message.role
    name, colon, _ = message.content[:40].partition(": ")
    return name if colon and name.istitle() and "\n" not in name else ""


def _around(
    thread: Sequence[str], words: Mapping[str, Words]
) -> tuple[dict[int, dict[int, float]], dict[int, set[int]]]:
    """For messages of a thread, by their place, what the neighbours' words count, by term, and the
    terms that it and its neighbours hold; those are missing that have none."""
    size = len(thread)
    beside: dict[int, dict[int, float]] = {}
    windows: dict[int, set[int]] = {}
    for place, key in enumerate(thread):
        if not key or not (counts := words[key].counts):
            continue
        for near in range(max(0, place - WINDOW), min(size, place + WINDOW + 1)):
            if near in windows:
                windows[near].update(counts)
            else:
                windows[near] = set(counts)
        for distance, share in _NEAR_WORDS:
            near = place - distance
            if 0 <= near < size:
                received = beside.setdefault(near, {})
                for term in counts:
                    received[term] = received.get(term, 0.0) + share
    return beside, windows


def _bm25(
    counts: Mapping[int, int],
    beside: Mapping[int, float] | None,
    rarities: Sequence[float],
    relative: float,
) -> float:
    shrink = 1.0 - BY_LENGTH + BY_LENGTH * relative
    score = 0.0
    if not beside:
        for term in sorted(counts):
            frequency = counts[term] / shrink
            score += rarities[term] * frequency * (1.0 + SATURATION) / (frequency + SATURATION)
        return score
    for term in sorted({*counts, *beside}):
        frequency = counts.get(term, 0) / shrink + beside.get(term, 0.0)
        score += rarities[term] * frequency * (1.0 + SATURATION) / (frequency + SATURATION)
    return score
