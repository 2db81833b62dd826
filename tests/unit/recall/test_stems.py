"""Stems are those of SQLite's own porter tokenizer, which the controllers' word indexes use."""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from sekha._core.recall.stems import stem

WORDS = """
caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized
hopping tanned falling hissing fizzed failing filing happy sky relational conditional rational valency
hesitancy digitizer conformably radically differently vilely analogously vietnamization predication
operator feudalism decisiveness hopefulness callousness formality sensitivity sensibility triplicate
formative formalize electricity electrical hopeful goodness revival allowance inference airliner
gyroscopic adjustable defensible irritant replacement adjustment dependent adoption homologous
communism activate angularity effective bowdlerize probate rate cease controlling roll psychology
yes by y yo eye dying tied tries aed bing
""".split()


def sqlite_stems(words: list[str]) -> list[str]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(word, tokenize = 'porter')")
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
    connection.executemany("INSERT INTO t (rowid, word) VALUES (?, ?)", enumerate(words))
    rows = connection.execute("SELECT term FROM v ORDER BY doc").fetchall()
    connection.close()
    return [row[0] for row in rows]


def test_known_words() -> None:
    assert [stem(word) for word in WORDS] == sqlite_stems(WORDS)
    assert stem("running") == stem("runs") == "run"


@given(
    st.lists(
        st.tuples(
            st.text("abcdefghilmnorstuvyz", min_size=1, max_size=8),
            st.sampled_from(
                ["", "s", "ed", "ing", "ies", "ational", "fulness", "ion", "ment", "ll"]
            ),
        ).map("".join),
        min_size=1,
    )
)
def test_any_word(words: list[str]) -> None:
    assert [stem(word) for word in words] == sqlite_stems(words)


def test_what_is_no_english_word_is_left_alone() -> None:
    for word in ("", "a", "is", "2023", "café", "日本語", "x" * 65):
        assert stem(word) == word
