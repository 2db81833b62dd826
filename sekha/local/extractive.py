"""Summaries, previews and key terms out of a conversation's own words, nothing invented."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from .embedder import Vectors
from .records import Message

SENTENCES = {"daily": 3, "weekly": 5, "monthly": 8}

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+")
_WORD = re.compile(r"[^\W\d_][\w'’+#.-]*[\w+#]|[^\W\d_]")
_SENTENCE_LENGTH = 300
_MOST_SENTENCES = 400
_PREVIEW_LENGTH = 160
# Words that say nothing of what a text is about.
_STOP_WORDS_TEXT = """
    a able about above after again against all almost also although always am among an and
    another any anyone anything are aren't around as ask at away back be became because become
    been before being below best better between both but by call came can can't cannot come
    could couldn't did didn't do does doesn't doing don't done down during each easy either else
    enough even ever every everything example few find first follow following for found from
    full further gave get gets getting give given go goes going good got great had has hasn't
    have haven't having he hello help her here hers hi him his how however i i'd i'll i'm i've
    if in include including instead into is isn't it it's its itself just keep kind know last
    later least less let let's like likely little long look looking lot made make makes making
    many may maybe me mean might mine more most much must my myself near need needed needs never
    new next no none nor not nothing now of off often ok okay on once one only onto or other
    others our ours out over own part per perhaps please possible probably provide put quite
    rather really right said same say see seem set several shall she should shouldn't show since
    sit small so some someone something sometimes soon still such sure take tell than thank
    thanks that that's the their theirs them themselves then there there's therefore these they
    they're thing things think this those though through thus to together too try two under
    until up upon us use used useful using usually very want was wasn't way we we'll we're we've
    well were weren't what what's when where whether which while who whole whom whose why will
    with within without won't work would wouldn't yes yet you you'd you'll you're you've your
    yours
    """
_STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())


def summarize(
    messages: Sequence[Message], level: str, embed: Callable[[list[str]], Vectors]
) -> str:
    """A conversation's most central sentences, in their order.

    Args:
        level: `daily` keeps 3 sentences, `weekly` 5, `monthly` 8.
        embed: gives one unit vector a text.

    Returns:
        A text that says it is extractive.
    """
    sentences = [sentence for message in messages for sentence in _sentences(message)]
    heading = f"Extractive {level} summary of {_number(len(messages), 'message')}"
    if not sentences:
        return f"{heading}: there is no text in it."
    # The first ones say what a conversation is about, the last ones where it ended.
    if len(sentences) > _MOST_SENTENCES:
        sentences = sentences[: _MOST_SENTENCES // 2] + sentences[-_MOST_SENTENCES // 2 :]
    chosen = _central(embed([text for _, text in sentences]), SENTENCES[level])
    return f"{heading}:\n" + "\n".join(
        f"- {role}: {text}" for role, text in (sentences[i] for i in chosen)
    )


def preview(messages: Sequence[Message], terms: int = 5) -> str:
    """What archiving a conversation would put out of sight: how it begins, and its key terms."""
    opening = next((text for message in messages for _, text in _sentences(message)), None)
    if opening is None:
        return "Extractive preview: no text."
    words = [term for term, _ in key_terms(messages, terms)]
    about = f" Key terms: {', '.join(words)}." if words else ""
    return f"Extractive preview: {_cut(opening, _PREVIEW_LENGTH)}{about}"


def key_terms(messages: Sequence[Message], count: int) -> list[tuple[str, float]]:
    """The words a conversation uses most, stop words aside, as they are mostly written.

    Returns:
        Each with the share of the messages that have it, 0 to 1.
    """
    spellings: dict[str, Counter[str]] = {}
    in_messages: Counter[str] = Counter()
    for message in messages:
        seen = set()
        for word in _WORD.findall(message.content):
            folded = word.casefold()
            if len(folded) > 2 and folded.replace("’", "'") not in _STOP_WORDS:
                spellings.setdefault(folded, Counter())[word] += 1
                seen.add(folded)
        in_messages.update(seen)
    # A word of several messages says more of a conversation than one that a single message repeats.
    weights = {word: uses.total() ** 0.5 * in_messages[word] for word, uses in spellings.items()}
    best = sorted(weights, key=lambda word: (-weights[word], word))[:count]
    return [
        (spellings[word].most_common(1)[0][0], in_messages[word] / len(messages)) for word in best
    ]


def _central(vectors: Vectors, count: int) -> list[int]:
    chosen: list[int] = []
    centre = vectors.mean(axis=0)
    closeness = vectors @ centre
    redundancy = np.zeros(len(vectors), dtype=np.float32)
    while len(chosen) < min(count, len(vectors)):
        # What says again what was chosen before is worth less: otherwise a repeated sentence fills
        # the summary.
        worth = closeness - 0.5 * redundancy
        worth[chosen] = -np.inf
        best = int(np.argmax(worth))
        chosen.append(best)
        redundancy = np.maximum(redundancy, vectors @ vectors[best])
    return sorted(chosen)


def _sentences(message: Message) -> list[tuple[str, str]]:
    parts = (" ".join(part.split()) for part in _SENTENCE_END.split(message.content))
    return [(message.role, _cut(part, _SENTENCE_LENGTH)) for part in parts if part]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
