"""Which conversations could be archived, from list rows alone (compatibility row 20)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from .. import models

if TYPE_CHECKING:
    from ..models import Conversation, PruningSuggestion


def pruning_suggestion(
    conversation: Conversation,
    *,
    now: datetime,
    threshold_days: int,
    importance_threshold: float,
) -> PruningSuggestion | None:
    """A suggestion, or None for a conversation that is pinned, archived, changed less than
    `threshold_days` days ago or more important than `importance_threshold`."""
    importance, changed = conversation.importance_score, conversation.updated_at
    if importance is None or changed is None or conversation.pinned:
        return None
    if conversation.status == "archived" or importance > importance_threshold:
        return None
    age = max(0, (now - changed).days)
    if age < threshold_days:
        return None
    days = "today" if age == 0 else f"{age} day{'s' * (age != 1)} ago"
    return models.PruningSuggestion(
        id=conversation.id,
        label=conversation.label,
        folder=conversation.folder,
        age_days=age,
        importance_score=importance,
        reason=(
            f"last changed {days} (threshold {threshold_days}), importance {importance} of 10 "
            f"(threshold {importance_threshold:g}), not pinned"
        ),
        updated_at=changed,
    )
