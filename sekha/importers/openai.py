"""OpenAI chat messages: `messages` with `role` and `content`, one conversation a record or line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from . import texts
from .records import Draft, Reservation, Skip
from .texts import Notes, as_text, join, one_line, parts_text, text_of
from .times import moment

NAME = "openai"
TITLE = "OpenAI chat messages"
FOLDER = "/imports/openai"


def recognises(record: Mapping[str, Any]) -> bool:
    messages = record.get("messages")
    return isinstance(messages, list) and (not messages or is_message(messages[0]))


def is_message(value: object) -> bool:
    """Whether it is a chat message by itself."""
    return isinstance(value, dict) and isinstance(value.get("role"), str) and "from" not in value


def convert(record: Mapping[str, Any]) -> Draft | Skip:
    """The messages in order; the calls of tools are written into the text."""
    messages = record.get("messages")
    if not isinstance(messages, list):
        return Skip("not a conversation of this format", "it has no list of messages")
    notes: Notes = Counter()
    turns: list[Reservation] = []
    for message in messages:
        if not isinstance(message, dict):
            notes["message that is not an object left out"] += 1
            continue
        role = text_of(message.get("role"))
        if not role.strip():
            notes["message without a role kept as unknown"] += 1
            role = "unknown"
        time = moment(message.get("created_at") or message.get("timestamp"))
        turns.append(Reservation(role, _text(message, notes), time))
    if record.get("tools") or record.get("functions"):
        notes["list of tools left out"] += 1
    return Draft(
        turns=turns,
        source_id=as_text(record.get("id")) or None,
        title=text_of(record.get("title")) or None,
        label=one_line(record.get("label")) or None,
        folder=one_line(record.get("folder")) or None,
        created_at=moment(record.get("created_at") or record.get("created")),
        updated_at=moment(record.get("updated_at")),
        notes=notes,
    )


def _text(message: Mapping[str, Any], notes: Notes) -> str:
    calls = message.get("tool_calls")
    pieces = [parts_text(message.get("content"), notes), text_of(message.get("refusal"))]
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        pieces.append(_call(function if isinstance(function, dict) else call))
    if isinstance(message.get("function_call"), dict):
        pieces.append(_call(message["function_call"]))
    if message.get("audio"):
        pieces.append(texts.audio(notes))
    # Content alone stays as it is, its blank lines too.
    said = [piece for piece in pieces if piece.strip()]
    return pieces[0] if len(said) < 2 and pieces[0].strip() else join(said)


def _call(function: object) -> str:
    if not isinstance(function, dict):
        return texts.tool_call("", function)
    return texts.tool_call(function.get("name"), function.get("arguments"))
