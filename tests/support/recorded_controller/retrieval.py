"""Searching, with the public controller's faults (rows 15 to 18, 28, 32, 33 and 35)."""

from __future__ import annotations

import sqlite3
from math import ceil
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from sekha_api.types import RawResponse, Request

from . import answers
from .memory import Export, age_days

if TYPE_CHECKING:
    from .controller import Handler, RecordedController

Body = dict[str, Any]
DEFAULT_LIMIT = 10
CANDIDATES = 200
RECENT_DAYS = 7
FILLED = 0.85
LARGEST = 2**63 - 1


def found(controller: RecordedController, body: Body) -> list[Body]:
    """What is nearest, whatever `filters` and `offset` say; nothing if it cannot look."""
    if not controller.stack.embeds:
        return []
    limit = body.get("limit")
    return controller.memory.nearest(body["query"], DEFAULT_LIMIT if limit is None else limit)


def query(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    results = found(controller, body)
    limit = DEFAULT_LIMIT if body.get("limit") is None else body["limit"]
    page = ceil((body.get("offset") or 0) / limit) if limit else 1
    return answers.ok({"results": results, "total": len(results), "page": page, "page_size": limit})


def full_text_search(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    memory = controller.memory
    limit = min(body.get("limit", DEFAULT_LIMIT), LARGEST)
    try:
        pairs = memory.words.search(body["query"], limit)
    except sqlite3.OperationalError as problem:
        words = f"error returned from database: (code: 1) {problem}"
        return answers.error(500, f"Database error: Query Error: {words}")
    owners = {each["conversation"]["id"]: each for each in memory.exports([*dict(pairs)])}
    results = [
        _stored(owners[conversation_id], each, {})
        for conversation_id, message_id in pairs
        if conversation_id in owners
        for each in owners[conversation_id]["messages"]
        if each["id"] == message_id
    ]
    return answers.ok({"results": results, "total": len(results)})


@frozen
class _Candidate:
    message_id: str
    conversation_id: str
    worth: float


def assemble_context(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    """Pinned first, then the preferred labels, then the new; similarity is forgotten, and one
    message can be a candidate three times over."""
    preferred = body["preferred_labels"]
    candidates = [
        *_by_meaning(controller, body),
        *_pinned(controller),
        *_recent(controller, preferred),
    ]
    labels = {row["conversation_id"]: row["label"] for row in controller.memory.rows()}
    candidates = [
        evolve(each, worth=each.worth + (labels.get(each.conversation_id) in preferred))
        for each in candidates
    ]
    candidates.sort(key=lambda each: each.worth, reverse=True)
    room, chosen = int(body["context_budget"] * FILLED), []
    memory = controller.memory
    owners = {
        each["conversation"]["id"]: each
        for each in memory.exports([*{each.conversation_id for each in candidates}])
    }
    for each in candidates:
        owner = owners[each.conversation_id]
        message = next(m for m in owner["messages"] if m["id"] == each.message_id)
        size = len(message["content"].encode()) // 4
        if room <= 0:
            break
        if size <= room:
            room -= size
            chosen.append(_stored(owner, message, {"citation": _citation(owner, message)}))
    return answers.ok(chosen)


def rebuild_embeddings(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    return answers.empty(202)


def _by_meaning(controller: RecordedController, body: Body) -> list[_Candidate]:
    excluded = tuple(body.get("excluded_folders") or ())
    return [
        _candidate(each["message_id"], each["conversation_id"], 5, each["timestamp"])
        for each in found(controller, {"query": body["query"], "limit": CANDIDATES})
        if not each["folder"].startswith(excluded)
    ]


def _pinned(controller: RecordedController) -> list[_Candidate]:
    rows = controller.memory.rows()
    ids = [row["conversation_id"] for row in rows if _active(row) and _importance(row) >= 10]
    return [
        _candidate(each["id"], owner["conversation"]["id"], 10, each["timestamp"])
        for owner in controller.memory.exports(ids)
        for each in owner["messages"]
    ]


def _recent(controller: RecordedController, preferred: list[str]) -> list[_Candidate]:
    rows = controller.memory.rows()
    candidates = []
    for label in preferred:
        ids = [row["conversation_id"] for row in rows if _active(row) and row["label"] == label]
        candidates += [
            _candidate(
                each["id"],
                owner["conversation"]["id"],
                owner["conversation"]["importance_score"],
                each["timestamp"],
            )
            for owner in controller.memory.exports(ids)
            for each in owner["messages"]
            if age_days(each["timestamp"]) < RECENT_DAYS
        ]
    return candidates


def _candidate(
    message_id: str, conversation_id: str, importance: int, timestamp: str
) -> _Candidate:
    freshness = max(0.1, 2 ** (-age_days(timestamp) / RECENT_DAYS))
    return _Candidate(message_id, conversation_id, importance / 2 + 0.3 * freshness)


def _active(row: Body) -> bool:
    return bool(row["metadata"]["status"] == "active")


def _importance(row: Body) -> int:
    return int(row["metadata"]["importance_score"])


def _citation(owner: Export, message: Body) -> Body:
    head = owner["conversation"]
    timestamp = message["timestamp"].replace("T", " ")
    return {"label": head["label"], "folder": head["folder"], "timestamp": timestamp}


def _stored(owner: Export, message: Body, metadata: Body) -> Body:
    return {
        "id": message["id"],
        "conversation_id": owner["conversation"]["id"],
        "role": message["role"],
        "content": message["content"],
        "timestamp": message["timestamp"],
        "embedding_id": None,
        "metadata": metadata,
    }


HANDLERS: dict[str, Handler] = {
    "semantic_query": query,
    "full_text_search": full_text_search,
    "assemble_context": assemble_context,
    "rebuild_embeddings": rebuild_embeddings,
}
