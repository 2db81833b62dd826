"""What a user types, as SQLite's own full-text index understands it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekha._core.search import terms
from sekha._core.search.matches import matches
from sekha_api.models import StoredMessage, StoredMessageMetadata


def found(query: str, *contents: str) -> list[str]:
    """What an index of these contents finds."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE m USING fts5(content)")
        connection.executemany("INSERT INTO m VALUES (?)", [(each,) for each in contents])
        rows = connection.execute("SELECT content FROM m WHERE m MATCH ?", (query,))
        return [content for (content,) in rows]


@pytest.mark.parametrize(
    ("query", "parsed"),
    [
        ("token limits", ["token", "limits"]),
        ("  token\t limits\n", ["token", "limits"]),
        ('"token limits"', ["token limits"]),
        ('say "token  limits" twice', ["say", "token limits", "twice"]),
        ('"a""b"', ["a", "b"]),
        ('a "lone quote', ["a", "lone", "quote"]),
        ("it's", ["it's"]),
        ("short-lived JWT:token", ["short-lived", "JWT:token"]),
        ("C++ - * ( )", ["C++"]),
        ("NOT AND OR NEAR", ["NOT", "AND", "OR", "NEAR"]),
        ('"" "..." !', []),
        ("私は 日本語", ["私は", "日本語"]),
        ("_", []),
    ],
)
def test_parse(query: str, parsed: list[str]) -> None:
    assert terms.parse(query) == parsed


def test_a_term_that_is_said_again_is_one() -> None:
    assert terms.parse('tea "green tea" tea "green  tea"') == ["tea", "green tea"]


def test_terms_are_quoted_so_that_all_are_wanted() -> None:
    assert terms.quoted(["token limits", "JWT"]) == '"token limits" "JWT"'
    assert terms.quoted(['a"b\x00c']) == '"a b c"'


@given(st.text(max_size=60))
def test_nothing_a_user_types_breaks_the_index(query: str) -> None:
    wanted = terms.parse(query)
    if wanted:
        found(terms.quoted(wanted), "some text")


@given(st.lists(st.sampled_from(["red", "Green", "blue-ish", "it's", "x_y", "émile"]), min_size=1))
def test_what_was_stored_is_found_by_its_own_words(words: list[str]) -> None:
    query = " ".join(words)
    content = f"here: {query}!"
    assert found(terms.quoted(terms.parse(query)), content, "other") == [content]


def test_words_are_folded_as_the_index_folds_them() -> None:
    assert terms.words("Crème BRÛLÉE, x_y 42!") == ["creme", "brulee", "x", "y", "42"]


def test_the_better_match_scores_higher() -> None:
    contents = [
        "the limit of tokens is a limit that every token has: token token token",
        "token " + "filler " * 200,
        "nothing of the kind",
    ]
    best, long, none = terms.scores(["token"], contents)
    assert best > long > none == 0.0


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    contents = ["common rare", "common other", "common third", "rare fourth"]
    scores = terms.scores(["common", "rare"], contents)
    assert scores[0] == max(scores)
    assert scores[3] > scores[1]


def test_a_phrase_counts_only_where_its_words_follow_each_other() -> None:
    together, apart, glued = terms.scores(
        ["token limit"], ["a Token, limit here", "token of the limit", "atoken limits"]
    )
    assert together > 0 and apart == glued == 0


def test_scripts_without_spaces_match_inside_a_run() -> None:
    hit, miss = terms.scores(["日本語"], ["私は日本語を話します", "私は英語を話します"])
    assert hit > 0 and miss == 0


def test_scores_of_nothing_and_of_empty_texts() -> None:
    assert terms.scores(["a"], []) == []
    assert terms.scores(["a"], ["", "!"]) == [0.0, 0.0]


@given(
    st.lists(st.text(max_size=20), max_size=8),
    st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4),
)
def test_scores_are_never_negative(contents: list[str], wanted: list[str]) -> None:
    wanted = [each for each in wanted if terms.words(each)]
    scores = terms.scores(wanted, contents)
    assert len(scores) == len(contents) and all(score >= 0 for score in scores)


def hit(conversation_id: str, message_id: str, content: str) -> StoredMessage:
    return StoredMessage(
        id=message_id,
        conversation_id=conversation_id,
        role="user",
        content=content,
        timestamp="2026-01-02T03:04:05.000000006",
        embedding_id=None,
        metadata=StoredMessageMetadata(),
    )


def test_matches_are_gathered_by_conversation_the_best_message_first() -> None:
    found = matches(
        [
            hit("one", "1", "token and much else that is not asked for at all"),
            hit("two", "2", "token token"),
            hit("one", "3", "a token"),
        ],
        ["token"],
    )
    assert [(each.id, [message.id for message in each.messages]) for each in found] == [
        ("two", ["2"]),
        ("one", ["3", "1"]),
    ]
    timestamp = found[0].messages[0].timestamp
    assert timestamp is not None and timestamp.isoformat() == "2026-01-02T03:04:05+00:00"
