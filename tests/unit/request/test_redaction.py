"""No text that came from outside tells the key."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekha._core.request.failures import Failure
from sekha._core.request.redaction import PLACEHOLDER, Redaction
from sekha_api.types import RawResponse

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=32, max_size=80)


@given(KEYS, st.binary(max_size=9), st.binary(max_size=9))
def test_however_it_is_spelt_it_goes(key: str, before: bytes, after: bytes) -> None:
    redaction = Redaction(key)
    spelt = [
        key,
        quote(key, safe=""),
        quote(key),
        json.dumps(key),
        json.dumps({"error": json.dumps(key)[1:-1]}) if key.isalnum() else key,
        html.escape(key),
        repr(key),
        key.encode().hex(),
        key.encode().hex().upper(),
    ]
    for each in spelt:
        text = redaction.text(f"x-debug: {each}; end")
        assert key not in text and PLACEHOLDER in text
        assert text.startswith("x-debug: ") and text.endswith("end")
    encoded = base64.b64encode(before + key.encode() + after).decode()
    left = redaction.text(encoded).replace(PLACEHOLDER, "")
    assert len(left) <= 4 * (len(before) + len(after)) // 3 + 12


@pytest.mark.parametrize("kept", [12, 20, 31])
def test_a_part_that_tells_most_of_it_goes(kept: int) -> None:
    key = "sekha-fake-key-that-must-stay-unseen-0001"
    assert Redaction(key).text(f"key {key[:kept]}, cut") == f"key {PLACEHOLDER}, cut"


def test_answers_and_failures_are_the_same_without_it() -> None:
    key = "sekha-fake-key-that-must-stay-unseen-0001"
    redaction = Redaction(key)
    response = RawResponse(500, {"a": "b"}, f"got {key}".encode())
    assert redaction.response(response).content == b"got [key]"
    clean = RawResponse(500, {}, b"\xff nothing")
    assert redaction.response(clean) is clean
    failure = redaction.failure(Failure(f"proxy said {key}", sent=True, dropped=True))
    assert failure.detail == str(failure) == "proxy said [key]" and failure.dropped
