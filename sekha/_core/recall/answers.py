"""Messages out of the controller's answers, without the models that nobody would see: a recall
reads hundreds.

They are handed what the contract's schema has passed.
"""

from __future__ import annotations

from typing import Any

from ..request.answers import export_data
from .candidates import Found, Hit, Location


def vector_hits(body: Any) -> Found:
    """Of an answer to `semantic_query`; its scores are distances (compatibility row 15)."""
    rows = body["results"]
    messages = [
        Hit(
            row["message_id"],
            row["conversation_id"],
            _text(row["metadata"].get("role")),
            row["content"],
            row["timestamp"],
            1.0 - row["score"],
        )
        for row in rows
    ]
    labels = {row["conversation_id"]: (row["label"], row["folder"]) for row in rows}
    return Found(messages, {owner: Location(*where) for owner, where in labels.items()})


def matches(body: Any) -> Found:
    """Of an answer to `full_text_search`."""
    return Found(
        [
            Hit(row["id"], row["conversation_id"], row["role"], row["content"], row["timestamp"])
            for row in body["results"]
        ]
    )


def exported(body: Any) -> Found:
    """Of an answer to `memory_export`."""
    data = export_data(body)
    record = data["conversation"]
    messages = [
        Hit(row["id"], record["id"], row["role"], row["content"], row["timestamp"])
        for row in data["messages"]
    ]
    return Found(messages, {record["id"]: Location(record["label"], record["folder"])})


def _text(value: object) -> str:
    """What stands in free-form metadata need not be text."""
    return value if isinstance(value, str) else ""
