"""Which messages answer a query, by words and meaning together.

Everything is decided from sets: in which order a controller gives its answers plays no part, so one
that ranks full-text matches and one that gives them in storage order (compatibility row 17) are
treated alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from math import log
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from ... import models
from ..listing import Filter
from ..wire.roles import RECORD_ROLE
from ..wire.times import parse_time
from .ranking import Hit, Row, Vectors, closeness, combined, features_of, said_at, squashed
from .terms import QueryTerms, Texts, Words, query_terms, text_of
from .weights import (
    CLOSEST,
    COMMON,
    CONVERSATION_VECTORS,
    CONVERSATIONS,
    IDF_POWER,
    LOOKED_AT,
    PROMISE_VECTORS,
    RARE,
    REPETITION,
    SEEDS_REACH,
)

if TYPE_CHECKING:
    from ...models import ContextMessage, Conversation, RecallResult


Cleaner = Callable[[str], str]
_REACHED = sorted(range(-SEEDS_REACH, SEEDS_REACH + 1), key=abs)


@frozen
class Location:
    """Where a conversation is kept."""

    label: str
    folder: str


def idf(holding: int, total: int) -> float:
    """The inverse document frequency of a word that so many of all messages hold, as in BM25."""
    return log(1.0 + (total - holding + 0.5) / (holding + 0.5))


@define
class Found:
    """What one answer holds: messages, and where their conversations are kept if it says so."""

    messages: list[Hit]
    locations: Mapping[str, Location] = field(factory=dict)


class Candidates:
    """The messages found for a query so far.

    Args:
        limit: how many results there are to be at most.
        texts: what earlier recalls have read of the same memory's messages.
    """

    def __init__(self, query: str, limit: int, texts: Texts | None = None) -> None:
        self.query = query
        self.terms: QueryTerms = query_terms(query)
        self.limit = limit
        self._messages: dict[str, Hit] = {}
        self._matches: list[set[str]] = [set() for _ in self.terms.words]
        self._similarities: tuple[dict[str, float], dict[str, float]] = ({}, {})
        self._found_all = [False, False]
        self._read: dict[str, list[str]] = {}
        self._homes: dict[str, Location] = {}
        self._texts = texts or Texts()
        self._words: dict[str, Words] = {}
        self._neighbours: dict[str, str] = {}
        self._scored: dict[str, float] | None = None
        self._held: list[set[str]] = []
        self._close: Vectors | None = None

    def add_vector_hits(
        self, found: Found, *, focused: bool = False, asked: int | None = None
    ) -> None:
        """Messages close in meaning to the query, or to its focused form.

        Args:
            asked: how many were asked for; of fewer it is known that they are all there are.
        """
        self.add(found)
        self._found_all[focused] = asked is not None and len(found.messages) < asked
        self._close = None
        self._similarities[focused].update(
            {each.id: each.similarity for each in found.messages if each.similarity is not None}
        )

    def focused_query(self) -> str | None:
        """The query's words as often as they are rare; None if that says nothing more.

        An embedding weighs all words of a text alike, so that a question about a person is close to
        whatever greets them. In this form the words that tell most count most.
        """
        total = len(self._messages)
        words = []
        for word, found in zip(self.terms.words, self._matches, strict=True):
            if len(found) <= max(RARE, COMMON * total):
                words += [word] * max(1, round(idf(len(found), total) / REPETITION))
        return " ".join(words) or None

    def add_matches(self, term: int, found: Found) -> None:
        """Messages that hold a term of the query, by its place among the terms."""
        self.add(found)
        self._matches[term].update(each.id for each in found.messages)

    def add_conversation(self, found: Found) -> None:
        """All messages of a conversation, in order."""
        self.add(found)
        if found.messages:
            keys = [each.id for each in found.messages]
            self._read[found.messages[0].conversation_id] = keys

    def add(self, found: Found) -> None:
        """Messages, and where they are kept, whyever they were found."""
        self._scored = None
        self._homes.update(found.locations)
        known = self._messages
        for each in found.messages:
            if each.id not in known or not known[each.id].role:
                known[each.id] = each

    def place(self, conversations: Mapping[str, Conversation]) -> None:
        """Note where conversations are kept."""
        for key, each in conversations.items():
            self._homes[key] = Location(each.label, each.folder)

    def unplaced(self) -> list[str]:
        """Conversations of which it is not known where they are kept."""
        owners = {each.conversation_id for each in self._messages.values()}
        return sorted(owners - self._homes.keys())

    def keep(self, filter: Filter) -> None:
        """Forget what is kept elsewhere, or nobody knows where."""
        self._scored = self._close = None
        messages = self._messages.items()
        if not filter.is_anywhere:
            homes = self._homes.items()
            kept = {key for key, home in homes if filter.has_place(home.label, home.folder)}
            messages = {key: each for key, each in messages if each.conversation_id in kept}.items()
        if not filter.is_any_time:
            messages = {
                key: each for key, each in messages if filter.has_time(said_at(each))
            }.items()
        self._messages = dict(messages)
        self._matches = [each & self._messages.keys() for each in self._matches]
        for similarities in self._similarities:
            for key in similarities.keys() - self._messages.keys():
                del similarities[key]

    def best_conversations(self, count: int = CONVERSATIONS) -> list[str]:
        """The conversations that fit best, as far as is known of them."""
        rarities = self._rarities(self._matches)
        scores = self._conversation_scores(self._matches, rarities, self._vectors().both)
        return sorted(scores, key=lambda key: (-scores[key], key))[:count]

    def results(self, clean: Cleaner = str) -> list[RecallResult]:
        """The messages that fit best, the best first; only those of which it is known where they
        are kept. Of equals the newest comes first.

        Args:
            clean: takes off what was put before a text so that it could be stored.
        """
        scores, matched = self._scores(), self._matched()
        return [
            models.RecallResult(
                conversation_id=each.conversation_id,
                message_id=each.id,
                content=clean(each.content),
                label=location.label,
                folder=location.folder,
                score=squashed(scores[each.id]),
                role=each.role or None,
                timestamp=parse_time(each.timestamp),
                similarity=self._similarities[0].get(each.id),
                matched=tuple(matched[each.id]),
                neighbour_of=self._neighbours.get(each.id),
            )
            for each, location in self._best()
        ]

    def context_messages(self, clean: Cleaner = str) -> list[ContextMessage]:
        """The same for a context."""
        scores, matched = self._scores(), self._matched()
        return [
            models.ContextMessage(
                conversation_id=each.conversation_id,
                message_id=each.id,
                role=each.role or "unknown",
                content=clean(each.content),
                label=location.label,
                folder=location.folder,
                timestamp=parse_time(each.timestamp),
                similarity=self._similarities[0].get(each.id),
                score=squashed(scores[each.id]),
                matched=tuple(matched[each.id]),
                neighbour_of=self._neighbours.get(each.id),
            )
            for each, location in self._best()
        ]

    def order(self) -> dict[str, int]:
        """The places of messages in their conversations, for those that were read whole."""
        return {key: place for keys in self._read.values() for place, key in enumerate(keys)}

    def is_read(self, conversation_id: str) -> bool:
        """Whether all of a conversation's messages are known."""
        return conversation_id in self._read

    def worth(self, text: str) -> float:
        """How much of the query's weight a piece of text holds, 0 to 1."""
        rarities = self._rarities(self._matches)
        return sum(rarities[place] for place in self.terms.of(text_of(text)).counts)

    def best_unplaced(self) -> list[str]:
        """The conversations of the best messages of which it is not known where they are kept."""
        if not self.unplaced():
            return []
        scores = self._scores()
        best = sorted(scores, key=lambda key: (-scores[key], key))[: self.limit]
        owners = {self._messages[key].conversation_id for key in best}
        return sorted(owners - self._homes.keys())

    def _best(self) -> list[tuple[Hit, Location]]:
        scores, messages, locations = self._scores(), self._messages, self._homes
        placed = [
            key
            for key in scores
            if messages[key].conversation_id in locations and messages[key].role != RECORD_ROLE
        ]
        if len(placed) > self.limit:
            least = sorted([scores[key] for key in placed], reverse=True)[self.limit - 1]
            placed = [key for key in placed if scores[key] >= least]
        placed.sort()
        placed.sort(key=lambda key: messages[key].timestamp or "", reverse=True)
        placed.sort(key=scores.__getitem__, reverse=True)
        best = [messages[key] for key in placed[: self.limit]]
        return [(each, locations[each.conversation_id]) for each in best]

    def _matched(self) -> Mapping[str, Sequence[str]]:
        """The query's words that each message holds."""
        matched: defaultdict[str, list[str]] = defaultdict(list)
        for word, found in zip(self.terms.words, self._held, strict=True):
            for key in found:
                matched[key].append(word)
        return matched

    def _of(self, key: str) -> Words:
        known = self._words.get(key)
        if known is None:
            message = self._messages[key]
            known = self._words[key] = self.terms.of(self._texts.of(message.content), message.role)
        return known

    def _rarities(self, matches: Sequence[Set[str]]) -> list[float]:
        """What each term weighs, together 1. Those that nothing holds weigh nothing."""
        total = len(self._messages)
        weights = [idf(len(found), total) ** IDF_POWER if found else 0.0 for found in matches]
        whole = sum(weights) or 1.0
        return [weight / whole for weight in weights]

    def _vectors(self) -> Vectors:
        """How close in meaning each message is, the closest 1, those that were not found 0."""
        if self._close is None:
            asked, focused = (
                closeness(each, is_all=is_all)
                for each, is_all in zip(self._similarities, self._found_all, strict=True)
            )
            both = asked
            if focused:
                both = {key: asked.get(key, 0.0) + focused.get(key, 0.0) for key in asked | focused}
                most = max(both.values()) or 1.0
                both = {key: each / most for key, each in both.items()}
            self._close = Vectors(asked, focused, both)
        return self._close

    def _conversation_scores(
        self,
        matches: Sequence[Set[str]],
        rarities: Sequence[float],
        closeness: Mapping[str, float],
    ) -> dict[str, float]:
        """How well each conversation fits as a whole, the best 1."""
        messages = self._messages
        scores: dict[str, float] = {}
        for place, found in enumerate(matches):
            for owner, number in Counter([messages[key].conversation_id for key in found]).items():
                held = rarities[place] * number / (number + 2.0)
                scores[owner] = scores.get(owner, 0.0) + held
        closest: defaultdict[str, list[float]] = defaultdict(list)
        for key, value in closeness.items():
            closest[messages[key].conversation_id].append(value)
        share = CONVERSATION_VECTORS / CLOSEST
        for owner, values in closest.items():
            values.sort(reverse=True)
            for value in values[:CLOSEST]:
                scores[owner] = scores.get(owner, 0.0) + share * value
        best = max(scores.values(), default=0.0) or 1.0
        return {owner: score / best for owner, score in scores.items()}

    def _scores(self) -> dict[str, float]:
        """How well each candidate fits."""
        if self._scored is None:
            features = self.features()
            self._scored = {key: combined(row) for key, row in features.items()}
        return self._scored

    def features(self) -> dict[str, Row]:
        """The features of each candidate."""
        threads = self._threads()
        words = {key: self._of(key) for thread in threads for key in thread if key}
        # A common word's matches were cut at the limit: what was read holds some of the others.
        matches = [set(found) for found in self._matches]
        for key, held in words.items():
            for place in held.counts:
                matches[place].add(key)
        self._held = matches
        rarities, vectors = self._rarities(matches), self._vectors()
        return features_of(
            threads,
            words,
            self._messages,
            self.terms,
            rarities,
            vectors,
            self._conversation_scores(matches, rarities, vectors.both),
        )

    def _threads(self) -> list[list[str]]:
        """The messages that may be given, in order where that is known: those that were found, and
        what stands near them; an empty text in the place of one that stands far from them."""
        seeds = {key for found in self._matches for key in found}.union(*self._similarities)
        threads = []
        for keys in self._read.values():
            if not any(key in self._messages for key in keys):
                continue
            reached: dict[int, int] = {}
            found = [place for place, key in enumerate(keys) if key in seeds]
            for distance in _REACHED:
                for place in found:
                    reached.setdefault(place + distance, place)
            for place, seed in reached.items():
                if place != seed and 0 <= place < len(keys):
                    self._neighbours[keys[place]] = keys[seed]
            seeds.difference_update(keys)
            known = self._messages
            threads.append(
                [key if place in reached and key in known else "" for place, key in enumerate(keys)]
            )
        threads += [[key] for key in self._most_promising(seeds)]
        return threads

    def _most_promising(self, seeds: Set[str]) -> list[str]:
        """Those of many messages that are looked at: it takes time to read each."""
        most = max(LOOKED_AT, self.limit)
        if len(seeds) <= most:
            return sorted(seeds)
        promise = dict.fromkeys(seeds, 0.0)
        for weight, found in zip(self._rarities(self._matches), self._matches, strict=True):
            for key in found & seeds:
                promise[key] += weight
        for key, value in self._vectors().both.items():
            if key in promise:
                promise[key] += PROMISE_VECTORS * value
        best = sorted(seeds)
        best.sort(key=promise.__getitem__, reverse=True)
        return sorted(best[:most])
