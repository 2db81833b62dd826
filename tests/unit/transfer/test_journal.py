"""What a journal's lines add up to, wherever the machine stopped."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from sekha import MessageDto, NewConversation
from sekha._core.transfer.journal import (
    Archive,
    Done,
    Journal,
    JournalError,
    Key,
    Occurrences,
    Reconcile,
    Store,
    digest,
    encoded,
    header,
    line,
    read,
)

HERE = "http://127.0.0.1:8080"
BEGUN = datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=timezone.utc)
AT = "2026-01-02T03:04:05.600000"
ROW = "6f1de1f5-6f1d-4bd4-9e0f-2ee4f7a3a1b2"
KEY = Key(b"0123456789abcdef", 0)


def conversation(**changes: object) -> NewConversation:
    return evolve(NewConversation("Label", [MessageDto("user", "text")]), **changes)


def taken(*steps: dict[str, object]) -> Journal:
    journal = Journal()
    for step in steps:
        journal.take(step)
    return journal


def test_a_record_from_its_beginning_to_its_end() -> None:
    steps = [
        line("begun", KEY, at=AT),
        line("failed", KEY, reason="no answer"),
        line("begun", KEY, at="2026-01-02T03:04:06"),
        line("stored", KEY, id=ROW, archive=True),
        line("archived", KEY),
    ]
    actions = [taken(*steps[:count]).next_action(KEY) for count in range(6)]
    assert actions == [
        Store(),
        Reconcile(BEGUN),
        Store(),
        Reconcile(BEGUN + timedelta(seconds=0.4)),
        Archive(ROW),
        Done(),
    ]


def test_equal_records_go_their_own_ways() -> None:
    occurrences = Occurrences()
    first, second, third = (occurrences.key(conversation()) for _ in range(3))
    assert {first.digest} == {second.digest} == {third.digest}
    journal = taken(line("stored", first, id=ROW), line("begun", third, at=AT))
    actions = [journal.next_action(key) for key in (first, second, third)]
    assert actions == [Done(), Store(), Reconcile(BEGUN)]


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "label"},
        {"folder": "/other"},
        {"importance_score": 5},
        {"messages": []},
        {"messages": [MessageDto("assistant", "text")]},
        {"messages": [MessageDto("user", "text ")]},
        {"messages": [MessageDto("user", "text")] * 2},
        {"label": "Labelu", "messages": [MessageDto("ser", "text")]},
    ],
)
def test_whatever_differs_makes_another_record(changes: dict[str, object]) -> None:
    assert digest(conversation(**changes)) != digest(conversation())


def test_half_a_character_has_a_hash_too() -> None:
    assert digest(conversation(label="\ud83d")) != digest(conversation(label="\ude00"))


def test_rows_belong_to_whoever_took_them() -> None:
    part = ROW.replace("6", "7")
    journal = taken(line("stored", KEY, id=ROW), line("begun", KEY, at=AT, parts=[part]))
    assert journal.has_row(ROW) and journal.has_row(part.upper())
    assert not journal.has_row(ROW.replace("6", "8"))


STEPS = st.lists(
    st.tuples(st.sampled_from(["begun", "stored", "failed", "skipped"]), st.integers(0, 3)),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, data=st.data())
def test_whatever_is_cut_off_the_lines_before_count(
    steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    facts = {"begun": {"at": AT}, "stored": {"id": ROW}, "failed": {"reason": "é"}, "skipped": {}}
    lines = [header(HERE), *(line(s, Key(KEY.digest, n), **facts[s]) for s, n in steps)]
    whole = b"".join(encoded(each) for each in lines)
    cut = data.draw(st.integers(0, len(whole)))
    journal, good = read(whole[:cut].splitlines(keepends=True), HERE)
    assert good == whole[:cut].rfind(b"\n") + 1
    kept = taken(*lines[1 : max(1, whole[:good].count(b"\n"))])
    for number in range(4):
        key = Key(KEY.digest, number)
        assert journal.next_action(key) == kept.next_action(key)
        assert journal.is_skipped(key) == kept.is_skipped(key)


def test_nothing_but_rubbish_after_the_good_lines_is_a_torn_end() -> None:
    good = encoded(header(HERE)) + encoded(line("stored", KEY, id=ROW))
    journal, length = read([*good.splitlines(keepends=True), b"\0\0\n", b'{"sta'], HERE)
    assert length == len(good) and journal.next_action(KEY) == Done()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([{"label": "another file"}], "no journal"),
        ([header("http://127.0.0.1:9")], "another controller"),
        ([{**header(HERE), "version": 2}], "version 2"),
        ([header(HERE), {"state": "begun"}], "cannot read"),
        ([header(HERE), line("begun", KEY, at="soon")], "cannot read"),
        ([header(HERE), line("thought of", KEY)], "cannot read"),
    ],
)
def test_what_cannot_be_gone_on_with_is_said(lines: list[dict[str, object]], reason: str) -> None:
    with pytest.raises(JournalError, match=reason):
        read([encoded(each) for each in lines], HERE)


def test_damage_before_the_end_is_said() -> None:
    lines = [encoded(header(HERE)), b"\0\n", encoded(line("stored", KEY, id=ROW))]
    with pytest.raises(JournalError, match="damaged at line 2"):
        read(lines, HERE)
    with pytest.raises(JournalError, match="no journal"):
        read([b"some text\n"], HERE)
