"""What is found, and contexts made of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import frozen

from .conversations import Conversation


@frozen
class SearchResult:
    """A message found by meaning.

    Attributes:
        similarity: 1.0 is the same direction, 0.0 unrelated, -1.0 opposite (compatibility row 15).
        timestamp: when the conversation was stored.
    """

    conversation_id: str
    message_id: str
    content: str
    similarity: float
    label: str
    folder: str
    role: str | None = None
    timestamp: datetime | None = None


@frozen
class QueryResponse:
    """Messages found by meaning, the closest first. Iterates over its `results`."""

    query: str
    results: tuple[SearchResult, ...]

    def __iter__(self) -> Iterator[SearchResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, index: int) -> SearchResult:
        return self.results[index]


@frozen
class RecallResult:
    """A message found by words and meaning.

    Attributes:
        score: how well it fits, 0 to 1: a learned, weighted sum of how many of the query's words it
            and the messages beside it hold (the rarer a word, the more), how close they are in
            meaning among all that were found, how well the whole conversation fits, and who speaks.
            It orders the results of one query; those of two queries cannot be compared.
        similarity: as in SearchResult; None if the controller did not find it by meaning.
        matched: the query's words that the message itself holds, as the query has them, in lower
            case; words of one stem ("runs", "running") are the same.
        neighbour_of: the id of the message beside it for whose sake it is here, if no search found
            it itself.
        timestamp: when the conversation was stored.
    """

    conversation_id: str
    message_id: str
    content: str
    label: str
    folder: str
    score: float
    role: str | None = None
    timestamp: datetime | None = None
    similarity: float | None = None
    matched: tuple[str, ...] = ()
    neighbour_of: str | None = None


@frozen
class RecallResponse:
    """Messages found by words and meaning, the best first. Iterates over its `results`."""

    query: str
    results: tuple[RecallResult, ...]

    def __iter__(self) -> Iterator[RecallResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, index: int) -> RecallResult:
        return self.results[index]


@frozen
class ContextMessage:
    """A message in a context, with where it comes from and why it is there.

    Attributes:
        similarity: as in SearchResult; None if the controller did not find it by meaning.
        score: as in RecallResult; None for one that the controller chose for its pin or its age.
        matched: as in RecallResult.
        neighbour_of: as in RecallResult.
        is_cut: whether `content` is only the best passage of a message too long for the budget;
            "[...]" stands where something is left out.
    """

    conversation_id: str
    message_id: str
    role: str
    content: str
    label: str
    folder: str
    timestamp: datetime | None = None
    similarity: float | None = None
    score: float | None = None
    matched: tuple[str, ...] = ()
    neighbour_of: str | None = None
    is_cut: bool = False


@frozen
class ContextAssembly:
    """What to put before a language model.

    Attributes:
        formatted_context: the messages by conversation, each under its label, folder and date.
        estimated_tokens: of `formatted_context`, its headers included; never above the budget.
        conversations: those that were used, with the messages that were used.
        messages: the messages that were used, the most relevant first.
    """

    query: str
    formatted_context: str
    estimated_tokens: int
    context_budget: int
    conversations: tuple[Conversation, ...]
    messages: tuple[ContextMessage, ...]
