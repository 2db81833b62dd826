"""Which messages answer a query: whatever order the controller gives its answers in."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekha._core.listing import Filter
from sekha._core.recall.candidates import Candidates, Found, Location
from sekha._core.recall.ranking import Hit, closeness
from sekha._core.recall.stems import stem
from sekha._core.recall.terms import fold, tokens
from sekha._core.recall.weights import LOOKED_AT
from sekha.models import Conversation, RecallResult

HOME = Location("Chat", "/c")
Said = tuple[str, str]


class Store:
    """Conversations, and what a controller would find in them."""

    def __init__(self, *conversations: list[str]) -> None:
        self.threads = [
            [
                Hit(f"m{c}.{m}", f"c{c}", "user", text, f"2024-01-{c + 1:02}T00:00:00")
                for m, text in enumerate(texts)
            ]
            for c, texts in enumerate(conversations)
        ]

    def candidates(
        self,
        query: str,
        similarities: dict[str, float] | None = None,
        *,
        read: bool = True,
        shuffled: random.Random | None = None,
        locations: dict[str, Location] | None = None,
        limit: int = 100,
    ) -> Candidates:
        candidates, locations = Candidates(query, limit), locations or {}
        messages = [each for thread in self.threads for each in thread]
        near = similarities or {}

        def order(items: list[Hit]) -> list[Hit]:
            return shuffled.sample(items, len(items)) if shuffled else items

        def copy(each: Hit, similarity: float | None = None) -> Hit:
            given = (each.id, each.conversation_id, each.role, each.content, each.timestamp)
            return Hit(*given, similarity)

        close = [copy(each, near[each.id]) for each in order(messages) if each.id in near]
        kept = {each.conversation_id: locations.get(each.conversation_id, HOME) for each in close}
        candidates.add_vector_hits(Found(close, kept))
        for term, word in enumerate(candidates.terms.words):
            held = [m for m in messages if stem(word) in map(stem, tokens(fold(m.content)))]
            candidates.add_matches(term, Found([copy(each) for each in order(held)]))
        if read:
            best = candidates.best_conversations()
            for owner in shuffled.sample(best, len(best)) if shuffled else best:
                thread = self.threads[int(owner[1:])]
                candidates.add_conversation(
                    Found([copy(each) for each in thread], {owner: locations.get(owner, HOME)})
                )
        return candidates


def ids(results: list[RecallResult]) -> list[str]:
    return [each.message_id for each in results]


def test_a_rare_word_tells_more_than_a_common_one() -> None:
    store = Store(*[["the cat sat"]] * 6, ["the axolotl sat"])
    best = store.candidates("axolotl or cat").results()
    assert best[0].content == "the axolotl sat"
    assert best[0].matched == ("axolotl",)
    assert best[0].label == "Chat" and best[0].folder == "/c" and best[0].role == "user"
    assert best[0].timestamp is not None and best[0].timestamp.tzinfo is not None


def test_more_of_the_words_is_better() -> None:
    store = Store(["red apples"], ["green apples"], ["red cars"], ["blue boats"])
    results = store.candidates("red apple").results()
    assert results[0].content == "red apples"
    assert results[0].matched == ("red", "apple")
    assert "blue boats" not in [each.content for each in results]


def test_what_is_closest_in_meaning_is_found_without_a_word() -> None:
    store = Store(["a feline rests"], ["stock prices fell"], ["rain in june"])
    candidates = store.candidates("kitten naps", {"m0.0": 0.7, "m1.0": 0.2, "m2.0": 0.1})
    results = candidates.results()
    assert ids(results) == ["m0.0", "m1.0", "m2.0"]
    assert [each.similarity for each in results] == [0.7, 0.2, 0.1]
    assert results[0].matched == ()


def test_the_words_of_neighbours_count() -> None:
    """The answer has none of the question's words; the message before it has them all."""
    store = Store(
        ["Hello", "Which hotel in Porto did you take?", "The Mariner, by the river", "Nice"],
        ["Hello", "Did you sleep?", "The Mariner, by the river, is full", "Nice"],
    )
    near = {"m0.2": 0.5, "m1.2": 0.5, "m0.0": 0.1}
    results = store.candidates("hotel in Porto", near).results()
    place = ids(results).index
    assert place("m0.2") < place("m1.2")
    unread = store.candidates("hotel in Porto", near, read=False).results()
    scores = {each.message_id: each.score for each in unread}
    assert scores["m0.2"] < next(each.score for each in results if each.message_id == "m0.2")


