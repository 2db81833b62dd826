"""Codex's sessions: a file of lines for each ("rollout"), every line an item of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from .. import parts, texts
from ..drafts import HIDDEN, Conversion, Draft, Skip, Turn
from ..folding import Origin, Session
from ..texts import as_text, first, join, text_of
from ..times import moment

NAME = "codex"
TITLE = "Codex (sessions)"
HOW = "the folder ~/.codex/sessions, or one of its rollout-….jsonl files"
FOLDER = "/imports/codex"

SUMMARY = "summary of what was said before left out"
_ITEMS = frozenset(("session_meta", "response_item", "event_msg", "turn_context", "compacted"))
_CALLS = frozenset(("function_call", "custom_tool_call", "local_shell_call", "web_search_call"))
_INJECTED = ("<environment_context", "<user_instructions", "<permissions", "# AGENTS.md", "<turn_")
"""What Codex says in the user's name at the beginning of a session."""


def recognises(record: Mapping[str, Any]) -> bool:
    if text_of(record.get("type")) in _ITEMS and isinstance(record.get("payload"), dict):
        return True
    # Before 2025-09 the first line was the session itself, and the items stood alone.
    if record.get("record_type") == "state":
        return True
    return "instructions" in record and "timestamp" in record and "id" in record


class FOLD(Session):
    """One session; only what was said is kept of each line."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._turns: list[Turn] = []
        self._told: list[Turn] = []
        self._thought = ""
        self._about: dict[str, Any] = {}
        self._time: datetime | None = None

    def take(self, record: Mapping[str, Any]) -> None:
        time = moment(record.get("timestamp"))
        self._time = time or self._time
        payload = record.get("payload")
        kind = text_of(record.get("type"))
        if kind in _ITEMS and isinstance(payload, dict):
            if kind == "session_meta":
                inner = payload.get("meta")
                self._begin(inner if isinstance(inner, dict) else payload)
            elif kind == "turn_context":
                self.work.model(payload.get("model"))
            elif kind == "response_item":
                self._item(payload)
            elif kind == "event_msg":
                self._event(payload)
            elif self.work.wishes.tool_output == "keep":
                self._say("system", text_of(payload.get("message")), payload.get("message"))
            else:
                self.work.note(SUMMARY)
        elif "instructions" in record or ("id" in record and not kind):
            self._begin(record)
        else:
            self._item(record)

    def _begin(self, about: Mapping[str, Any]) -> None:
        if not self._about:
            # A session that was gone on with tells of the earlier ones below its own.
            self._about = {key: about.get(key) for key in ("id", "cwd", "timestamp")}
            self._time = moment(about.get("timestamp")) or self._time

    def _item(self, item: Mapping[str, Any]) -> None:
        kind = text_of(item.get("type"))
        if kind == "reasoning":
            self._thought = join([self._thought, parts.text(item.get("summary"), self.work)])
            if not item.get("summary") and item.get("encrypted_content"):
                self.work.note("encrypted thinking left out")
        elif kind in _CALLS:
            self._say("assistant", texts.tool_call(*_called(item, kind)), item)
        elif kind.endswith("_output"):
            output = self.work.output(_output(item.get("output"), self.work))
            if output:
                self._say("tool", output, item)
        elif kind == "message":
            self._message(item)

    def _message(self, item: Mapping[str, Any]) -> None:
        role = text_of(item.get("role"))
        text = parts.text(item.get("content"), self.work)
        injected = role == "user" and text.lstrip().startswith(_INJECTED)
        if (injected or role in ("developer", "system")) and self.work.wishes.tool_output != "keep":
            self.work.note(HIDDEN)
            return
        self._say(role, text, item.get("content"))

    def _say(self, role: str, text: str, raw: Any) -> None:
        if role == "assistant" and self._thought:
            text = join([texts.thinking(self._thought), text])
            self._thought = ""
        turn = self.work.turn(role, text, self._time, raw=raw)
        if turn is not None:
            self._turns.append(turn)

    def _event(self, event: Mapping[str, Any]) -> None:
        """What was shown; it is in the items too, but for sessions without them."""
        role = {"user_message": "user", "agent_message": "assistant"}.get(
            text_of(event.get("type"))
        )
        if role and text_of(event.get("message")).strip():
            self._told.append(Turn(role, text_of(event["message"]), self._time))

    def drafts(self) -> list[Draft | Skip]:
        if self._thought:
            self._say("assistant", "", None)
        turns = self._turns
        if not any(turn.role == "user" for turn in turns):
            turns = self._told or turns
        times = [turn.time for turn in turns if turn.time is not None]
        folder = text_of(self._about.get("cwd")).replace("\\", "/")
        return [
            self.work.draft(
                turns,
                source_id=text_of(self._about.get("id")) or None,
                project=PurePosixPath(folder).name or None,
                created_at=moment(self._about.get("timestamp")) or min(times, default=None),
                updated_at=max(times, default=None),
            )
        ]


def _called(item: Mapping[str, Any], kind: str) -> tuple[object, object]:
    action = item.get("action")
    name = item.get("name") or {"local_shell_call": "shell", "web_search_call": "web_search"}.get(
        kind
    )
    given = first(item, ("arguments", "input"))
    if given is None and isinstance(action, dict):
        command = action.get("command")
        given = (
            " ".join(map(str, command)) if isinstance(command, list) else first(action, ("query",))
        )
    return name, given


def _output(output: object, work: Conversion) -> str:
    """What a tool gave back, which may be JSON as text, or a list of parts."""
    if isinstance(output, list):
        return parts.text(output, work)
    told: Any = output
    if isinstance(output, str) and output.startswith('{"'):
        try:
            told = json.loads(output)
        except (ValueError, RecursionError):
            return output
    inner = first(told, ("output", "content"))
    return as_text(inner if inner is not None else output)
