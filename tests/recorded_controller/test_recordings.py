"""The wrapped controller lies exactly as the public one did when it was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.recorded_controller import Dropped, RecordedController, Stack
from support.recorded_controller.replay import Replay

EXCHANGES = Path(__file__).resolve().parents[2] / "cassettes" / "exchanges"

WORDING = "the same refusal in other words: these are the web framework's own"
ANOTHER_SAY = {
    "create_bad_json": WORDING,
    "get_invalid_id": WORDING,
    "list_bad_page": WORDING,
    "query_limit_neg": WORDING,
    "suggest_bad_id": WORDING,
    "query_offset": "which of three equally near messages a limit of two leaves out is chance",
    "query_empty": "another model sees another meaning in no text",
}
"""Exchanges whose status and content type are as recorded, but not what is said: name and reason."""

ANOTHER_ORDER = {
    "assemble": "messages of equal worth come as near as the model finds them",
    "assemble_excluded": "messages of equal worth come as near as the model finds them",
}
"""Exchanges whose results are as recorded, but not their order: name and reason."""


def recorded(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((EXCHANGES / f"{name}.json").read_text("utf-8"))
    return found


def play(replay: Replay, exchanges: list[dict[str, Any]]) -> dict[str, list[str]]:
    """What differs, by the exchanges' names."""
    differences: dict[str, list[str]] = {}
    for exchange in exchanges:
        name = exchange["name"]
        if name == "rate_limited":
            # The requests that used up the window were not recorded.
            replay.controller.requests_per_minute = 0
        elif name == "rate_limited_other_ip":
            replay.controller.requests_per_minute = 30
        try:
            answer = replay.controller.handle(replay.request(exchange["request"]))
        except Dropped as dropped:
            if not exchange.get("dropped"):
                differences[name] = [f"dropped: {dropped}"]
            continue
        if exchange.get("dropped"):
            differences[name] = [f"answered {answer.status_code}, recorded as dropped"]
            continue
        found = replay.differences(
            exchange["response"],
            answer,
            body=name not in ANOTHER_SAY,
            ordered=name not in ANOTHER_ORDER,
        )
        if found:
            differences[name] = found
    return differences


@pytest.fixture
def full() -> Iterator[RecordedController]:
    controller = RecordedController()
    yield controller
    controller.close()


@pytest.fixture
def degraded() -> Iterator[RecordedController]:
    controller = RecordedController(stack=Stack.nothing())
    yield controller
    controller.close()


def test_full_stack_as_recorded(full: RecordedController) -> None:
    exchanges = recorded("full-stack")
    assert len(exchanges) == 107
    assert play(Replay(full), exchanges) == {}


def test_degraded_as_recorded(degraded: RecordedController) -> None:
    exchanges = recorded("degraded")
    assert len(exchanges) == 14
    assert play(Replay(degraded), exchanges) == {}


def test_only_what_was_recorded_is_excused() -> None:
    names = {each["name"] for each in recorded("full-stack") + recorded("degraded")}
    assert ANOTHER_SAY.keys() | ANOTHER_ORDER.keys() <= names


def test_the_comparison_sees_a_difference(full: RecordedController) -> None:
    exchanges = recorded("full-stack")
    for exchange in exchanges:
        if exchange["name"] == "get_after_put_folder":
            exchange["response"]["body"]["label"] = "Completed Feature"
        elif exchange["name"] == "count_both":
            exchange["response"]["status"] = 422
        elif exchange["name"] == "mcp_context":
            exchange["response"]["body"]["data"]["created_at"] = "2026-11-22T15:33:21.525192567"
    found = play(Replay(full), exchanges)
    assert set(found) == {"get_after_put_folder", "count_both", "mcp_context"}