def test_a_message_that_no_search_found_comes_with_its_neighbours() -> None:
    store = Store(["Which hotel in Porto?", "The Mariner", *["."] * 6, "far away"])
    found = ids(store.candidates("hotel Porto").results())
    assert found[0] == "m0.0" and "m0.1" in found
    assert "m0.8" not in found


def test_the_conversation_counts() -> None:
    store = Store(
        ["My greyhound runs", "She is called Biscuit"], ["My hat is old", "She is called Biscuit"]
    )
    results = store.candidates("Biscuit greyhound").results()
    assert ids(results).index("m0.1") < ids(results).index("m1.1")


def test_a_question_is_seldom_the_answer_to_one() -> None:
    store = Store(["Where is the spare key?"], ["The spare key is there."])

    def scores(query: str) -> list[float]:
        found = store.candidates(query).results()
        return [each.score for each in sorted(found, key=lambda each: each.message_id)]

    question, statement = scores("Where is the spare key?")
    assert question < statement
    plain_question, plain_statement = scores("spare key")
    assert question / statement < plain_question / plain_statement


def test_of_equals_the_newest_comes_first() -> None:
    results = Store(*[["same words"]] * 5).candidates("words").results()
    assert ids(results) == ["m4.0", "m3.0", "m2.0", "m1.0", "m0.0"]


def test_the_focused_query_repeats_rare_words_and_leaves_out_common_ones() -> None:
    store = Store(*[["the cat sat"]] * 60, ["the axolotl sat"], *[["a dog lay"]] * 5)
    assert store.candidates("the axolotl, the dog and the cat").focused_query() == (
        "axolotl axolotl axolotl dog dog"
    )
    assert store.candidates("cat").focused_query() is None
    assert store.candidates("?!").focused_query() is None


def test_what_is_close_to_the_focused_query_counts_too() -> None:
    store = Store(["one"], ["two"], ["three"])
    candidates = store.candidates(
        "a kitten naps", {"m0.0": 0.9, "m1.0": 0.5, "m2.0": 0.4}, read=False
    )
    assert ids(candidates.results()) == ["m0.0", "m1.0", "m2.0"]
    thread = [
        Hit(f"m{n}.0", f"c{n}", "user", text, None, similarity)
        for n, text, similarity in [(0, "one", 0.1), (1, "two", 0.2), (2, "three", 0.9)]
    ]
    candidates.add_vector_hits(Found(thread), focused=True)
    results = candidates.results()
    assert ids(results)[-1] == "m1.0"
    assert {each.message_id: each.similarity for each in results}["m2.0"] == 0.4


def test_of_very_many_messages_the_most_promising_are_ranked() -> None:
    """As many as are asked for, though: nothing is cut silently."""
    count = 2 * LOOKED_AT + 1
    store = Store(*[["a green house"]] * (count - 1), ["a green house with a turret"])
    kept = {f"c{n}": Conversation(f"c{n}", "L", "/f") for n in range(count)}
    candidates, whole = (
        store.candidates("green turret", limit=50),
        store.candidates("green", limit=count),
    )
    candidates.place(kept)
    whole.place(kept)
    assert candidates.results()[0].content == "a green house with a turret"
    assert len(candidates.results()) == 50
    assert len(whole.results()) == count


def test_limit() -> None:
    store = Store(*[["same words"]] * 5)
    few, all_of_them = store.candidates("words", limit=3), store.candidates("words", limit=9)
    assert len(few.results()) == 3
    assert ids(few.results()) == ids(all_of_them.results())[:3]


