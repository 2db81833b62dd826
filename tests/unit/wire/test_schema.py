"""Answers held against the contract."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from sekha._core.wire.schema import MAX_DEPTH, BuiltResponse, Mismatch, decoded, validated
from sekha_api.results import RESULTS
from sekha_api.types import RawResponse
from support.contract import exchanges, find_operation, operations, spec
from support.fuzzing import ODD, Answers

JSON = {"content-type": "application/json"}


def answer(value: Any, status: int = 200) -> RawResponse:
    return RawResponse(status, JSON, json.dumps(value).encode())


def test_an_answer_built_here_has_the_same_bytes_and_values_as_one_that_came() -> None:
    built = BuiltResponse.of(200, JSON, {"count": 7, "label": "日本"})
    assert validated("count_conversations", built).json() == {"count": 7, "label": "日本"}
    assert json.loads(built.content) == built.json() == {"count": 7, "label": "日本"}
    with pytest.raises(Mismatch, match="418"):
        validated("count_conversations", BuiltResponse.of(418, JSON, {}))
    # Other bytes in its place, as a test or a cassette puts them, are what counts.
    with pytest.raises(Mismatch):
        validated("count_conversations", evolve(built, content=b'{"count": "7"}'))


def test_optional_properties_of_a_list_are_checked_too() -> None:
    row = {
        **dict.fromkeys(("conversation_id", "message_id", "content", "label", "folder"), ""),
        "score": 1.0,
        "metadata": {},
        "timestamp": "",
    }

    def page(**more: Any) -> RawResponse:
        rows = [row, {**row, **more}]
        return answer({"results": rows, "total": 2, "page": 1, "page_size": 9})

    validated("list_conversations", page(source="x", former_hashes=["y"]))
    for wrong in ({"source": 3}, {"former_hashes": [1]}, {"metadata": []}):
        with pytest.raises(Mismatch, match=next(iter(wrong))):
            validated("list_conversations", page(**wrong))


def test_all_that_was_recorded_passes() -> None:
    passed = 0
    for exchange in exchanges():
        response = exchange.get("response", {"status": 0})
        found = find_operation(exchange["request"])
        if found is None or not 200 <= response["status"] <= 299:
            continue
        body = response["body"]
        content = b"" if body is None else json.dumps(body).encode()
        if isinstance(body, str):
            content = body.encode()
        validated(found[0].name, RawResponse(response["status"], response["headers"], content))
        passed += 1
    assert passed > 40


def test_every_operation_has_its_answer() -> None:
    assert RESULTS.keys() == {each.name for each in operations()}


class _Seeded(Answers):
    """Values of a schema, some bent."""

    def value(self, name: str, status: int) -> Any:
        value = self._of(RESULTS[name][status], "")
        return self._bent(value) if self._random.random() < 0.7 else value


def _loose(node: Any) -> Any:
    """The contract as a client has to take it: it grows by optional fields, and bounds are no types."""
    if isinstance(node, list):
        return [_loose(each) for each in node]
    if not isinstance(node, dict):
        return node
    dropped = {"minimum", "maximum", "additionalProperties", "minLength", "maxLength", "pattern"}
    return {
        key: _loose(each)
        for key, each in node.items()
        if not (key in dropped and not isinstance(each, dict))
    }


SCHEMAS = _loose(spec()["components"]["schemas"])
OF_JSON = [
    (each.name, int(status), _loose(content["application/json"]["schema"]))
    for each in operations()
    for status, found in each.spec["responses"].items()
    if status.startswith("2") and "application/json" in (content := found.get("content", {}))
]


@pytest.mark.parametrize(("name", "status", "schema"), OF_JSON, ids=[each[0] for each in OF_JSON])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_it_is_of_one_mind_with_a_json_schema_validator(
    name: str, status: int, schema: dict[str, Any], seed: int
) -> None:
    value = _Seeded(seed).value(name, status)
    text = json.dumps(value)
    document = {**schema, "components": {"schemas": SCHEMAS}}
    expected = jsonschema_rs.validator_for(document).is_valid(json.loads(text))
    try:
        validated(name, RawResponse(status, JSON, text.encode()))
        passed = True
    except Mismatch:
        passed = False
    # Numbers that fit nowhere are refused, and 1.0 for a count, whatever JSON Schema says of them.
    if not any(str(each) in text for each in (2**63, 2**64, 10**400, "e+3", "-0.0")):
        assert passed == expected, text


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ([], "an object is needed, not a list"),
        ({"results": [], "page": 1, "page_size": 1}, ".total is missing"),
        ({"results": [], "total": True, "page": 1, "page_size": 1}, ".total: a whole number"),
        ({"results": [{}], "total": 1, "page": 1, "page_size": 1}, ".results[0].conversation_id"),
    ],
)
def test_it_says_what_is_wrong_where(value: Any, where: str) -> None:
    with pytest.raises(Mismatch) as caught:
        validated("list_conversations", answer(value))
    assert where in str(caught.value)


def test_what_the_contract_does_not_know_yet_is_let_pass() -> None:
    validated("count_conversations", answer({"count": 1, "later": [1]}))


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_another_success_than_the_operation_s_is_refused(status: int) -> None:
    with pytest.raises(Mismatch, match=str(status)):
        validated("count_conversations", answer({"count": 1}, status))


def test_free_form_data_is_as_deep_as_can_be_handled() -> None:
    def health(depth: int) -> RawResponse:
        checks: Any = 1
        for _ in range(depth):
            checks = [checks]
        return answer({"status": "", "timestamp": "", "checks": {"deep": checks}})

    validated("get_health", health(MAX_DEPTH - 1))
    for depth in (MAX_DEPTH, 400):
        with pytest.raises(Mismatch, match="nested too deep"):
            validated("get_health", health(depth))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"NaN", b"[-Infinity]", b"\xff", b'"\\ud800"', b'{"\\uDFFF":1}', b"9" * 5000,
     b"[" * 100_000, "{}".encode("utf-16")],
)  # fmt: skip
def test_what_cannot_be_handed_on_is_not_decoded(content: bytes) -> None:
    with pytest.raises(Mismatch):
        decoded(content)


def test_what_can_be_is() -> None:
    assert decoded(b'\xef\xbb\xbf{"a":"\\ud83d\\ude00"}') == {"a": "😀"}
    assert all(decoded(json.dumps(each).encode()) == each for each in ODD)
