"""What a query asks for, and what messages hold of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekha._core.recall.stopwords import STOP_WORDS
from sekha._core.recall.terms import MAX_TERMS, query_terms, text_of


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("What did Nora call the hedgehog?", ("nora", "call", "hedgehog")),
        ("running runs RUN", ("running",)),
        ("short-lived JWT's", ("short", "lived", "jwt")),
        ("Café déjà-vu", ("cafe", "deja", "vu")),
        ("what was it", ("what", "was", "it")),
        ("the who?", ("the", "who")),
        ("?!", ()),
        ("🎉", ()),
        ("日本語", ("日本", "本語")),
        ("日本語を話す", ("日本", "本語", "語を", "を話", "話す")),
        ("です", ("です",)),
        ("語", ("語",)),
        ("Python日本", ("python", "日本")),
        ("한국어", ("한국", "국어")),
        ('" OR NEAR( * _', ("near",)),
    ],
)
def test_telling_words(query: str, words: tuple[str, ...]) -> None:
    assert query_terms(query).words == words


def test_of_many_words_the_longest_are_taken_in_their_order() -> None:
    rare = [f"word{'x' * length}" for length in range(1, 30)]
    words = query_terms(" ".join(["cat", *rare])).words
    assert words == tuple(rare[-MAX_TERMS:])


def test_counts_are_by_stem_and_speaker() -> None:
    terms = query_terms("Did Nora run marathons?")
    assert terms.words == ("nora", "run", "marathons")
    words = terms.of(text_of("Running a marathon is no RUN in the park!"), role="Nora")
    assert words.counts == {0: 1, 1: 2, 2: 1}
    assert words.length == 9
    assert terms.of(text_of("Running"), role="user").counts == {1: 1}


def test_a_role_is_no_word_but_a_name_is() -> None:
    terms = query_terms("assistant")
    assert terms.of(text_of("hello"), role="assistant").counts == {}
    assert terms.of(text_of("hello"), role="shop assistant").counts == {0: 1}


def test_unspaced_scripts_are_found_anywhere() -> None:
    terms = query_terms("日本語")
    assert terms.of(text_of("私は日本語を話します")).counts == {0: 1, 1: 1}
    assert terms.of(text_of("本")).counts == {}
    assert query_terms("한국어").of(text_of("저는 한국어를 배워요")).counts == {0: 1, 1: 1}
    assert query_terms("がくせい").of(text_of("がくせいです")).counts != {}


def test_questions() -> None:
    assert query_terms("where is it").is_question
    assert query_terms("the key?").is_question
    assert query_terms("鍵は？").is_question
    assert not query_terms("the key").is_question
    assert query_terms("key").of(text_of("Is it the key? ")).is_question
    assert not query_terms("key").of(text_of("Is it? Yes.")).is_question


@pytest.mark.parametrize(
    ("query", "content", "expected"),
    [
        ("When did they meet?", "We met yesterday", True),
        ("When did they meet?", "In 2021, I think", True),
        ("When did they meet?", "We met in the park", False),
        ("How many cats are there?", "Seven cats", True),
        ("How many cats are there?", "12 cats", True),
        ("How many cats are there?", "Some cats", False),
        ("How did it go?", "Seven cats, yesterday", False),
        ("Who is it?", "Seven cats, yesterday", False),
    ],
)
def test_what_answers_a_kind_of_question(query: str, content: str, expected: bool) -> None:
    assert query_terms(query).of(text_of(content)).is_expected is expected


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=10))
def test_any_text(query: str, content: str, role: str) -> None:
    terms = query_terms(query)
    assert len(terms.words) <= MAX_TERMS
    assert len(set(terms.words)) == len(terms.words)
    assert all(word and not word.isspace() for word in terms.words)
    words = terms.of(text_of(content), role)
    assert all(0 <= place < len(terms.words) and n > 0 for place, n in words.counts.items())
    assert terms.of(text_of(content), role) == words


@given(st.lists(st.sampled_from([*"xyz", "cats", "runs", "2023", "Nora"]), min_size=1))
def test_a_text_holds_its_own_telling_words(words: list[str]) -> None:
    text = " ".join(words)
    terms = query_terms(text)
    assert set(terms.of(text_of(text)).counts) == set(range(len(terms.words)))


def test_stop_words_are_words() -> None:
    assert all(word.isascii() and word.isalpha() and word.islower() for word in STOP_WORDS)
