"""How much `recall` asks for, and how much each thing counts in it. Chosen on one half of the
questions of benchmarks/retrieval.py, and looked at on the other."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

VECTOR_HITS = 200
"""How many messages are asked for by meaning."""
FOCUSED_VECTOR_HITS = 100
"""The same for the focused query."""
WORD_HITS = 50
"""How many are asked for by each word. A word that has as many is common, and says little."""
FILTERED_VECTOR_HITS, FILTERED_WORD_HITS = 1000, 500
"""The same where only a label or a folder is wanted, which not every controller can filter by."""
COMMON = 0.1
"""A word that more than this share of the known messages holds, such as the name of who speaks, is
left out of the focused query; not one that at most RARE of them hold."""
RARE = 5
REPETITION = 1.5
"""A word of so much inverse document frequency stands once in the focused query, of twice as much
twice."""
CONVERSATIONS = 12
"""How many of the best conversations are read whole, for what stands beside each message."""


@frozen
class Weights:
    """How much each thing counts.

    Attributes:
        saturation: of BM25: how soon more occurrences of a word add nothing.
        by_length: of BM25: how much a long message's words count less.
        idf: the power of a word's inverse document frequency.
        near_words: what a word in a message that many places away counts, by its distance.
        near_meaning: likewise for closeness in meaning.
        meaning, conversation, length, expected, question: of these parts, where the words are 1;
            the last one is taken away.
        conversation_meaning: within the conversation's part, of its closest messages.
    """

    saturation: float = 0.6
    by_length: float = 0.2
    idf: float = 1.2
    near_words: Mapping[int, float] = {-3: 0.1, -2: 0.4, -1: 0.25, 1: 0.2}
    near_meaning: Mapping[int, float] = {-1: 0.4, 1: 0.15}
    meaning: float = 0.8
    conversation: float = 0.4
    conversation_meaning: float = 2.0
    length: float = 0.12
    expected: float = 0.2
    question: float = 0.2

    @property
    def highest(self) -> float:
        """What no message can exceed."""
        near = 1.0 + sum(self.near_meaning.values())
        parts = 1.0 + self.saturation + self.meaning * near + self.conversation + self.expected
        return parts + self.length * LENGTH_RANGE[1]


LENGTH_RANGE = (-1.5, 0.7)
"""Of the logarithm of a message's length over the average."""
CLOSEST = 3
"""A conversation is as close in meaning as its closest messages, so many of them."""
LOOKED_AT = 100
"""Of the messages in conversations that were not read, so many at most are ranked."""
SEEDS_REACH = 2
"""In a conversation that was read, so far from a message that was found others are candidates."""
