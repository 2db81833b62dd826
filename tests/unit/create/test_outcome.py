"""What a find_candidates at the controller's rows says about a create whose answer never came."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from sekha._core.create.outcome import (
    LOOKS_WHEN_ABSENT,
    STILL_AFTER,
    Fingerprint,
    Match,
    Reconciliation,
    Stored,
    Unclear,
    fingerprint,
    match_row,
)
from sekha._core.wire.rows import DEFAULT_IMPORTANCE, created_conversation
from sekha.models import Conversation, Message, MessageDto, NewConversation
from sekha_api.models import CreatedConversation

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
MESSAGES = [("user", "one"), ("assistant", "two"), ("user", "three")]
NEW = NewConversation("Label", [MessageDto(*each) for each in MESSAGES], "/f")
WANTED: Fingerprint = fingerprint(NEW)


def row(
    *messages: tuple[str, str],
    conversation_id: str = "row",
    created_at: datetime | None = BEGAN,
) -> Conversation:
    return Conversation(
        conversation_id,
        "Label",
        "/f",
        messages=tuple(Message(*each) for each in messages),
        created_at=created_at,
    )


def test_equal_conversations_have_equal_fingerprints() -> None:
    assert WANTED == ("Label", "/f", tuple(MESSAGES))
    assert fingerprint(NewConversation("Label", list(NEW.messages), "/f")) == WANTED


@pytest.mark.parametrize("stored", range(4))
def test_the_first_messages_are_a_part_and_all_are_the_whole(stored: int) -> None:
    expected = Match.WHOLE if stored == 3 else Match.PART
    assert match_row(row(*MESSAGES[:stored]), WANTED, began=BEGAN) is expected


@pytest.mark.parametrize(
    "messages",
    [
        MESSAGES[1:],
        [*MESSAGES, ("user", "four")],
        [("user", "one"), ("user", "two")],
        [("user", "One")],
        [MESSAGES[1], MESSAGES[0], MESSAGES[2]],
    ],
)
def test_other_messages_are_another_conversation(messages: list[tuple[str, str]]) -> None:
    assert match_row(row(*messages), WANTED, began=BEGAN) is Match.OTHER


def test_a_row_from_before_the_create_is_another_conversation() -> None:
    before = BEGAN - timedelta(microseconds=1)
    assert match_row(row(*MESSAGES, created_at=before), WANTED, began=BEGAN) is Match.OTHER
    assert match_row(row(*MESSAGES, created_at=None), WANTED, began=BEGAN) is Match.OTHER


def test_a_conversation_without_messages_is_whole_at_once() -> None:
    expected = fingerprint(NewConversation("Label", []))
    assert match_row(row(), expected, began=BEGAN) is Match.WHOLE


def test_one_whole_row_is_it() -> None:
    whole = row(*MESSAGES)
    assert Reconciliation().observe([whole], [row()], now=0.0) == Stored(whole)


def test_two_whole_rows_cannot_be_told_apart() -> None:
    whole = [row(*MESSAGES, conversation_id=each) for each in "ab"]
    verdict = Reconciliation().observe(whole, [], now=0.0)
    assert isinstance(verdict, Unclear) and verdict.conversations == tuple(whole)


def test_absent_is_looked_at_twice() -> None:
    reconciliation = Reconciliation()
    verdicts = [
        reconciliation.observe([], [], now=float(find_candidates))
        for find_candidates in range(LOOKS_WHEN_ABSENT)
    ]
    assert verdicts == ["look again", "absent"]


def test_it_may_appear_at_the_second_look() -> None:
    reconciliation = Reconciliation()
    assert reconciliation.observe([], [], now=0.0) == "look again"
    whole = row(*MESSAGES)
    assert reconciliation.observe([whole], [], now=0.5) == Stored(whole)


def test_a_row_that_grows_is_looked_at_until_it_stands_still() -> None:
    reconciliation = Reconciliation()
    for find_candidates in range(3):
        now = find_candidates * (STILL_AFTER - 0.1)
        assert (
            reconciliation.observe([], [row(*MESSAGES[:find_candidates])], now=now) == "look again"
        )
    standing_still = 2 * (STILL_AFTER - 0.1) + STILL_AFTER
    assert (
        reconciliation.observe([], [row(*MESSAGES[:2])], now=standing_still - 0.1) == "look again"
    )
    verdict = reconciliation.observe([], [row(*MESSAGES[:2])], now=standing_still)
    assert verdict == Unclear((row(*MESSAGES[:2]),), "it was stored in part")


def test_a_row_that_grows_to_the_end_is_it() -> None:
    reconciliation = Reconciliation()
    assert reconciliation.observe([], [row(*MESSAGES[:2])], now=0.0) == "look again"
    assert reconciliation.observe([row(*MESSAGES)], [], now=9.0) == Stored(row(*MESSAGES))


def test_two_rows_that_stand_still_are_both_named() -> None:
    reconciliation = Reconciliation()
    parts = [row(conversation_id="a"), row(*MESSAGES[:1], conversation_id="b")]
    assert reconciliation.observe([], parts, now=0.0) == "look again"
    verdict = reconciliation.observe([], parts, now=STILL_AFTER)
    assert isinstance(verdict, Unclear)
    assert [each.id for each in verdict.conversations] == ["a", "b"]


def test_what_the_create_answers_is_what_it_stored() -> None:
    answer = CreatedConversation("id", "id", "Label", "/f", "active", 3, "2026-01-01T00:00:00.1")
    created = created_conversation(NEW, answer)
    assert created.importance_score == DEFAULT_IMPORTANCE
    assert [(each.role, each.content) for each in created.messages or ()] == MESSAGES
    assert created.created_at == BEGAN + timedelta(milliseconds=100)
