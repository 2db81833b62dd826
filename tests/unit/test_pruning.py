from __future__ import annotations

from datetime import datetime, timedelta, timezone

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sekha._core.pruning import pruning_suggestion
from sekha.models import Conversation, PruningSuggestion

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)


def conversation(age: timedelta = timedelta(days=40), importance: int | None = 5) -> Conversation:
    return Conversation(
        "id", "Label", "/f", "active", importance_score=importance, updated_at=NOW - age
    )


def suggestion(
    of: Conversation, threshold_days: int = 30, importance_threshold: float = 5.0
) -> PruningSuggestion | None:
    return pruning_suggestion(
        of, now=NOW, threshold_days=threshold_days, importance_threshold=importance_threshold
    )


def test_a_suggestion_says_how_old_how_important_and_why() -> None:
    assert suggestion(conversation()) == PruningSuggestion(
        id="id",
        label="Label",
        folder="/f",
        age_days=40,
        importance_score=5,
        reason=(
            "last changed 40 days ago (threshold 30), importance 5 of 10 (threshold 5), not pinned"
        ),
        updated_at=NOW - timedelta(days=40),
    )


@given(hours=st.integers(-24, 24 * 100), importance=st.integers(1, 10), days=st.integers(0, 99))
def test_old_enough_and_unimportant_enough_is_suggested(
    hours: int, importance: int, days: int
) -> None:
    found = suggestion(conversation(timedelta(hours=hours), importance), days, 6.5)
    assert (found is not None) == (max(0, hours // 24) >= days and importance <= 6)
    if found is not None:
        assert found.age_days == max(0, hours // 24) and found.importance_score == importance


def test_zero_days_suggests_what_changed_just_now() -> None:
    found = suggestion(conversation(timedelta(seconds=1)), threshold_days=0)
    assert found is not None and found.age_days == 0 and "today" in found.reason


def test_one_day_is_one_day() -> None:
    found = suggestion(conversation(timedelta(days=1)), threshold_days=0)
    assert found is not None and "1 day ago" in found.reason


def test_pinned_archived_and_unknown_are_never_suggested() -> None:
    assert suggestion(conversation(importance=10), importance_threshold=100.0) is None
    assert suggestion(evolve(conversation(), status="archived")) is None
    assert suggestion(conversation(importance=None)) is None
    assert suggestion(evolve(conversation(), updated_at=None)) is None
