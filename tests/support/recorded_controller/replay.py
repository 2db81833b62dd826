"""Comparing answers with recorded ones: ids by what they stand for, times by their form, distances
by their range, for they were recorded with another model."""

from __future__ import annotations

import re
from typing import Any

from sekha_api.types import RawResponse, Request

from .answers import encoded
from .controller import RecordedController

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d+)?(\+00:00)?")
NUMBER_TOLERANCE = 0.005
MODEL_WORDS = frozenset({"summary", "preview"})
"""What a language model said: ours is another one."""


class Replay:
    """One run of recorded exchanges; ids that appear in one answer are known in later requests."""

    def __init__(self, controller: RecordedController) -> None:
        self.controller = controller
        self._ours: dict[str, str] = {}

    def request(self, recorded: dict[str, Any]) -> Request:
        """The recorded request with our ids in it."""
        headers = {
            "key": {"authorization": f"Bearer {self.controller.key}"},
            "wrong_key": {"authorization": f"Bearer {self.controller.key[::-1]}"},
            "short_key": {"authorization": "Bearer short"},
            "basic": {"authorization": "Basic bm9ib2R5Om5vdGhpbmc="},
        }.get(recorded.get("auth", "key"), {})
        if "content_type" in recorded:
            headers = {**headers, "content-type": recorded["content_type"]}
        if "forwarded_for" in recorded:
            headers = {**headers, "x-forwarded-for": "192.0.2.7"}
        content = None
        if "text" in recorded:
            content = recorded["text"].encode()
        elif "body" in recorded:
            content = encoded(self._translated(recorded["body"]))
        return Request(
            recorded["method"],
            UUID.sub(lambda match: self._ours.get(match[0], match[0]), recorded["path"]),
            {key: _text(value) for key, value in recorded.get("query", {}).items()},
            headers,
            content,
        )

    def differences(
        self, recorded: dict[str, Any], answer: RawResponse, *, body: bool, ordered: bool = True
    ) -> list[str]:
        """Where an answer is not like the recorded one.

        Args:
            body: whether what it says is compared, beside status and content type.
        ordered: whether results have to come in the order recorded.
        """
        found = []
        if answer.status_code != recorded["status"]:
            found.append(f"status {answer.status_code}, recorded {recorded['status']}")
        content_type = recorded["headers"].get("content-type")
        if answer.headers.get("content-type") != content_type:
            found.append(f"content type {answer.headers.get('content-type')}, not {content_type}")
        if found or not body:
            return found
        ours: Any = answer.text or None
        if content_type == "application/json":
            ours = answer.json()
        expected = recorded["body"]
        if not ordered:
            expected, ours = _by_content(expected), _by_content(ours)
        return self._compare("", expected, ours)

    def _compare(self, where: str, recorded: Any, ours: Any) -> list[str]:
        if isinstance(recorded, dict) and isinstance(ours, dict) and recorded.keys() == ours.keys():
            return [
                line
                for key, value in recorded.items()
                for line in self._compare(f"{where}.{key}", value, ours[key])
            ]
        if isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours):
            return [
                line
                for index, pair in enumerate(zip(recorded, ours, strict=True))
                for line in self._compare(f"{where}[{index}]", *pair)
            ]
        if self._same(where, recorded, ours):
            return []
        return [f"{where}: {ours!r}, recorded {recorded!r}"]

    def _same(self, where: str, recorded: Any, ours: Any) -> bool:
        if type(recorded) is not type(ours):
            return False
        if where.endswith(".score"):
            return bool(0.0 <= ours <= 2.0)
        if isinstance(recorded, float):
            return bool(abs(recorded - ours) <= NUMBER_TOLERANCE)
        if not isinstance(recorded, str):
            return bool(recorded == ours)
        if where.rpartition(".")[2] in MODEL_WORDS:
            return bool(ours)
        if TIME.fullmatch(recorded) and TIME.fullmatch(ours):
            return _form(recorded) == _form(ours)
        return bool(self._translated(recorded, learn_from=ours) == ours)

    def _translated(self, value: Any, *, learn_from: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._translated(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._translated(each) for each in value]
        if not isinstance(value, str):
            return value
        if UUID.fullmatch(value) and UUID.fullmatch(learn_from):
            if value not in self._ours and learn_from not in self._ours.values():
                self._ours[value] = learn_from
        return UUID.sub(lambda match: self._ours.get(match[0], match[0]), value)


def _by_content(body: Any) -> Any:
    if isinstance(body, dict):
        return {**body, "results": _by_content(body["results"])}
    return sorted(body, key=lambda each: (each["content"], each["timestamp"]))


def _form(time: str) -> tuple[str | None, bool, str | None]:
    match = TIME.fullmatch(time)
    assert match is not None
    # Nine digits of a creation, three of a change; trailing zeros are written in threes.
    return match[1], len(match[2] or "") <= 4, match[3]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
