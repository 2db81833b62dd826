"""Row 3's padding: whatever the text, it can be stored and comes back as it was."""

from __future__ import annotations

from string import ascii_letters

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sekha._core.create.padding import first_unstorable, is_unstorable, pad, unpad
from support.recorded_controller.stack import kills_handler
from support.recorded_controller.texts import CHARACTERS, every_alignment

# Around the cut, where it matters: short texts never meet it, and few random ones are long.
LONG = st.builds(
    lambda spaces, head, tail: " " * spaces + head + tail,
    st.integers(0, 8) | st.integers(90, 110),
    st.text(ascii_letters + " .", min_size=0, max_size=104),
    st.text(st.sampled_from("aé語🎉 \u0301"), min_size=0, max_size=60),
)


@given(st.text() | LONG)
@example(" " * 3 + "語" * 60)
@example(" " * 200 + "é")
def test_what_was_padded_is_read_as_it_was(text: str) -> None:
    assert unpad(pad(text)) == text


@given(st.text() | LONG)
def test_what_was_padded_can_be_stored(text: str) -> None:
    assert not kills_handler(pad(text))


@given(st.text() | LONG)
def test_what_cannot_be_stored_is_known(text: str) -> None:
    assert is_unstorable(text) == kills_handler(text)


@given(LONG.filter(lambda text: not text.startswith(" ")))
def test_no_more_than_three_spaces_and_none_without_need(text: str) -> None:
    added = len(pad(text)) - len(text)
    assert 0 <= added <= 3
    assert added == 0 or kills_handler(text)


@given(st.text(), st.text())
def test_different_texts_stay_different(first: str, second: str) -> None:
    assert (pad(first) == pad(second)) == (first == second)


def test_every_alignment_of_every_width() -> None:
    texts = every_alignment()
    assert {kills_handler(text) for text in texts} == {True, False}
    for text in texts:
        assert not kills_handler(pad(text))
        assert unpad(pad(text)) == text


@pytest.mark.parametrize("name", [name for name in CHARACTERS if name != "ascii"])
def test_the_first_that_cannot_be_stored(name: str) -> None:
    deadly = "a" * 99 + CHARACTERS[name] * 5
    assert first_unstorable(["fine", "a" * 500, deadly, deadly]) == 2
    assert first_unstorable(["fine", pad(deadly)]) is None
