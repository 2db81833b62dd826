"""Sessions of coding agents: files of events, of which what was said is a conversation.

The files are built after public descriptions, named at each class.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sekha import importers
from support.import_files import write_json, write_lines
from support.imported import all_of, one, said, utc


def event(name: str, parent: str | None, kind: str, content: Any, **more: Any) -> dict[str, Any]:
    """A line of a Claude Code session; the minute of its time is the number in its name."""
    message: dict[str, Any] = {"role": kind, "content": content}
    if kind == "assistant":
        message |= {"id": more.pop("answer", f"msg-{name}"), "model": "claude-x"}
    return {
        "parentUuid": parent,
        "isSidechain": False,
        "userType": "external",
        "cwd": "/home/me/code/sails",
        "sessionId": "session-1",
        "version": "2.0.0",
        "gitBranch": "main",
        "type": kind,
        "message": message,
        "uuid": name,
        "timestamp": f"2026-01-02T03:{int(name[1:]):02}:00.000Z",
        **more,
    }


def use(name: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": name, "name": "Bash", "input": {"command": f"run {name}"}}


def result(name: str, text: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": name, "content": text}


SESSION = [
    {"type": "file-history-snapshot", "messageId": "x", "snapshot": {}, "isSnapshotUpdate": False},
    event("e0", None, "user", "Caveat: said by the program", isMeta=True),
    event("e1", "e0", "user", "Fix the jib"),
    event("e2", "e1", "assistant", [{"type": "thinking", "thinking": "hm"}], answer="a"),
    event("e3", "e2", "assistant", [{"type": "text", "text": "Looking."}], answer="a"),
    event("e4", "e3", "assistant", [use("t1")], answer="a"),
    event("e5", "e4", "assistant", [use("t2")], answer="a"),
    # What both tools gave back hangs at the block that called each: two branches that are none.
    event("e6", "e4", "user", [result("t1", "one")], toolUseResult={"stdout": "one"}),
    event("e7", "e5", "user", [result("t2", "long " * 300)]),
    event("e8", "e7", "assistant", [{"type": "text", "text": "Done."}], answer="b"),
    event("e9", "e8", "user", "No, wrong"),
    event("e10", "e9", "assistant", [{"type": "text", "text": "Sorry."}], answer="c"),
    # Said again: what was said at e9 is another branch.
    event("e11", "e8", "user", "Thanks"),
    event("e12", "e11", "assistant", [{"type": "text", "text": "Welcome."}], answer="d"),
    event("e13", "e1", "assistant", [{"type": "text", "text": "sub"}], isSidechain=True),
    {"type": "summary", "summary": "The jib is fixed", "leafUuid": "e12"},
]


class TestClaudeCode:
    """The lines of ~/.claude/projects as readers of these files describe them (claude-code-log)."""

    def test_a_session(self, tmp_path: Path) -> None:
        path = write_lines(tmp_path / "projects" / "-home-me" / "session-1.jsonl", *SESSION)
        reading = importers.read(tmp_path / "projects")
        (record,) = reading
        assert path.exists() and reading.formats == ("claude-code",)
        assert [role for role, _ in said(record)] == [
            *("user", "assistant", "tool", "tool", "assistant", "user", "assistant")
        ]
        assert said(record)[1][1] == (
            "[thinking]\nhm\nLooking.\n"
            '[tool call: Bash]\n{"command": "run t1"}\n[tool call: Bash]\n{"command": "run t2"}'
        )
        assert said(record)[2][1] == "[tool result]\none"
        assert said(record)[3][1].endswith("… (1,000 more characters)")
        assert [text for _, text in said(record)[4:]] == ["Done.", "Thanks", "Welcome."]
        assert record.conversation.folder == "/imports/claude-code/sails"
        assert record.conversation.label == "The jib is fixed"
        assert (record.source, record.source_id) == ("claude-code", "session-1")
        assert record.message_times[0] == utc(2026, 1, 2, 3, 1)
        assert (record.created_at, record.updated_at) == (
            utc(2026, 1, 2, 3, 1),
            utc(2026, 1, 2, 3, 12),
        )
        assert record.models == ("claude-x",)
        assert record.notes == {
            "hidden message left out": 1,
            "tool output shortened": 1,
            "message of another branch left out": 2,
            "message of a subagent left out": 1,
        }
        assert reading.report.lost == 0

    def test_what_was_left_out(self, tmp_path: Path) -> None:
        path = write_lines(tmp_path / "s.jsonl", *SESSION)
        shown, other = all_of(path, branches="all", tool_output="keep")
        assert said(shown)[0] == ("user", "Caveat: said by the program")
        assert "long " * 300 in said(shown)[4][1]
        assert [text for _, text in said(other)] == ["Done.", "No, wrong", "Sorry."]
        assert other.source_id == "session-1#e10"
        (quiet,) = all_of(path, tool_output="drop")
        assert [role for role, _ in said(quiet)] == [
            *("user", "assistant", "assistant", "user", "assistant")
        ]

    def test_a_subagents_file_is_no_session_of_the_user(self, tmp_path: Path) -> None:
        lines = [
            event("e1", None, "user", "Find it", isSidechain=True, agentId="ag"),
            event(
                "e2",
                "e1",
                "assistant",
                [{"type": "text", "text": "Found"}],
                isSidechain=True,
                agentId="ag",
            ),
        ]
        path = write_lines(tmp_path / "agent-ag.jsonl", *lines)
        reading = importers.read(path)
        assert list(reading) == [] and reading.report.lost == 0
        assert reading.report.reasons == {"a subagent's session": 1}
        (record,) = all_of(path, branches="all")
        assert record.source_id == "session-1/ag"
        assert [text for _, text in said(record)] == ["Find it", "Found"]

    def test_a_compacted_and_a_broken_session(self, tmp_path: Path) -> None:
        boundary = event(
            "e3", None, "system", "", logicalParentUuid="e2", subtype="compact_boundary"
        )
        boundary["message"] = None
        lines = [
            event("e1", "gone", "user", "Before"),
            event("e2", "e1", "assistant", [{"type": "text", "text": "Answer"}]),
            boundary,
            event("e4", "e3", "user", "Summary of it", isCompactSummary=True),
            event("e5", "e4", "user", "After"),
        ]
        path = write_lines(tmp_path / "s.jsonl", *lines)
        with path.open("ab") as file:
            file.write(b'{"type": "user", "uuid": "e6", "mess')
        reading = importers.read(path)
        (record,) = reading
        assert said(record) == [
            ("user", "Before"),
            ("assistant", "Answer"),
            ("system", "Summary of it"),
            ("user", "After"),
        ]
        assert reading.report.details[0].where == "s.jsonl:6"
        assert reading.report.lost == 1


def item(minute: int, kind: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-02-03T04:{minute:02}:00.000Z", "type": kind, "payload": payload}


def spoken(role: str, text: str) -> dict[str, Any]:
    kind = "input_text" if role == "user" else "output_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


class TestCodex:
    """The rollout files as Codex's own protocol types describe them, new and before they had a
    payload."""

    def test_a_session(self, tmp_path: Path) -> None:
        lines = [
            item(0, "session_meta", id="s-1", cwd="/w/keel", timestamp="2026-02-03T04:00:00Z"),
            item(0, "turn_context", cwd="/w/keel", model="gpt-x"),
            item(
                1,
                "response_item",
                **spoken("user", "<environment_context>\n</environment_context>"),
            ),
            item(1, "response_item", **spoken("user", "Weigh it")),
            item(1, "event_msg", type="user_message", message="Weigh it"),
            item(
                2,
                "response_item",
                type="reasoning",
                summary=[{"type": "summary_text", "text": "scales"}],
                encrypted_content="x",
            ),
            item(
                3,
                "response_item",
                type="function_call",
                name="shell",
                arguments='{"command":["ls"]}',
                call_id="c",
            ),
            item(
                4,
                "response_item",
                type="function_call_output",
                call_id="c",
                output='{"output":"keel.txt\\n","metadata":{"exit_code":0}}',
            ),
            item(5, "event_msg", type="agent_message", message="Two tons."),
            item(5, "response_item", **spoken("assistant", "Two tons.")),
        ]
        path = write_lines(tmp_path / "sessions/2026/02/03/rollout-2026-02-03.jsonl", *lines)
        record = one(tmp_path / "sessions")
        assert path.exists()
        assert said(record) == [
            ("user", "Weigh it"),
            ("assistant", '[thinking]\nscales\n[tool call: shell]\n{"command":["ls"]}'),
            ("tool", "keel.txt\n"),
            ("assistant", "Two tons."),
        ]
        assert [time.minute for time in record.message_times if time] == [1, 3, 4, 5]
        assert record.conversation.folder == "/imports/codex/keel"
        assert record.source_id == "s-1" and record.models == ("gpt-x",)
        assert record.notes == {"hidden message left out": 1}

    def test_what_was_left_out(self, tmp_path: Path) -> None:
        lines = [
            item(0, "session_meta", id="s-2", cwd="/w"),
            item(1, "response_item", **spoken("developer", "Rules")),
            item(1, "response_item", **spoken("user", "Go on")),
            item(2, "compacted", message="What was said"),
            item(3, "response_item", **spoken("assistant", "Done")),
        ]
        path = write_lines(tmp_path / "rollout-y.jsonl", *lines)
        short = one(path)
        assert said(short) == [("user", "Go on"), ("assistant", "Done")]
        assert short.notes == {
            "hidden message left out": 1,
            "summary of what was said before left out": 1,
        }
        whole = one(path, tool_output="keep")
        assert [role for role, _ in said(whole)] == ["developer", "user", "system", "assistant"]
        assert whole.notes == {}

    def test_an_older_session(self, tmp_path: Path) -> None:
        lines = [
            {"id": "old", "timestamp": "2025-05-06T07:08:09Z", "instructions": None, "git": {}},
            {"record_type": "state"},
            spoken("user", "Hello"),
            spoken("assistant", "Hi"),
        ]
        record = one(write_lines(tmp_path / "rollout-x.jsonl", *lines))
        assert said(record) == [("user", "Hello"), ("assistant", "Hi")]
        assert record.source_id == "old" and record.created_at == utc(2025, 5, 6, 7, 8, 9)


def request(number: int, text: str, *response: Any, **more: Any) -> dict[str, Any]:
    return {
        "requestId": f"r{number}",
        "message": {"parts": [{"text": text, "kind": "text"}], "text": text},
        "variableData": {"variables": []},
        "response": list(response),
        "timestamp": 1754000000000 + 60000 * number,
        "modelId": "copilot/gpt-x",
        **more,
    }


class TestVSCode:
    """ISerializableChatData and the mutation log of VS Code's chat model."""

    CHAT = {
        "version": 3,
        "requesterUsername": "me",
        "responderUsername": "GitHub Copilot",
        "initialLocation": "panel",
        "sessionId": "v-1",
        "creationDate": 1754000000000,
        "lastMessageDate": 1754000060000,
        "customTitle": "Sails",
        "requests": [
            request(
                0,
                "Where is the jib?",
                {"kind": "thinking", "value": "search"},
                {"kind": "mcpServersStarting", "didStartServerIds": []},
                {
                    "kind": "toolInvocationSerialized",
                    "toolId": "copilot_findFiles",
                    "pastTenseMessage": {"value": "Searched for **jib**"},
                },
                {"value": "It is in ", "supportThemeIcons": False},
                {"kind": "inlineReference", "inlineReference": {"path": "/src/jib.ts"}},
                {"value": ", at the bow."},
                {"kind": "textEditGroup", "uri": {"path": "/src/jib.ts"}, "edits": []},
            ),
            request(1, "Gone", result={"errorDetails": {"message": "Canceled"}}),
            request(2, "Silence", {"kind": "undoStop", "id": "x"}),
        ],
    }
    SAID = [
        ("user", "Where is the jib?"),
        (
            "assistant",
            "[thinking]\nsearch\n[tool call: copilot_findFiles]\nSearched for **jib**\n"
            "It is in `jib.ts`, at the bow.\n[edited: jib.ts]",
        ),
        ("user", "Gone"),
        ("assistant", "Canceled"),
        ("user", "Silence"),
    ]

    def test_an_exported_chat(self, tmp_path: Path) -> None:
        reading = importers.read(write_json(tmp_path / "chat.json", self.CHAT, indent=2))
        (record,) = reading
        assert said(record) == self.SAID
        assert record.source_id == "v-1" and record.conversation.label == "Sails"
        assert record.message_times[0] == utc(2025, 7, 31, 22, 13, 20)
        assert reading.report.lost == 0

    def test_a_log_of_changes(self, tmp_path: Path) -> None:
        requests = list(self.CHAT["requests"])  # type: ignore[call-overload]
        first = {**self.CHAT, "requests": requests[:1], "customTitle": None}
        lines = [
            {"kind": 0, "v": first},
            {"kind": 2, "k": ["requests"], "v": [request(7, "undone"), request(8, "undone")]},
            {"kind": 2, "k": ["requests"], "v": requests[1:2], "i": 1},
            {"kind": 1, "k": ["customTitle"], "v": "Sails"},
            {
                "kind": 2,
                "k": ["requests"],
                "v": [{**requests[2], "message": "x", "response": None}],
            },
            {"kind": 1, "k": ["requests", 2, "message"], "v": {"text": "Silence"}},
            {"kind": 2, "k": ["requests", 2, "response"], "v": [{"value": "drop"}]},
            {"kind": 3, "k": ["requests", 2, "response"]},
            {"kind": 1, "k": ["requests", 99, "message"], "v": "nowhere"},
        ]
        record = one(write_lines(tmp_path / "v-1.jsonl", *lines))
        assert said(record) == self.SAID
        assert record.conversation.label == "Sails"
