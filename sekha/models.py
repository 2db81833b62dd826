"""What callers hold. Times are aware UTC; a value that the controller did not give is None."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import Factory, field, frozen


@frozen
class MessageDto:
    """A message to store.

    Args:
        role: who speaks: "user", "assistant", "system", ... Any text that is not empty.
        content: what is said.
    """

    role: str
    content: str


@frozen
class NewConversation:
    """A conversation to store.

    Args:
        label: its label, not empty.
        folder: its folder, "/" if none is given.
        messages: in order; may be empty.
        importance_score: 1 to 10, or None for the controller's own default of 5. 10 pins
            (compatibility row 30).
    """

    label: str
    messages: list[MessageDto]
    folder: str = "/"
    importance_score: int | None = None


@frozen
class Message:
    """A stored message. `timestamp` is when it was stored, the same for all of a conversation
    (compatibility row 2)."""

    role: str
    content: str
    id: str | None = None
    timestamp: datetime | None = None


@frozen
class Conversation:
    """A stored conversation.

    Attributes:
        id: a UUID.
        status: "active" or "archived".
        importance_score: 1 to 10; 10 is pinned.
        messages: all of them in order from `get_conversation` and exports, those that matched from
            `search`, those given from `create_conversation`, None from `list_conversations`.
        message_count: how many messages the conversation has; None if that was not told.
    """

    id: str
    label: str
    folder: str
    status: str | None = None
    importance_score: int | None = None
    messages: tuple[Message, ...] | None = field(default=None, repr=False)
    message_count: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def pinned(self) -> bool | None:
        """Whether it is pinned: its importance is 10 (compatibility row 30)."""
        return None if self.importance_score is None else self.importance_score >= 10


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
        score: how well it fits, 0 to 1: a weighted sum of how many of the query's words it and the
            messages beside it hold (the rarer a word, the more), how close they are in meaning
            among all that were found, and how well the whole conversation fits. It orders the
            results of one query; those of two queries cannot be compared.
        similarity: as in SearchResult; None if the controller did not find it by meaning.
        matched: the query's words that the message itself holds, as the query has them, in lower
            case; words of one stem ("runs", "running") are the same.
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
    """A message in a context, with where it comes from. `similarity` is None for one that the
    controller chose for its pin or its age."""

    conversation_id: str
    message_id: str
    role: str
    content: str
    label: str
    folder: str
    timestamp: datetime | None = None
    similarity: float | None = None


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


@frozen
class LabelSuggestion:
    """A label that would suit. `confidence` is 0 to 1."""

    label: str
    confidence: float
    is_existing: bool
    reason: str


@frozen
class PruningSuggestion:
    """A conversation that could be archived.

    Attributes:
        age_days: whole days since its last change.
        reason: why, in words.
        preview: what would be lost, in the controller's words; None unless previews were asked for.
    """

    id: str
    label: str
    folder: str
    age_days: int
    importance_score: int
    reason: str
    updated_at: datetime
    preview: str | None = None


@frozen
class MemoryStats:
    """How much is stored, and where.

    Attributes:
        average_importance: over at most 10,000 conversations (compatibility row 29).
        folders: all folders, or the one asked for; None if a label was asked for.
        labels: the label asked for; None otherwise.
    """

    total_conversations: int
    average_importance: float
    folders: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None


@frozen
class ConversationSummary:
    """A summary in the controller's words. `level` is "daily", "weekly" or "monthly"."""

    conversation_id: str
    level: str
    summary: str
    generated_at: datetime | None = None


@frozen
class Health:
    """How the controller says it is. `checks` has what it looked at."""

    status: str
    checks: Mapping[str, Any] = Factory(dict)
    timestamp: datetime | None = None

    @property
    def healthy(self) -> bool:
        return self.status == "healthy"


@frozen
class ImportFailure:
    """A record of a bulk import that was not stored.

    Attributes:
        where: which one, for people to read: its place in the source, or its number.
        reason: why.
        conversation_ids: rows on the controller that the attempt left, in whole or in part.
    """

    where: str
    reason: str
    conversation_ids: tuple[str, ...] = ()


@frozen(kw_only=True)
class ImportReport:
    """What became of every record: `read` is the sum of stored, already, duplicates, skipped,
    failed and pending.

    Attributes:
        read: records taken from the source.
        stored: records stored by this run, those among them that were `recovered` included.
        already: records that the journal knew as stored, from an earlier run.
        duplicates: records equal to an earlier one, left out because that was asked for.
        skipped: records that cannot be stored as they are; nothing was sent.
        failed: records that could not be stored.
        pending: records that were read and not tried: all new ones in a dry run, the last few when
            an error ended the run.
        recovered: records in doubt (an earlier run was stopped, or an answer got lost) that turned
            out to be stored.
        archived: records stored and archived, as they were where they came from.
        failures: the first 100 that were skipped or failed.
        partial_ids: rows that hold a part of a record, at most 1,000 of them. Nothing is deleted;
            the record itself was stored again, or is among the failed.
        not_restored: what the controller cannot take over (by `restore`), and of how many records.
        unmatched: entries of the journal left in doubt, because the source did not have them.
        dry_run: whether nothing was sent.
    """

    read: int = 0
    stored: int = 0
    already: int = 0
    duplicates: int = 0
    skipped: int = 0
    failed: int = 0
    pending: int = 0
    recovered: int = 0
    archived: int = 0
    failures: tuple[ImportFailure, ...] = ()
    partial_ids: tuple[str, ...] = ()
    not_restored: Mapping[str, int] = Factory(dict)
    unmatched: int = 0
    dry_run: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything that was read is stored, or left out because that was asked for."""
        return not (self.skipped or self.failed or self.pending)


@frozen(kw_only=True)
class ImportProgress:
    """How far a bulk import is; the numbers are those of ImportReport.

    Attributes:
        total: how many records there will be, if that is known.
        waiting: seconds that the rate limit may hold the import up from now; None if it does not.
    """

    read: int
    stored: int
    already: int
    duplicates: int
    skipped: int
    failed: int
    total: int | None = None
    waiting: float | None = None

    @property
    def done(self) -> int:
        """Records that are settled in one way or another."""
        return self.stored + self.already + self.duplicates + self.skipped + self.failed


@frozen(kw_only=True)
class ExportProgress:
    """How far an export to a file is.

    Attributes:
        conversations: how many are written.
        messages: how many are written with them.
        total: how many conversations there will be, if that is known.
        waiting: seconds that the rate limit may hold the export up from now; None if it does not.
    """

    conversations: int
    messages: int
    total: int | None = None
    waiting: float | None = None


@frozen(kw_only=True)
class ExportManifest:
    """What an export to a file holds; it is also written beside it (docs/export-format.md).

    Attributes:
        path: the export.
        format: "json", "jsonl" or "markdown".
        conversations: how many it holds; of these `archived` and `pinned`.
        messages: how many they have together.
        size: of the file, in bytes.
        sha256: of the file, in hexadecimal digits.
        label, folder: what was asked for; None is all.
        since, until: likewise, of the last change.
    """

    path: Path
    format: str
    conversations: int
    messages: int
    archived: int
    pinned: int
    size: int
    sha256: str
    label: str | None
    folder: str | None
    since: datetime | None
    until: datetime | None
    started_at: datetime
    finished_at: datetime
