"""What is stored: the embedded controller, and beside it what it would never store like that."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from sekha.local import Controller
from sekha_api.types import RawResponse, Request

from .vectors import VectorIndex
from .words import WordIndex

JSON = {"content-type": "application/json"}
DEFAULT_IMPORTANCE = 5
ALL = "100000"
CREATED = (
    "id",
    "conversation_id",
    "label",
    "folder",
    "status",
    "message_count",
    "created_at",
)
PREVIEW = 100
_BEYOND_MILLISECONDS = re.compile(r"(\.\d{3})\d+")

Row = dict[str, Any]
Export = dict[str, Any]


class Memory:
    """The rows and messages as the public controller would have them.

    What the embedded controller cannot hold is kept here: importances beyond 1 to 10, messages that
    are not there yet, changes timed to the millisecond, and the public controller's own indexes.
    """

    def __init__(self) -> None:
        self.inner = Controller()
        self.words = WordIndex()
        self.vectors = VectorIndex()
        self._lock = threading.RLock()
        self._importance: dict[str, int] = {}
        self._changed: set[str] = set()
        self._hidden: set[str] = set()

    def ask(self, method: str, path: str, body: object = None, **params: str) -> RawResponse:
        """What the embedded controller says."""
        content = None if body is None else json.dumps(body).encode()
        return self.inner.handle(Request(method, path, params, JSON if content else {}, content))

    def tool(self, name: str, **arguments: object) -> RawResponse:
        return self.ask("POST", f"/mcp/tools/{name}", arguments)

    def create(
        self, label: str, folder: str, messages: Sequence[Row], importance: int | None
    ) -> Export:
        """A new row; its messages are hidden until each is shown."""
        # It knows neither a message's time nor anything else but these (row 37).
        said = [{name: each[name] for name in ("role", "content")} for each in messages]
        body = {"label": label, "folder": folder, "messages": said}
        with self._lock:
            made = self.ask("POST", "/api/v1/conversations", body)
            assert made.status_code == 201, made.text
            head = {name: made.json()[name] for name in CREATED}
            conversation_id = head["id"]
            # What has no messages is stored by the thousand: no need to look.
            stored: Export = {"conversation": head, "messages": []}
            if messages:
                answer = self.tool("memory_export", conversation_id=conversation_id)
                stored = answer.json()["data"]
            self._hidden.update(each["id"] for each in stored["messages"])
            if importance is not None and importance != DEFAULT_IMPORTANCE:
                self._importance[conversation_id] = importance
        return {**stored, "created": head}

    def show(self, conversation_id: str, message: Row, *, embedded: bool) -> None:
        """A hidden message has been stored now."""
        if embedded:
            self.vectors.add(conversation_id, message["id"], message["content"])
        self.words.add(conversation_id, message["id"], message["content"])
        with self._lock:
            self._hidden.discard(message["id"])

    def pages(self, page: int = 1, page_size: int | str = ALL) -> dict[str, Any]:
        """A page of the list, unfiltered."""
        asked = min(max(int(page_size), 1), int(ALL))
        answer = self.ask(
            "GET", "/api/v1/conversations", page=str(page), page_size=str(asked)
        ).json()
        # Only the embedded controller says so.
        del answer["settled"]
        answer["results"] = answer["results"][: int(page_size)]
        answer["page_size"] = int(page_size)
        answer.pop("settled", None)
        for row in answer["results"]:
            conversation_id = row["conversation_id"]
            row["metadata"]["importance_score"] = self._importance.get(
                conversation_id, row["metadata"]["importance_score"]
            )
            row["timestamp"] = self._time(conversation_id, row["timestamp"])
            row.pop("stored_at", None)
            for name in ("created_at", "message_count"):
                row["metadata"].pop(name, None)
        found: dict[str, Any] = answer
        return found

    def rows(self) -> list[Row]:
        """All rows, the last changed first."""
        rows: list[Row] = self.pages()["results"]
        return rows

    def export(self, conversation_id: str, **options: object) -> Export | None:
        """All that is stored of a conversation; None for an unknown id."""
        answer = self.tool("memory_export", conversation_id=conversation_id, **options)
        if answer.status_code == 404:
            return None
        assert answer.status_code == 200, answer.text
        found: Export = answer.json()["data"]
        head = found["conversation"]
        head["importance_score"] = self._importance.get(head["id"], head["importance_score"])
        head["updated_at"] = self._time(head["id"], head["updated_at"])
        head.pop("stored_at", None)
        found["messages"] = [each for each in found["messages"] if each["id"] not in self._hidden]
        return found

    def exports(self, conversation_ids: Sequence[str]) -> list[Export]:
        """Those of these that exist, in the order in which they were stored."""
        found = [self.export(each) for each in conversation_ids]
        there = [each for each in found if each is not None]
        return sorted(there, key=lambda each: str(each["conversation"]["created_at"]))

    def change(self, conversation_id: str, **changes: object) -> bool:
        """Change label, folder, status or importance; False for an unknown id."""
        with self._lock:
            answer = self.tool("memory_update", conversation_id=conversation_id, **changes)
            if answer.status_code == 404:
                return False
            assert answer.status_code == 200, answer.text
            self._changed.add(conversation_id)
            if "importance_score" in changes:
                self._importance.pop(conversation_id, None)
        return True

    def delete(self, conversation_id: str) -> RawResponse:
        answer = self.ask("DELETE", f"/api/v1/conversations/{conversation_id}")
        self.words.forget(conversation_id)
        return answer

    def nearest(self, query: str, limit: int) -> list[Row]:
        """The messages with vectors that are nearest to a text, as results with their distances."""
        found = self.vectors.nearest(query, limit)
        owners = {
            each["conversation"]["id"]: each for each in self.exports([*{f[0] for f in found}])
        }
        return [
            _result(owners[conversation_id], message, distance)
            for conversation_id, message_id, distance in found
            if conversation_id in owners
            for message in owners[conversation_id]["messages"]
            if message["id"] == message_id
        ]

    def close(self) -> None:
        self.inner.close()
        self.words.close()

    def _time(self, conversation_id: str, written: str) -> str:
        # A change is timed by a trigger of the database, which knows milliseconds only.
        if conversation_id not in self._changed:
            return written
        return _BEYOND_MILLISECONDS.sub(r"\1", written)


def age_days(written: str) -> int:
    """Whole days since a time that the controller wrote."""
    moment = datetime.fromisoformat(written[:26]).replace(tzinfo=timezone.utc)
    return (datetime.now(timezone.utc) - moment).days


def _result(owner: Export, message: Row, distance: float) -> Row:
    head = owner["conversation"]
    return {
        "conversation_id": head["id"],
        "message_id": message["id"],
        "score": distance,
        "content": message["content"],
        "metadata": {
            "conversation_id": head["id"],
            "message_id": message["id"],
            "role": message["role"],
            "timestamp": message["timestamp"],
            "content_preview": message["content"].encode()[:PREVIEW].decode(),
        },
        "label": head["label"],
        "folder": head["folder"],
        "timestamp": message["timestamp"],
    }
