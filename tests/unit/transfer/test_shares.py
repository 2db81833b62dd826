"""Shares of a file, and one account of several imports."""

from __future__ import annotations

from collections import Counter

import pytest
from attrs import evolve

from sekha import ImportReport, MessageDto, NewConversation
from sekha._core.transfer.shares import (
    MOST_NAMED,
    ReadCount,
    done_before,
    done_marker,
    share_of,
    together,
)
from sekha.models import ImportFailure


def said(*texts: str, label: str = "L") -> NewConversation:
    roles = ("user", "assistant")
    return NewConversation(label, [MessageDto(roles[n % 2], each) for n, each in enumerate(texts)])


@pytest.mark.parametrize("shares", [1, 2, 7])
def test_every_conversation_is_of_one_share_and_they_are_about_equal(shares: int) -> None:
    counts = Counter(share_of(said(f"text {number}"), shares) for number in range(700))
    assert set(counts) == set(range(shares))
    assert min(counts.values()) > 0.7 * 700 / shares


def test_versions_of_one_conversation_and_equal_ones_are_of_one_share() -> None:
    for number in range(50):
        first = share_of(said(f"text {number}"), 7)
        assert share_of(said(f"text {number}", "answer", "more", label="renamed"), 7) == first
        system = NewConversation(
            "L", [MessageDto("system", "be brief"), MessageDto("user", f"text {number}")]
        )
        assert share_of(system, 7) == first


def test_what_no_user_said_has_a_share() -> None:
    share_of(NewConversation("L", []), 3)
    alone = [NewConversation("L", [MessageDto("assistant", f"{n} \ud800")]) for n in range(50)]
    assert {share_of(each, 3) for each in alone} == {0, 1, 2}


def test_reports_are_added() -> None:
    failure = ImportFailure("1", "why", ("row",))
    one = ImportReport(read=4, stored=2, failed=1, skipped=1, failures=(failure,) * MOST_NAMED)
    one = evolve(one, not_restored={"times": 2}, partial_ids=("row",))
    both = together([one, one])
    assert (both.read, both.stored, both.failed, both.skipped) == (8, 4, 2, 2)
    assert len(both.failures) == MOST_NAMED and both.partial_ids == ("row", "row")
    assert both.not_restored == {"times": 4} and not both.complete
    assert together([]) == ImportReport()
    count = ReadCount(read=3, usable=2, skipped=1, lost=1, reasons={"blank": 1})
    assert count.plus(count) == ReadCount(read=6, usable=4, skipped=2, lost=2, reasons={"blank": 2})


def test_a_part_that_is_done_is_known_if_the_file_is_the_same() -> None:
    report = ImportReport(read=5, stored=2, unchanged=2, skipped=1)
    count = ReadCount(read=6, usable=5, skipped=1, reasons={"blank": 1})
    marker = done_marker(report, count, ("10", "now"))
    told = ImportReport(read=5, already=4, skipped=1)
    assert done_before(marker, ("10", "now")) == (told, count)
    assert done_before(marker, ("11", "now")) is None
    assert done_before({"version": ["10", "now"]}, ("10", "now")) is None
