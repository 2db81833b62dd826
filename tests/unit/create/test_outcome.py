"""What a look at the controller's rows says about a create whose answer never came."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from sekha._core.create.clock import Moment
from sekha._core.create.fingerprint import Fingerprint
from sekha._core.create.outcome import (
    LOOKS_WHEN_ABSENT,
    PATIENCE_CAP,
    STILL_AFTER,
    Candidates,
    Match,
    Reconciliation,
    Stored,
    Unclear,
    is_doubtful,
    match_row,
    may_go_on,
)
from sekha._core.request.failures import connection_failure, timeout_failure
from sekha._core.wire.rows import DEFAULT_IMPORTANCE, created_conversation
from sekha.models import Conversation, Message, MessageDto, NewConversation
from sekha_api import models as api
from sekha_api.types import RawResponse

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
MESSAGES = [("user", "one"), ("assistant", "two"), ("user", "three")]
NEW = NewConversation("Label", [MessageDto(*each) for each in MESSAGES], "/f")
WANTED = Fingerprint.of_new(NEW)
AT = Moment(BEGAN, BEGAN)


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


def test_a_fingerprint_is_the_same_of_what_is_new_sent_and_stored() -> None:
    messages = [api.MessageDto(*each) for each in MESSAGES]
    body = api.CreateConversationRequest("Label", "/f", messages)
    assert Fingerprint.of_body(body) == WANTED == Fingerprint.of_row(row(*MESSAGES))
    assert hash(Fingerprint.of_body(body)) == hash(WANTED)
    padded = Fingerprint.of_new(NEW, lambda content: f" {content}")
    assert padded != WANTED and padded.contents == [" one", " two", " three"]


@pytest.mark.parametrize("stored", range(4))
def test_the_first_messages_are_a_part_and_all_are_the_whole(stored: int) -> None:
    expected = Match.WHOLE if stored == 3 else Match.PART
    assert match_row(row(*MESSAGES[:stored]), WANTED, AT) is expected


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
    assert match_row(row(*messages), WANTED, AT) is Match.OTHER


def test_a_row_from_before_the_create_is_another_conversation() -> None:
    before = BEGAN - timedelta(microseconds=1)
    assert match_row(row(*MESSAGES, created_at=before), WANTED, AT) is Match.OTHER
    assert match_row(row(*MESSAGES, created_at=None), WANTED, AT) is Match.OTHER


def test_a_conversation_without_messages_is_whole_at_once() -> None:
    expected = Fingerprint.of_new(NewConversation("Label", [], "/f"))
    assert match_row(row(), expected, AT) is Match.WHOLE


def test_an_equal_row_of_an_uncertain_moment_is_not_taken() -> None:
    later = BEGAN + timedelta(seconds=60)
    wide = Moment(BEGAN, later)
    assert match_row(row(*MESSAGES), WANTED, wide) is Match.UNSURE
    assert match_row(row(*MESSAGES, created_at=later), WANTED, wide) is Match.WHOLE
    assert match_row(row(*MESSAGES[:1]), WANTED, wide) is Match.PART
    precise = Moment(BEGAN, BEGAN + timedelta(milliseconds=100))
    assert match_row(row(*MESSAGES), WANTED, precise) is Match.WHOLE


def test_one_whole_row_is_it() -> None:
    whole = row(*MESSAGES)
    assert Reconciliation().observe(Candidates([whole], parts=[row()]), now=0.0) == Stored(whole)


@pytest.mark.parametrize("kind", ["whole", "unsure"])
def test_two_whole_rows_cannot_be_told_apart(kind: str) -> None:
    one, other = [row(*MESSAGES, conversation_id=each) for each in "ab"]
    found = Candidates([one, other]) if kind == "whole" else Candidates([one], [other])
    verdict = Reconciliation().observe(found, now=0.0)
    assert isinstance(verdict, Unclear) and verdict.ids == ("a", "b")


def test_absent_is_looked_at_twice() -> None:
    reconciliation = Reconciliation()
    verdicts = [
        reconciliation.observe(Candidates(), now=float(look)) for look in range(LOOKS_WHEN_ABSENT)
    ]
    assert verdicts == ["look again", "absent"]


def test_it_may_appear_at_the_second_look() -> None:
    reconciliation = Reconciliation()
    assert reconciliation.observe(Candidates(), now=0.0) == "look again"
    whole = row(*MESSAGES)
    assert reconciliation.observe(Candidates([whole]), now=0.5) == Stored(whole)


@pytest.mark.parametrize("settled", [True, False])
def test_one_that_may_go_on_is_absent_only_if_the_controller_vouches_for_it(settled: bool) -> None:
    reconciliation = Reconciliation(lasted=1.0, may_go_on=True)
    found = Candidates(settled=settled)
    assert reconciliation.observe(found, now=0.0) == "look again"
    if settled:
        assert reconciliation.observe(found, now=0.5) == "absent"
    else:
        assert reconciliation.observe(found, now=1.9) == "look again"
        verdict = reconciliation.observe(found, now=2.0)
        assert isinstance(verdict, Unclear) and not verdict.ids
        assert "may still be at work" in verdict.reason


@pytest.mark.parametrize("kind", ["unreadable", "unsure"])
def test_what_cannot_be_read_or_dated_is_not_absent(kind: str) -> None:
    found = Candidates(unreadable=["a"]) if kind == "unreadable" else Candidates(unsure=[row()])
    reconciliation = Reconciliation()
    assert reconciliation.observe(found, now=0.0) == "look again"
    verdict = reconciliation.observe(found, now=STILL_AFTER)
    reason = {
        "unreadable": "what may be it cannot be read",
        "unsure": "whether an equal one was there before cannot be told",
    }[kind]
    assert verdict == Unclear(found.ids, reason)


def test_a_row_that_grows_is_looked_at_until_it_stands_still() -> None:
    reconciliation = Reconciliation()

    def look(messages: int, now: float) -> object:
        return reconciliation.observe(Candidates(parts=[row(*MESSAGES[:messages])]), now=now)

    for messages in range(3):
        assert look(messages, messages * (STILL_AFTER - 0.1)) == "look again"
    standing_still = 2 * (STILL_AFTER - 0.1) + STILL_AFTER
    assert look(2, standing_still - 0.1) == "look again"
    assert look(2, standing_still) == Unclear(("row",), "it was stored in part")


def test_a_row_that_grows_to_the_end_is_it() -> None:
    reconciliation = Reconciliation()
    assert reconciliation.observe(Candidates(parts=[row(*MESSAGES[:2])]), now=0.0) == "look again"
    whole = row(*MESSAGES)
    assert reconciliation.observe(Candidates([whole]), now=9.0) == Stored(whole)


def test_two_rows_that_stand_still_are_both_named() -> None:
    reconciliation = Reconciliation()
    found = Candidates(parts=[row(conversation_id="a"), row(*MESSAGES[:1], conversation_id="b")])
    assert reconciliation.observe(found, now=0.0) == "look again"
    verdict = reconciliation.observe(found, now=STILL_AFTER)
    assert isinstance(verdict, Unclear) and verdict.ids == ("a", "b")


def test_what_timed_out_may_go_on_and_what_broke_soon_does_not() -> None:
    assert may_go_on(timeout_failure(1.0, sent=True), 1.0)
    assert may_go_on(RawResponse(504, {}, b""), 1.0)
    broken = connection_failure("reset", sent=True)
    assert not may_go_on(broken, PATIENCE_CAP / 2) and may_go_on(broken, PATIENCE_CAP / 2 + 0.1)
    assert not may_go_on(RawResponse(502, {}, b""), 1.0)
    assert not is_doubtful(timeout_failure(1.0, sent=False))
    assert all(is_doubtful(RawResponse(status, {}, b"")) for status in (200, 500, 502, 504))
    assert not any(is_doubtful(RawResponse(status, {}, b"")) for status in (400, 422, 429))
    disk_full = RawResponse(507, {"content-type": "application/json"}, b'{"error": "disk full"}')
    assert not is_doubtful(disk_full) and is_doubtful(RawResponse(507, {}, b"Gateway"))


def test_what_the_create_answers_is_what_it_stored() -> None:
    answer = api.CreatedConversation(
        "id", "id", "Label", "/f", "active", 3, "2026-01-01T00:00:00.1"
    )
    created = created_conversation(NEW, answer)
    assert created.importance_score == DEFAULT_IMPORTANCE
    assert [(each.role, each.content) for each in created.messages or ()] == MESSAGES
    assert created.created_at == BEGAN + timedelta(milliseconds=100)
