"""A context is as full as it can be, and never fuller than its budget."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from sekha._core.context import assembly as context
from sekha._core.context.assembly import TokenCounter
from sekha.models import ContextMessage

DAY = datetime(2026, 3, 4, 5, 6, tzinfo=timezone.utc)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def message(
    number: int,
    content: str | None = None,
    conversation: str = "c",
    label: str = "Label",
    folder: str = "/f",
    score: float | None = None,
    timestamp: datetime | None = DAY,
) -> ContextMessage:
    return ContextMessage(
        conversation_id=conversation,
        message_id=f"m{number}",
        role="user",
        content=f"text {number}" if content is None else content,
        label=label,
        folder=folder,
        timestamp=timestamp,
        score=score,
    )


@st.composite
def candidates(draw: st.DrawFn) -> list[ContextMessage]:
    """Messages as the controller gives them: the same one up to three times, with and without a
    similarity, and with labels that changed meanwhile."""
    found = []
    for number in range(draw(st.integers(0, 12))):
        conversation = draw(st.sampled_from("abcd"))
        content = draw(TEXT)
        for _ in range(draw(st.integers(1, 3))):
            found.append(
                message(
                    number,
                    content,
                    conversation,
                    label=draw(st.sampled_from(["Label", "A much longer label", "日本語"])),
                    folder=draw(st.sampled_from(["/f", "/f/deep/er", "/private"])),
                    score=draw(st.none() | st.floats(0, 1)),
                    timestamp=draw(st.sampled_from([None, DAY, DAY + timedelta(days=3)])),
                )
            )
    return draw(st.permutations(found))


def count_words(text: str) -> int:
    return len(text.split())


COUNTERS = st.sampled_from([None, len, count_words])


def tokens(chosen: list[ContextMessage], counter: TokenCounter | None) -> int:
    return (counter or context.estimate_tokens)(context.write(chosen))


@settings(max_examples=150)
@given(found=candidates(), budget=st.integers(1, 120), counter=COUNTERS, data=st.data())
def test_a_context_is_full_but_never_over_budget(
    found: list[ContextMessage],
    budget: int,
    counter: TokenCounter | None,
    data: st.DataObject,
) -> None:
    ranked = context.rank(found, preferred_labels=["Label"], excluded_folders=["/private"])
    chosen = context.fill(ranked, budget, counter)
    order = {
        each: place
        for place, each in enumerate(data.draw(st.permutations([f"m{n}" for n in range(12)])))
    }
    result = context.assembly("q", chosen, order=order, budget=budget, counter=counter)

    assert result.estimated_tokens == (counter or context.estimate_tokens)(result.formatted_context)
    assert result.estimated_tokens <= budget or not chosen
    ids = [each.message_id for each in result.messages]
    assert len(ids) == len(set(ids))
    assert all(each.folder != "/private" for each in result.messages)
    for unused in ranked:
        if unused not in chosen:
            assert tokens([*chosen, unused], counter) > budget
    used = [inner for each in result.conversations for inner in each.messages or ()]
    assert sorted(each.id or "" for each in used) == sorted(ids)
    for each in result.conversations:
        places = [order[inner.id or ""] for inner in each.messages or ()]
        assert places == sorted(places)


@pytest.mark.parametrize("length", range(9))
def test_a_message_fits_to_the_byte(length: int) -> None:
    chosen = [message(1, "x" * length)]
    needed = context.estimate_tokens(context.write(chosen))
    assert context.fill(chosen, needed, None) == chosen
    assert context.fill(chosen, needed - 1, None) == []


def test_a_counter_that_dislikes_the_final_order_costs_a_message_not_the_budget() -> None:
    chosen = [message(1, "late"), message(2, "early")]

    def counter(text: str) -> int:
        return 10 if 0 <= text.find("early") < text.find("late") else 5

    assert context.fill(chosen, 5, counter) == chosen
    result = context.assembly("q", chosen, order={"m1": 1, "m2": 0}, budget=5, counter=counter)
    assert result.estimated_tokens == 5
    assert list(result.messages) == chosen[:1]


def test_the_estimate_is_four_bytes_a_token_rounded_up() -> None:
    assert [context.estimate_tokens(text) for text in ("", "a", "abcd", "abcde", "日本")] == [
        0,
        1,
        1,
        2,
        2,
    ]


@given(st.integers(1, 10**6))
def test_what_is_asked_for_leaves_enough_once_copies_are_dropped(budget: int) -> None:
    asked = context.budget_to_ask(budget)
    assert asked * context.SERVER_FILL / context.COPIES >= budget - 1e-6


def test_the_closest_comes_first_and_preferred_labels_count_as_closer() -> None:
    far = message(1, score=0.2)
    near = message(2, score=0.8)
    preferred = message(3, score=0.7, label="Preferred")
    ranked = context.rank(
        [far, near, preferred], preferred_labels=["Preferred"], excluded_folders=[]
    )
    assert ranked == [preferred, near, far]


def test_without_a_similarity_the_newest_comes_first() -> None:
    old = message(1, timestamp=DAY)
    new = message(2, timestamp=DAY + timedelta(days=1))
    untimed = message(3, timestamp=None)
    assert context.rank([untimed, old, new], preferred_labels=[], excluded_folders=[]) == [
        new,
        old,
        untimed,
    ]


@pytest.mark.parametrize("reverse", [False, True])
def test_the_copy_that_has_a_similarity_is_kept(reverse: bool) -> None:
    copies = [message(1), message(1, score=0.5), message(1)]
    ranked = context.rank(
        reversed(copies) if reverse else copies, preferred_labels=[], excluded_folders=[]
    )
    assert ranked == [copies[1]]


def test_an_excluded_folder_takes_those_below_it_along() -> None:
    assert context.is_excluded("/work", ["/work"])
    assert context.is_excluded("/work/new", ["/work"])
    assert context.is_excluded("/work/new", ["/work/"])
    assert not context.is_excluded("/workshop", ["/work"])
    assert not context.is_excluded("/work", [])
    assert context.is_excluded("/anything", ["/"])


def test_a_context_reads_by_conversation_with_its_label_folder_and_date() -> None:
    chosen = [
        message(3, "answer", conversation="b", label="Beta"),
        message(1, "alone", conversation="a", label="Alpha", timestamp=None),
        message(2, "question", conversation="b", label="Beta"),
    ]
    result = context.assembly("q", chosen, order={"m2": 0, "m3": 1}, budget=99, counter=None)
    assert result.formatted_context == (
        "# Beta (/f, 2026-03-04)\nuser: question\nuser: answer\n# Alpha (/f)\nuser: alone\n"
    )
    assert [each.id for each in result.conversations] == ["b", "a"]
    assert list(result.messages) == chosen


def test_the_date_is_of_the_most_relevant_message_whatever_stands_first() -> None:
    chosen = [message(1, "second"), evolve(message(2, "first"), label="A label as it was once")]
    text = context.assembly(
        "q", chosen, order={"m2": 0, "m1": 1}, budget=99, counter=None
    ).formatted_context
    assert text == "# Label (/f, 2026-03-04)\nuser: first\nuser: second\n"


def test_only_conversations_with_more_than_one_message_need_an_order() -> None:
    chosen = [
        message(1, conversation="a"),
        message(2, conversation="b"),
        message(3, conversation="a"),
    ]
    assert context.conversations_to_order(chosen) == ["a"]
