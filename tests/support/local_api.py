"""Talking to a controller as a client would, with every answer held against the contract."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Protocol

import jsonschema_rs

from sekha.local.application import contract
from sekha.local.contract import MethodNotAllowed, NoSuchRoute
from sekha_api.types import RawResponse, Request

UNKNOWN_ID = "00000000-0000-0000-0000-000000000005"
_SPEC = json.loads((files("sekha_api") / "openapi.json").read_bytes())


class Handles(Protocol):
    def handle(self, request: Request) -> RawResponse: ...


class Api:
    """One controller; every answer is checked against the contract before it is given."""

    def __init__(self, controller: Handles) -> None:
        self.controller = controller

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: dict[str, str] | None = None,
        content: bytes | None = None,
        content_type: str | None = "application/json",
    ) -> RawResponse:
        if body is not None:
            content = json.dumps(body).encode()
        headers = {} if content_type is None else {"Content-Type": content_type}
        answer = self.controller.handle(Request(method, path, params or {}, headers, content))
        check_documented(method, path, answer)
        return answer

    def get(self, path: str, **params: str) -> RawResponse:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None) -> RawResponse:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any = None) -> RawResponse:
        return self.call("PUT", path, body)

    def create(self, *contents: str, label: str = "Label", folder: str = "/f", **extra: Any) -> str:
        """Store user messages; the id."""
        messages = [{"role": "user", "content": content} for content in contents]
        body = {"label": label, "folder": folder, "messages": messages, **extra}
        answer = self.post("/api/v1/conversations", body)
        assert answer.status_code == 201, answer.text
        conversation_id: str = answer.json()["id"]
        return conversation_id

    def tool(self, name: str, **arguments: Any) -> Any:
        """A tool's data."""
        answer = self.post(f"/mcp/tools/{name}", arguments)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        document = answer.json()
        assert document["success"] is True and document["error"] is None
        return document["data"]

    def listed(self, **params: str) -> list[str]:
        """The ids of a list."""
        answer = self.get("/api/v1/conversations", **params)
        assert answer.status_code == 200, answer.text
        return [row["conversation_id"] for row in answer.json()["results"]]

    def words(self, query: str, limit: int = 50) -> list[str]:
        """The contents that a full-text search finds."""
        answer = self.post("/api/v1/search/fts", {"query": query, "limit": limit})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["total"] == len(page["results"])
        return [message["content"] for message in page["results"]]

    def query(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        """The results of a semantic query."""
        answer = self.post("/api/v1/query", {"query": query, **arguments})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def details(self, conversation_id: str) -> dict[str, Any]:
        """What ``memory_get_context`` says."""
        data: dict[str, Any] = self.tool("memory_get_context", conversation_id=conversation_id)
        return data

    def exported(self, conversation_id: str) -> list[tuple[str, str]]:
        """Role and content of every message, in order."""
        data = self.tool("memory_export", conversation_id=conversation_id)
        return [(message["role"], message["content"]) for message in data["messages"]]


def check_documented(method: str, path: str, answer: RawResponse) -> None:
    """Fail unless the contract documents the status, and the body has its schema."""
    try:
        operation, _ = contract().match(method, path)
    except NoSuchRoute:
        assert (answer.status_code, answer.content) == (404, b"")
        return
    except MethodNotAllowed:
        assert (answer.status_code, answer.content) == (405, b"")
        return
    item = next(
        item[method.lower()]
        for item in _SPEC["paths"].values()
        if item.get(method.lower(), {}).get("operationId") == operation.id
    )
    documented = item["responses"].get(str(answer.status_code))
    assert documented is not None, f"{operation.id}: undocumented status {answer.status_code}"
    if "$ref" in documented:
        documented = _SPEC["components"]["responses"][documented["$ref"].rsplit("/", 1)[1]]
    content = documented.get("content")
    if content is None:
        assert answer.content == b"", f"{operation.id}: undocumented body"
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in content, f"{operation.id}: undocumented {media_type}"
    if media_type == "application/json":
        schema = {**content[media_type]["schema"], "components": _SPEC["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(answer.json())
