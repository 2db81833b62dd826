"""Schemathesis against the served controller: no 5xx, no undocumented answer, whatever is asked.

SEKHA_SCHEMATHESIS_EXAMPLES sets how many requests are made up for each operation.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sekha.local import Controller
from sekha.local.server import application
from sekha_api.types import RawResponse, Request
from support.local_api import Api

KEY = "not-a-real-key-only-for-these-tests"
EXAMPLES = int(os.environ.get("SEKHA_SCHEMATHESIS_EXAMPLES", "25"))
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# An id that the made-up requests can hit: otherwise every operation on one would only ever answer
# 404.
KNOWN_ID = "2437e3db-d1cf-4955-a27c-99dd306204dc"


class Restored:
    """A controller in which one conversation has a known id, and which stays open."""

    def __init__(self) -> None:
        self.controller = Controller()
        self._id: str | None = None

    def handle(self, request: Request) -> RawResponse:
        if self._id is None:
            self._id = Api(self.controller).create("What is the token limit?", "200K tokens.")
        path = request.path.replace(KNOWN_ID, self._id)
        content = (request.content or b"").replace(KNOWN_ID.encode(), self._id.encode())
        answer = self.controller.handle(
            Request(request.method, path, request.params, request.headers, content)
        )
        if request.method == "DELETE" and answer.is_success:
            self._id = None
        return answer

    def close(self) -> None:
        """Left open: the schema's client ends the application's lifespan after each request."""


_memory = Restored()
_document = json.loads((files("sekha_api") / "openapi.json").read_bytes())
schema = schemathesis.openapi.from_dict(_document)
schema.app = application(_memory, KEY)


@pytest.fixture(scope="module", autouse=True)
def close_at_the_end() -> Iterator[None]:
    yield
    _memory.controller.close()


@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
def test_every_answer_is_documented(case: Case[Any]) -> None:
    case.call_and_validate(headers={"authorization": f"Bearer {KEY}"}, checks=CHECKS)


@schema.parametrize()
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_without_a_key_nothing_is_told(case: Case[Any]) -> None:
    response = case.call(headers={"authorization": "Bearer " + "x" * 32})
    assert (response.status_code == 401) is (case.path not in ("/health", "/metrics"))