def test_label_and_folder_are_exact() -> None:
    locations = {
        "c0": Location("Work", "/a"),
        "c1": Location("Workshop", "/a"),
        "c2": Location("Work", "/a/b"),
        "c3": Location("work", "/a"),
    }
    store = Store(*[["some words"]] * 4)
    near = {f"m{n}.0": 0.5 for n in range(4)}

    def found(label: str | None, folder: str | None) -> set[str]:
        candidates = store.candidates("words", near, locations=locations, read=False)
        candidates.keep(Filter(label=label, folder=folder))
        return {each.conversation_id for each in candidates.results()}

    assert found("Work", None) == {"c0", "c2"}
    assert found(None, "/a") == {"c0", "c1", "c3"}
    assert found("Work", "/a") == {"c0"}
    assert found("None", None) == set()


def test_what_is_kept_nobody_knows_where_is_not_given() -> None:
    candidates = Store(["some words"], ["more words"]).candidates("words", read=False)
    assert candidates.results() == []
    assert candidates.unplaced() == candidates.best_unplaced() == ["c0", "c1"]
    candidates.place({"c1": Conversation("c1", "L", "/f")})
    assert candidates.unplaced() == ["c0"]
    assert [(each.conversation_id, each.label) for each in candidates.results()] == [("c1", "L")]


def test_nothing_found() -> None:
    candidates = Candidates("words", 9)
    assert (
        candidates.results() == []
        and candidates.best_conversations() == []
        and candidates.unplaced() == []
    )


def test_no_words_and_one_message() -> None:
    results = Store(["🎉🎉"]).candidates("?!", {"m0.0": 0.3}).results()
    assert ids(results) == ["m0.0"] and 0.0 < results[0].score <= 1.0


CONVERSATIONS = st.lists(
    st.lists(
        st.lists(st.sampled_from("cat dog runs ran red 7 monday is ?".split()), max_size=6).map(
            " ".join
        ),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=5,
)


@given(
    CONVERSATIONS,
    st.lists(st.sampled_from("cat dog run red when the ?".split()), min_size=1).map(" ".join),
    st.randoms(use_true_random=False),
)
def test_the_order_of_answers_plays_no_part(
    conversations: list[list[str]], query: str, chance: random.Random
) -> None:
    store = Store(*conversations)
    near = {
        each.id: round(chance.uniform(-1, 1), 2)
        for thread in store.threads
        for each in thread
        if chance.random() < 0.6
    }
    expected = store.candidates(query, near).results()
    shuffled = store.candidates(query, near, shuffled=chance).results()
    assert shuffled == expected
    scores = [each.score for each in expected]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= each <= 1.0 for each in scores)
    assert len(set(ids(expected))) == len(expected)


@given(CONVERSATIONS, st.sampled_from(["cat", "when did the dog run?", "red cat"]))
def test_asking_twice_gives_the_same(conversations: list[list[str]], query: str) -> None:
    candidates = Store(*conversations).candidates(query)
    assert candidates.results() == candidates.results()
    assert candidates.best_conversations() == candidates.best_conversations()


def test_no_message_can_exceed_the_highest_score() -> None:
    """One that has everything, beside others that have everything."""
    text = "cat dog " * 40 + "monday"
    store = Store([text] * 7, ["x"])
    near = {f"m0.{n}": 1.0 for n in range(7)} | {"m1.0": 0.0}
    best = store.candidates("when cat dog", near).results()[0]
    assert 0.8 < best.score <= 1.0


def test_in_a_small_memory_the_median_is_close_to_nothing() -> None:
    similarities = {"a": 0.9, "b": 0.7, "c": 0.6, "d": 0.5}
    assert closeness(similarities)["c"] == pytest.approx(0.25)
    of_all = closeness(similarities, is_all=True)
    assert of_all == pytest.approx({"a": 1.0, "b": 1 / 3, "c": 0.0, "d": 0.0})
    assert closeness({"a": 0.3}, is_all=True) == {"a": 1.0}
    assert closeness({}, is_all=True) == {}
