"""The tools, with the public controller's faults (rows 12, 13, 21 and 29)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sekha_api.types import RawResponse, Request

from . import answers
from .curation import prunable
from .retrieval import DEFAULT_LIMIT, found

if TYPE_CHECKING:
    from .controller import Handler, RecordedController

Body = dict[str, Any]
COUNTED_AT_MOST = 10_000


def memory_search(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    results = found(controller, body)
    for each in results:
        each["timestamp"] = each["timestamp"].replace("T", " ")
    limit = DEFAULT_LIMIT if body.get("limit") is None else body["limit"]
    return answers.tool(
        {
            "query": body["query"],
            "total_results": len(results),
            "limit": limit,
            "results": results,
        }
    )


def memory_update(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    conversation_id = body["conversation_id"].lower()
    if controller.memory.export(conversation_id) is None:
        return answers.empty(404)
    changes = {name: body[name] for name in ("label", "folder") if body.get(name) is not None}
    claimed = []
    if changes:
        controller.memory.change(conversation_id, **changes)
        claimed.append("label/folder")
    claimed += [name for name in ("status", "importance_score") if body.get(name) is not None]
    return answers.tool(
        {
            "conversation_id": conversation_id,
            "updated_fields": claimed,
            "message": "Conversation updated successfully",
        }
    )


def memory_prune(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    days, importance = body.get("threshold_days", 30), body.get("importance_threshold", 5.0)
    if prunable(controller, days):
        # It asks the wrong server for a preview of the first.
        return answers.empty(500)
    nothing = {"total_suggestions": 0, "estimated_token_savings": 0, "suggestions": []}
    return answers.tool({"threshold_days": days, "importance_threshold": importance, **nothing})


def memory_get_context(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    stored = controller.memory.export(body["conversation_id"])
    if stored is None:
        return answers.empty(404)
    head = dict(stored["conversation"])
    return answers.tool({"conversation_id": head.pop("id"), **head})


def memory_export(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    stored = controller.memory.export(body["conversation_id"])
    if stored is None:
        return answers.empty(404)
    stored["format"] = body.get("format") or "json"
    stored["include_metadata"] = body.get("include_metadata", True)
    return answers.tool(stored)


def memory_stats(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    folder, label = body.get("folder"), body.get("label")
    if folder is not None and label is not None:
        return answers.failed_tool("Cannot specify both folder and label")
    rows = controller.memory.rows()
    groups: Body = {"folders": sorted({row["folder"] for row in rows})}
    total = len(rows)
    if folder is not None or label is not None:
        name, wanted = ("folder", folder) if folder is not None else ("label", label)
        groups = {f"{name}s": [wanted]}
        rows = [row for row in rows if row[name] == wanted]
        total = min(len(rows), COUNTED_AT_MOST)
    importances = [row["metadata"]["importance_score"] for row in rows[:COUNTED_AT_MOST]]
    average = sum(importances) / total if total else 0.0
    return answers.tool({"total_conversations": total, "average_importance": average, **groups})


HANDLERS: dict[str, Handler] = {
    "memory_search": memory_search,
    "memory_update": memory_update,
    "memory_prune": memory_prune,
    "memory_get_context": memory_get_context,
    "memory_export": memory_export,
    "memory_stats": memory_stats,
}
