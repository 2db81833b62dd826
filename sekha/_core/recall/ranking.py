"""Learning to rank: the features of each candidate, and a linear model over them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime
from math import exp, log
from operator import mul

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


Row = tuple[float, ...]
"""The features of one candidate, in the order of WEIGHTS."""
_WEIGHTS = tuple(WEIGHTS.values())
_NEAR_WORDS = tuple(NEAR_WORDS.items())


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
    return {
        key: (each - least) / width if each > least else 0.0 for key, each in similarities.items()
    }


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

    In the order of WEIGHTS:

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

    Args:
        threads: the candidates of each conversation in order, with an empty text in the place of a
            message that is none.
        words: what each candidate holds of the query.
        rarities: what each of the query's terms weighs, together 1.
        conversations: how well each conversation fits as a whole.
    """
    average = max(1.0, sum([held.length for held in words.values()]) / max(1, len(words)))
    closeness = vectors.both.get
    keys: list[str] = []
    before: list[float] = []
    second: list[float] = []
    beside: dict[str, dict[int, float]] = {}
    windows: dict[str, Set[int]] = {}
    for thread in threads:
        if len(thread) == 1:
            if thread[0]:
                keys.append(thread[0])
                before.append(0.0)
                second.append(0.0)
            continue
        _look_around(thread, words, beside, windows)
        # By place two further on, so that what stands before the first is there too.
        close = [0.0, 0.0, *[closeness(key, 0.0) for key in thread]]
        for place, key in enumerate(thread):
            if key:
                keys.append(key)
                before.append(close[place + 1])
                second.append(close[place])
    candidates = [words[key] for key in keys]
    speakers = [speaker(messages[key]) for key in keys]
    asked = {name for name in set(speakers) if name and terms.names(name)}
    relative = {length: length / average for length in {each.length for each in candidates}}
    low, high = LENGTH_RANGE
    lengths = {
        length: min(high, max(low, log(each))) if each > 0.01 else low
        for length, each in relative.items()
    }
    asks = [1.0 if each.is_question else 0.0 for each in candidates]
    # Column by column: so many candidates have nothing of most of them.
    columns = {
        "words": [
            (
                _bm25(held.counts, beside.get(key), rarities, relative[held.length])
                if held.counts or key in beside
                else 0.0
            )
            for key, held in zip(keys, candidates, strict=True)
        ],
        "vector": [vectors.asked.get(key, 0.0) for key in keys],
        "focused": [vectors.focused.get(key, 0.0) for key in keys],
        "both": [closeness(key, 0.0) for key in keys],
        "both_before": before,
        "both_second_before": second,
        "conversation": [conversations.get(messages[key].conversation_id, 0.0) for key in keys],
        "length": [lengths[held.length] for held in candidates],
        "expected": [1.0 if held.is_expected else 0.0 for held in candidates],
        "asks": asks,
        "asks_back": asks if terms.is_question else [0.0] * len(keys),
        "window": [
            _weight(windows.get(key, held.counts), rarities)
            for key, held in zip(keys, candidates, strict=True)
        ],
        "matched": [min(MANY_MATCHED, len(held.counts)) / MANY_MATCHED for held in candidates],
        "speaker": [0.0 if not asked else 1.0 if each in asked else -1.0 for each in speakers],
    }
    rows = zip(*[columns[name] for name in WEIGHTS], strict=True)
    return dict(zip(keys, rows, strict=True))


def _weight(terms: Collection[int], rarities: Sequence[float]) -> float:
    # Sorted: a sum of floats depends on the order, and a set's order on chance.
    return sum([rarities[term] for term in sorted(terms)]) if terms else 0.0


def speaker(message: Hit) -> str:
    """The name of who speaks: the role, or what stands before a colon where the role names nobody;
    empty if neither says."""
    if message.role not in ROLES:
        return message.role
    name, colon, _ = message.content[:40].partition(": ")
    return name if colon and name.istitle() and "\n" not in name else ""


def _look_around(
    thread: Sequence[str],
    words: Mapping[str, Words],
    beside: dict[str, dict[int, float]],
    windows: dict[str, Set[int]],
) -> None:
    """Put what the neighbours' words count, by term, and the terms that a message and its neighbours
    hold, into `beside` and `windows`; messages that have none are missing there."""
    size = len(thread)
    nearby: dict[int, set[int]] = {}
    for place, key in enumerate(thread):
        if not key or not (counts := words[key].counts):
            continue
        for near in range(max(0, place - WINDOW), min(size, place + WINDOW + 1)):
            if near in nearby:
                nearby[near].update(counts)
            else:
                nearby[near] = set(counts)
        for distance, share in _NEAR_WORDS:
            near = place - distance
            if 0 <= near < size and thread[near]:
                received = beside.setdefault(thread[near], {})
                for term in counts:
                    received[term] = received.get(term, 0.0) + share
    windows.update((thread[near], held) for near, held in nearby.items() if thread[near])


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
