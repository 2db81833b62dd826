"""What the controller suggests, sums up and says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import Factory, frozen


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
        months: messages by the month (UTC) in which they were said, such as "2025-03", and by source
            (None where that is not known): `months["2025-03"]["chatgpt"]`. None where it was not asked
            for, or the controller does not keep when things were said.
    """

    total_conversations: int
    average_importance: float
    folders: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    months: Mapping[str, Mapping[str | None, int]] | None = None


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
