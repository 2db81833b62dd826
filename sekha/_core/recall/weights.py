"""How much `recall` asks for, and how much each thing counts in it. Chosen on one half of the
questions of benchmarks/retrieval.py, and looked at on the other."""

from __future__ import annotations

from collections.abc import Mapping

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


SATURATION, BY_LENGTH, IDF_POWER = 0.6, 0.2, 1.2
"""Of BM25: how soon more occurrences of a word add nothing, how much a long message's words count
less, and the power of a word's inverse document frequency."""
NEAR_WORDS: Mapping[int, float] = {-3: 0.1, -2: 0.4, -1: 0.25, 1: 0.2}
"""What a word in a message that many places away counts, by its distance."""
WINDOW = 2
"""How many messages before and after one are looked through for the query's words together with
it."""
CONVERSATION_VECTORS = 2.0
"""Of a conversation's score, the share of its closest messages, where the words' is 1."""
MANY_MATCHED = 4
"""From so many of the query's words on, more make no difference."""
PROMISE_VECTORS = 0.8
"""How much closeness counts beside words where messages are chosen to be ranked at all."""

WEIGHTS: Mapping[str, float] = {
    "words": 0.64,
    "vector": 0.60,
    "focused": 1.89,
    "both": 0.57,
    "both_before": 1.47,
    "both_second_before": 1.93,
    "conversation": 1.26,
    "length": 1.25,
    "expected": 2.35,
    "asks": -0.80,
    "asks_back": -0.49,
    "window": 2.05,
    "matched": 1.80,
    "speaker": 1.43,
}
"""A linear model over the features of `ranking.py`, fitted to the tuned half of the questions by
benchmarks/train.py (softmax over each question's candidates)."""
MIDDLE = 7.1
"""The sum at which the score that callers see is one half."""

LENGTH_RANGE = (-1.5, 0.7)
"""Of the logarithm of a message's length over the average."""
CLOSEST = 3
"""A conversation is as close in meaning as its closest messages, so many of them."""
LOOKED_AT = 100
"""Of the messages in conversations that were not read, so many at most are ranked."""
SEEDS_REACH = 2
"""In a conversation that was read, so far from a message that was found others are candidates."""
