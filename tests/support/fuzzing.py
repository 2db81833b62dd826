"""Answers made up at random from the contract: as it says, bent in one place, or of another world."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

from sekha.testing import operation_of
from sekha_api.results import RESULTS, SCHEMAS
from sekha_api.types import RawResponse, Request

ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**400, 0.5, -0.0, 1e308, "", "x", "0",
    "\x00", "é" * 40, "日本語", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999999", "00000000-0000-0000-0000-000000000000", [], {}, [[]], [{}],
    {"": {}}, [None], {"id": 1}, "😀",
]  # fmt: skip
RAW = [
    b"", b" ", b"{", b"nul", b"NaN", b"[Infinity]", b'"\\ud800"', b'{"a":"\\uDFFF"}', b"\xff",
    b"\xef\xbb\xbf{}", b'{"count":1e999}', b"9" * 5000, b"[" * 100_000, b'{"a":' * 100_000,
    b"<html>", "{}".encode("utf-16"),
]  # fmt: skip


class Answers:
    """Makes up the answers to requests; the same seed makes up the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(4)]

    def to(self, request: Request) -> RawResponse:
        name = operation_of(request.method, request.path)
        results = RESULTS[name]
        status, schema = self._random.choice(list(results.items()))
        if self._random.random() < 0.05:
            status = self._random.choice([200, 201, 202, 204, 206, 299, 400, 404, 429, 500, 503])
        kind = self._random.random()
        headers = {"content-type": "application/json", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}
        if kind < 0.1:
            content = self._random.choice(RAW)
        elif schema is None or schema == "text":
            content = self._random.choice([b"", b"", b"", b"ok"])
            headers["content-type"] = self._random.choice(["text/plain", "text/html"])
        else:
            value = deepcopy(self._random.choice(ODD)) if kind < 0.15 else self._of(schema, "")
            if isinstance(value, dict | list):
                self._match(name, request, value)
            for _ in range(self._random.choice([0, 0, 1, 1, 2])):
                value = self._bent(value)
            content = json.dumps(value).encode()
        return RawResponse(status, headers, content)

    def _match(self, name: str, request: Request, value: Any) -> None:
        """Make the answer one to this request, most of the time: else nothing would come further."""
        if self._random.random() < 0.1:
            return
        asked = json.loads(request.content) if request.content else {}
        data = value.get("data") if isinstance(value, dict) and "data" in value else value
        if not isinstance(data, dict):
            return
        data = data.get("conversation", data)
        if "conversation_id" in asked:
            for key in ("id", "conversation_id"):
                if key in data:
                    data[key] = asked["conversation_id"]
        if name in ("create_conversation", "memory_store"):
            data["id"] = data["conversation_id"] = self._random.choice(self._ids)
            data.update(label=asked["label"], folder=asked["folder"])
            data["message_count"] = len(asked["messages"])
        if name == "list_conversations":
            data.update({key: int(request.params.get(key, 1)) for key in ("page", "page_size")})

    def _of(self, schema: dict[str, Any], name: str) -> Any:
        if "$ref" in schema:
            return self._of(SCHEMAS[schema["$ref"]], schema["$ref"])
        if "anyOf" in schema:
            return self._of(self._random.choice([schema["anyOf"][0], *schema["anyOf"]]), name)
        kind = schema["type"]
        kind = self._random.choice(kind) if isinstance(kind, list) else kind
        if kind == "object":
            if "properties" not in schema:
                return self._metadata()
            return {
                key: self._of(each, key)
                for key, each in schema["properties"].items()
                if key in schema["required"] or self._random.random() < 0.5
            }
        if kind == "array":
            return [self._of(schema["items"], name) for _ in range(self._random.randrange(4))]
        if kind == "boolean":
            return self._random.random() < (0.9 if name == "success" else 0.5)
        if kind == "integer":
            return self._random.choice([0, 1, 2, 5, 9, 10, 99, 2**40])
        if kind == "number":
            return self._random.choice([0, 0.1, 0.9, 1, 1.5, -3.0, 1e300])
        return None if kind == "null" else self._text(name)

    def _metadata(self) -> dict[str, Any]:
        names = ("role", "citation", "conversation", "status", "importance_score", "timestamp")
        usual = {"status": "active", "importance_score": 5, "role": "user", "folder": "/f"}
        if self._random.random() < 0.7:
            return usual
        return {
            name: deepcopy(self._random.choice([*ODD, usual]))
            for name in names
            if self._random.random() < 0.5
        }

    def _text(self, name: str) -> str:
        if name.endswith("id"):
            return self._random.choice(self._ids)
        if name == "timestamp" or name.endswith("_at"):
            return self._random.choice(
                ["2026-01-31T08:15:00.123456789", "2026-01-31 08:15:00", "9999-12-31T23:59:59", "x"]
            )
        return self._random.choice(
            ["", "one", "two one", "/f", "user", "active", "\x00", "日本語é"]
        )

    def _bent(self, value: Any) -> Any:
        """The same with something else in one place, or nothing."""
        if not isinstance(value, dict | list) or not value or self._random.random() < 0.2:
            return deepcopy(self._random.choice(ODD))
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = self._random.choice(keys)
        if self._random.random() < 0.2:
            value.pop(key)
        else:
            value[key] = self._bent(value[key])
        return value
