"""The public controller's ways of answering, word for word where its words can be known."""

from __future__ import annotations

import json
from typing import Any

from sekha_api.types import RawResponse

TEXT = {"content-type": "text/plain; charset=utf-8"}
_UNREADABLE = "Failed to deserialize the JSON body into the target type: "
_REQUIRED = {
    "create_conversation": ("label", "folder", "messages"),
    "update_label": ("label", "folder"),
    "update_folder": ("folder",),
    "semantic_query": ("query",),
    "full_text_search": ("query",),
    "assemble_context": ("query", "preferred_labels", "context_budget"),
    "summarize": ("conversation_id", "level"),
    "prune_dry_run": ("threshold_days",),
    "prune_execute": ("conversation_ids",),
    "suggest_labels": ("conversation_id",),
    "memory_store": ("label", "folder", "messages"),
    "memory_search": ("query",),
    "memory_update": ("conversation_id",),
    "memory_get_context": ("conversation_id",),
    "memory_export": ("conversation_id",),
}


def encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def ok(body: object, status: int = 200) -> RawResponse:
    return RawResponse(status, {"content-type": "application/json"}, encoded(body))


def empty(status: int) -> RawResponse:
    return RawResponse(status, {}, b"")


def text(status: int, words: str) -> RawResponse:
    return RawResponse(status, TEXT, words.encode())


def error(status: int, words: str) -> RawResponse:
    return ok({"error": words, "code": status}, status)


def refusal(words: str, status: int) -> RawResponse:
    """An error of the key's guard, which names no code."""
    return ok({"error": words}, status)


def unknown(conversation_id: str, status: int) -> RawResponse:
    return error(status, f"Entity not found: Conversation {conversation_id} not found")


def tool(data: Any) -> RawResponse:
    return ok({"success": True, "data": data, "error": None})


def failed_tool(words: str) -> RawResponse:
    return ok({"success": False, "data": None, "error": words})


def misread(operation: str, content: bytes | None, status: int, reason: str) -> str:
    """What the public controller says of a request that breaks the contract; in our words where
    its own cannot be known."""
    if status == 415:
        return "Expected request with `Content-Type: application/json`"
    if status != 422:
        return reason
    given = json.loads(content or b"null")
    for name in _REQUIRED.get(operation, ()):
        if isinstance(given, dict) and name not in given:
            return f"{_UNREADABLE}missing field `{name}` at line 1 column {len(content or b'')}"
    return _UNREADABLE + reason
