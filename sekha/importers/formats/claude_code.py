"""Claude Code's sessions: a file of lines for each, every line an event of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from attrs import define

from .. import branches, parts
from ..drafts import HIDDEN, Conversion, Draft, Skip, Turn
from ..folding import Origin, Session
from ..texts import first, join, text_of
from ..times import moment

NAME = "claude-code"
TITLE = "Claude Code (sessions)"
HOW = "the folder ~/.claude/projects, or one of its .jsonl files"
FOLDER = "/imports/claude-code"

_TITLES = {"custom-title": "customTitle", "ai-title": "aiTitle", "summary": "summary"}
SUBAGENT = "message of a subagent left out"


def recognises(record: Mapping[str, Any]) -> bool:
    if record.get("type") == "summary" and "leafUuid" in record:
        return True
    return "sessionId" in record and ("parentUuid" in record or "isSidechain" in record)


@define
class _Event:
    """A line: its text, and where it stands in the tree."""

    parent: str | None
    role: str = ""
    text: str = ""
    time: Any = None
    answer: str = ""
    raw: Any = None
    tool: bool = False


class FOLD(Session):
    """One session; only what was said is kept of each line."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._events: dict[str, _Event] = {}
        self._aside: dict[str, _Event] = {}
        self._titles: dict[str, str] = {}
        self._session: str | None = None
        self._agent: str | None = None
        self._project: str | None = None
        self._last: str | None = None

    def take(self, record: Mapping[str, Any]) -> None:
        kind = text_of(record.get("type"))
        if kind in _TITLES:
            self._titles[kind] = text_of(record.get(_TITLES[kind])) or self._titles.get(kind, "")
            return
        name = text_of(record.get("uuid"))
        if not name:
            if not isinstance(record.get("message"), dict):
                return
            name = f"line {len(self._events) + len(self._aside)}"
        if name in self._events or name in self._aside:
            # A session that was gone on with may write its earlier lines again.
            self.work.note("repeated line left out")
            return
        if not self._events and not self._aside:
            named = PurePosixPath(self.origin.name).name
            by_name = (
                named.removeprefix("agent-").removesuffix(".jsonl") if named[:6] == "agent-" else ""
            )
            self._agent = text_of(record.get("agentId")) or by_name or None
        self._session = self._session or text_of(record.get("sessionId")) or None
        folder = text_of(record.get("cwd")).replace("\\", "/")
        self._project = self._project or PurePosixPath(folder).name or None
        aside = record.get("isSidechain") is True
        events = self._aside if aside else self._events
        parent = text_of(record.get("parentUuid")) or text_of(record.get("logicalParentUuid"))
        known = parent in events
        if not known and not aside:
            # What hangs at nothing (the rest of a session that was cut or compacted, a first
            # message said again) goes on from the line before it.
            parent = self._last or ""
        events[name] = _event(record, kind, parent or None, self.work)
        if not aside:
            self._last = name

    def drafts(self) -> list[Draft | Skip]:
        events = self._events
        alone = not events
        if alone and self.work.wishes.branches == "all":
            events = self._aside
        elif any(event.role for event in self._aside.values()):
            count = sum(bool(event.text.strip()) for event in self._aside.values())
            if alone:
                return [Skip("a subagent's session", f"{count} messages", harmless=True)]
            self.work.note(SUBAGENT, count)
        times = [event.time for event in events.values() if event.time is not None]
        session = self._session
        if session and self._agent:
            # A file of a subagent names the session that it worked for.
            session = f"{session}/{self._agent}"
        base = Draft(
            turns=[],
            source_id=session,
            title=next(filter(None, map(self._titles.get, _TITLES)), None),
            project=self._project,
            created_at=min(times, default=None),
            updated_at=max(times, default=None),
        )
        nodes, parent_of = _joined(events)
        leaf = next((name for name in reversed(nodes) if nodes[name].role), None)
        drafts: list[Draft | Skip] = []
        drafts += branches.drafts(base, nodes, parent_of, leaf, _turn, self.work)
        return drafts


def _event(record: Mapping[str, Any], kind: str, parent: str | None, work: Conversion) -> _Event:
    message = record.get("message")
    if kind == "attachment" and (typed := _typed_meanwhile(record)) is not None:
        kind, message = "user", {"role": "user", "content": typed}
    if kind not in ("user", "assistant") or not isinstance(message, dict):
        return _Event(parent)
    if record.get("isMeta") is True and work.wishes.tool_output != "keep":
        work.note(HIDDEN)
        return _Event(parent)
    content = message.get("content")
    role = text_of(message.get("role")) or kind
    model = text_of(message.get("model"))
    if model != "<synthetic>":
        work.model(model)
    results = isinstance(content, list) and any(
        isinstance(part, dict) and text_of(part.get("type")).endswith("tool_result")
        for part in content
    )
    if record.get("isCompactSummary") is True:
        role = "system"
    text = parts.text(content, work)
    if not text.strip() and work.wishes.tool_output == "drop" and results:
        return _Event(parent)
    return _Event(
        parent=parent,
        role="tool" if results else role,
        text=text,
        time=moment(record.get("timestamp")),
        answer=text_of(first(message, ("id",))) if role == "assistant" else "",
        raw=None if text.strip() else content,
        tool=results,
    )


def _typed_meanwhile(record: Mapping[str, Any]) -> Any:
    """What a user typed while the model was at work, which no line of the user's has; or None."""
    attached = record.get("attachment")
    if not isinstance(attached, dict) or attached.get("type") != "queued_command":
        return None
    mode, origin = attached.get("commandMode", "prompt"), first(attached.get("origin"), ("kind",))
    if mode != "prompt" or origin not in (None, "human") or attached.get("isMeta") is True:
        return None
    return attached.get("prompt")


def _joined(
    events: Mapping[str, _Event],
) -> tuple[dict[str, _Event], dict[str, str | None]]:
    """The lines of one answer as one node, and their parents.

    An answer is written block by block, and what tools gave back hangs at the block that called
    each: all of it is one way, and only what a user said again is another branch.
    """
    nodes: dict[str, _Event] = {}
    place: dict[str, str] = {}
    answers: dict[str, str] = {}
    last: dict[str, str] = {}
    for name, event in events.items():
        into = answers.get(event.answer) if event.answer else None
        if into is not None:
            node = nodes[into]
            node.text = join([node.text, event.text])
            node.raw = node.raw or event.raw
            place[name] = into
            continue
        place[name] = name
        parent = place.get(event.parent or "")
        root = answer_root(parent, nodes)
        if parent is not None and (event.tool or event.answer) and root in last:
            # Beside what another tool of the same answer gave back: behind it.
            parent = last[root]
        event.parent = parent
        nodes[name] = event
        if event.answer:
            answers[event.answer] = name
            last[name] = name
        elif event.tool and root is not None:
            last[root] = name
    return nodes, {name: node.parent for name, node in nodes.items()}


def answer_root(name: str | None, nodes: Mapping[str, _Event]) -> str | None:
    """The answer to which what tools gave back belongs."""
    while name is not None and nodes[name].tool:
        name = nodes[name].parent
    return name


def _turn(event: _Event, work: Conversion) -> Turn | None:
    return work.turn(event.role, event.text, event.time, raw=event.raw) if event.role else None
