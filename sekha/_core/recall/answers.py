"""Messages out of the controller's answers, without the models that nobody would see: a recall
reads hundreds.

They are handed what the contract's schema has passed.
"""

from __future__ import annotations

from typing import Any

from ..request.answers import export_data
from .candidates import Found, Location
from .ranking import Hit


def vector_hits(body: Any) -> Found:
    """Of an answer to `semantic_query`; its scores are distances (compatibility row 15)."""
    messages, locations = [], {}
    for row in body["results"]:
        owner = row["conversation_id"]
        role = row["metadata"].get("role")
        if not isinstance(role, str):
            role = ""
        similarity = 1.0 - row["score"]
        messages.append(
            Hit(row["message_id"], owner, role, row["content"], row["timestamp"], similarity)
        )
        if owner not in locations:
            locations[owner] = Location(row["label"], row["folder"])
    return Found(messages, locations)


def matches(body: Any) -> Found:
    """Of an answer to `full_text_search`."""
    return Found(_word_hits(body["results"]), _told_locations(body["results"]))


def many_matches(body: Any) -> tuple[Found, list[Found] | None]:
    """Of an answer to several queries in one `full_text_search`: all of it, and what each query
    found; None if only the first was answered."""
    whole = matches(body)
    if "matches" not in body:
        return whole, None
    known = {each.id: each for each in whole.messages}
    lists = [Found([known[key] for key in keys]) for keys in body["matches"]]
    return whole, lists


def exported(body: Any) -> Found:
    """Of an answer to `memory_export`."""
    return _conversation(export_data(body))


def many_exported(body: Any) -> tuple[Found, list[Found] | None]:
    """Of an answer to `memory_export` of several conversations: the first, and the others; None if
    only the first was given."""
    data = export_data(body)
    others = data.get("others")
    return _conversation(data), None if others is None else [_conversation(each) for each in others]


def _conversation(data: Any) -> Found:
    record = data["conversation"]
    owner = record["id"]
    messages = [
        Hit(row["id"], owner, row["role"], row["content"], row["timestamp"])
        for row in data["messages"]
    ]
    return Found(messages, {owner: Location(record["label"], record["folder"])})


def _word_hits(rows: Any) -> list[Hit]:
    return [
        Hit(row["id"], row["conversation_id"], row["role"], row["content"], row["timestamp"])
        for row in rows
    ]


def _told_locations(rows: Any) -> dict[str, Location]:
    """Where conversations are kept, as far as their messages tell."""
    told = {row["conversation_id"]: row["metadata"].get("conversation") for row in rows}
    return {
        owner: Location(each["label"], each["folder"])
        for owner, each in told.items()
        if isinstance(each, dict) and _text(each.get("label")) and _text(each.get("folder"))
    }


def _text(value: object) -> str:
    """What stands in free-form metadata need not be text."""
    return value if isinstance(value, str) else ""
