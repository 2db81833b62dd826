"""A controller that says it holds as many large conversations as one likes, and keeps nothing."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from sekha_api.types import RawResponse, Request

TEXT = "A sentence that a user could have said, 漢字 and all. " * 90


def conversation_id(number: int) -> str:
    return str(UUID(int=number + 1))


def changed(number: int, separator: str) -> str:
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc) - timedelta(seconds=number)
    return f"{moment:%Y-%m-%d}{separator}{moment:%H:%M:%S}.000000000"


class LargeMemory:
    """Answers what an export and an import ask.

    Args:
        count: how many conversations it holds, of about 10 kB each.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.stored = 0

    def handle(self, request: Request) -> RawResponse:
        body = json.loads(request.content) if request.content else {}
        if request.path.endswith("/conversations") and request.method == "GET":
            return self._page(int(request.params["page"]), int(request.params["page_size"]))
        if request.path.endswith("/count"):
            return _answer({"count": self.count})
        if request.path.endswith("/memory_export"):
            return _answer(_tool(_export(UUID(body["conversation_id"]).int - 1)))
        if request.path.endswith("/memory_store"):
            self.stored += 1
            row = conversation_id(10**9 + self.stored)
            named = {"label": body["label"], "folder": body["folder"]}
            return _answer(_tool({"conversation_id": row, "id": row, **named}))
        if request.path.endswith("/health"):
            now = datetime.now(timezone.utc).isoformat()
            return _answer({"status": "healthy", "timestamp": now, "checks": {}})
        if request.path.endswith("/archive"):
            return RawResponse(200, {}, b"")
        raise NotImplementedError(request.path)

    def close(self) -> None:
        pass

    def _page(self, page: int, size: int) -> RawResponse:
        first = (page - 1) * size
        rows = [_row(number) for number in range(first, min(first + size, self.count))]
        return _answer({"results": rows, "total": self.count, "page": page, "page_size": size})


def _row(number: int) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id(number),
        "message_id": str(UUID(int=0)),
        "score": 1.0,
        "content": "",
        "metadata": {"folder": "/large", "status": "active", "importance_score": 5},
        "label": f"Conversation {number}",
        "folder": "/large",
        "timestamp": changed(number, "T"),
    }


def _export(number: int) -> dict[str, Any]:
    times = {"created_at": changed(number, " "), "updated_at": changed(number, " ")}
    messages: list[dict[str, Any]] = [
        {
            "id": conversation_id(10**8 + number * 2 + place),
            "role": role,
            "content": f"{number} {TEXT}",
            "timestamp": changed(number, "T"),
            "metadata": {},
        }
        for place, role in enumerate(("user", "assistant"))
    ]
    conversation = {
        "id": conversation_id(number),
        "label": f"Conversation {number}",
        "folder": "/large",
        "status": "archived" if number % 10 == 0 else "active",
        "importance_score": 5,
        "word_count": sum(len(each["content"].encode()) for each in messages),
        "session_count": 1,
        **times,
    }
    return {
        "conversation": conversation,
        "messages": messages,
        "format": "json",
        "include_metadata": True,
    }


def _tool(data: object) -> dict[str, object]:
    return {"success": True, "data": data, "error": None}


def _answer(body: object) -> RawResponse:
    content = json.dumps(body).encode()
    return RawResponse(200, {"content-type": "application/json"}, content)
