"""Summaries, labels and pruning, with the public controller's faults (rows 13, 19, 20, 27, 31)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sekha_api.types import RawResponse, Request

from . import answers
from .memory import Row, age_days
from .stack import model_labels, model_summary

if TYPE_CHECKING:
    from .controller import Handler, RecordedController

Body = dict[str, Any]
DAYS_OF_ALL_TIME = 90_000_000
"""So many days from now there is no date any more, and the handler dies looking for one."""
_NO_LLM = (
    "Embedding error: LLM Bridge error: HTTP error: "
    "error sending request for url (http://localhost:1/summarize)"
)


def suggest_labels(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    conversation_id = body["conversation_id"].lower()
    stored = controller.memory.export(conversation_id)
    if stored is None:
        return answers.unknown(conversation_id, 500)
    in_use = sorted({row["label"] for row in controller.memory.rows()})
    labels: list[str] = []
    if stored["messages"]:
        spoken = "\n".join(f"{each['role']}: {each['content']}" for each in stored["messages"])
        labels = model_labels(spoken) if controller.stack.llm else in_use[:1]
    suggestions = [
        {
            "label": label,
            "confidence": 0.9 if label in in_use else 0.6,
            "is_existing": label in in_use,
            "reason": "Suggested based on conversation content",
        }
        for label in labels
    ]
    return answers.ok({"conversation_id": conversation_id, "suggestions": suggestions})


def summarize(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    level, conversation_id = body["level"], body["conversation_id"].lower()
    stored = controller.memory.export(conversation_id)
    if stored is None:
        return answers.unknown(conversation_id, 500)
    messages = stored["messages"]
    summary = "No messages to summarize"
    if messages and controller.stack.llm:
        first = messages[0]
        spoken_at = first["timestamp"].replace("T", " ")
        summary = model_summary(f"[{spoken_at}] {first['role']}: {first['content']}")
    elif messages:
        # Without a daily summary, a week's and a month's begin with the day's.
        summary = f"Daily summary: {len(messages)} messages (LLM offline)"
    now = datetime.now(timezone.utc).replace(tzinfo=None).isoformat()
    return answers.ok(
        {
            "conversation_id": conversation_id,
            "level": level,
            "summary": summary,
            "generated_at": f"{now}000",
        }
    )


def prunable(controller: RecordedController, days: int) -> list[Row]:
    """Active rows that have not changed for so many days, whatever their importance."""
    if abs(days) > DAYS_OF_ALL_TIME:
        raise controller.dropped("no date lies so many days away (row 20)")
    return [
        row
        for row in controller.memory.rows()
        if row["metadata"]["status"] == "active" and age_days(row["timestamp"]) >= days
    ]


def prune_dry_run(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    rows = prunable(controller, body["threshold_days"])
    if rows and not controller.stack.llm:
        return answers.error(500, _NO_LLM)
    heads = controller.memory.exports([row["conversation_id"] for row in rows])
    suggestions = [_suggestion(each["conversation"]) for each in heads]
    return answers.ok({"suggestions": suggestions, "total": len(suggestions)})


def prune_execute(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    for conversation_id in body["conversation_ids"]:
        if not controller.memory.change(conversation_id.lower(), status="archived"):
            return answers.unknown(conversation_id.lower(), 500)
    return answers.empty(200)


def _suggestion(head: Body) -> Body:
    return {
        "conversation_id": head["id"],
        "conversation_label": head["label"],
        "last_accessed": head["updated_at"].replace(" ", "T"),
        "message_count": 0,
        "token_estimate": 0,
        "importance_score": float(head["importance_score"]),
        "preview": model_summary(f"The conversation is labelled {head['label']}"),
        "recommendation": "keep",
    }


HANDLERS: dict[str, Handler] = {
    "suggest_labels": suggest_labels,
    "summarize": summarize,
    "prune_dry_run": prune_dry_run,
    "prune_execute": prune_execute,
}
