"""Exports of chat programs: what was written, and what comes out of it.

The files are built after the programs' own export code and type definitions, named at each class.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sekha import importers
from support.import_files import write_json, write_lines, write_zip
from support.imported import all_of, one, said, utc


class TestLibreChat:
    """useExportConversation.ts: a list with all branches, or a tree of messages in messages."""

    @staticmethod
    def message(
        name: str, parent: str | None, user: bool, text: str, **more: Any
    ) -> dict[str, Any]:
        return {
            "messageId": name,
            "conversationId": "l-1",
            "parentMessageId": parent or "00000000-0000-0000-0000-000000000000",
            "sender": "User" if user else "GPT-4",
            "text": text,
            "isCreatedByUser": user,
            "createdAt": f"2025-05-06T07:0{name[1]}:00.000Z",
            "model": None if user else "gpt-4",
            **more,
        }

    def messages(self) -> list[dict[str, Any]]:
        content = [
            {"type": "think", "think": "hm"},
            {"type": "text", "text": {"value": "Two.", "annotations": []}},
            {
                "type": "tool_call",
                "tool_call": {
                    "name": "calc",
                    "args": '{"x":1}',
                    "output": "2",
                    "type": "tool_call",
                },
            },
        ]
        return [
            self.message("m1", None, True, "1+1?"),
            self.message("m2", "m1", False, "Three."),
            self.message("m3", "m1", False, "", content=content),
        ]

    @pytest.mark.parametrize("recursive", [False, True])
    def test_list_and_tree(self, tmp_path: Path, recursive: bool) -> None:
        messages = self.messages()
        document: dict[str, Any] = {
            "conversationId": "l-1",
            "endpoint": "openAI",
            "title": "Sums",
            "exportAt": "12:00:00 GMT+0000",
            "branches": True,
            "recursive": recursive,
            "options": {"model": "gpt-4"},
        }
        if recursive:
            document["messagesTree"] = [{**messages[0], "children": messages[1:]}]
        else:
            document["messages"] = messages
        record = one(write_json(tmp_path / "Sums.json", document))
        assert said(record) == [
            ("user", "1+1?"),
            (
                "assistant",
                '[thinking]\nhm\nTwo.\n[tool call: calc]\n{"x":1}\n[tool result: calc]\n2',
            ),
        ]
        assert record.source_id == "l-1" and record.conversation.label == "Sums"
        assert record.message_times == (utc(2025, 5, 6, 7, 1), utc(2025, 5, 6, 7, 3))
        assert record.notes == {"message of another branch left out": 1}

    def test_a_long_chat_as_a_tree(self, tmp_path: Path) -> None:
        tree: list[dict[str, Any]] = []
        for number in reversed(range(400)):
            tree = [
                self.message(
                    f"m{number % 10}-{number}", None, number % 2 == 0, f"{number}", children=tree
                )
            ]
        document = {"conversationId": "l", "title": "t", "recursive": True, "messagesTree": tree}
        path = tmp_path / "long.json"
        path.write_text(json.dumps(document))
        assert [text for _, text in said(one(path))] == [str(number) for number in range(400)]


class TestChatbox:
    """AdvancedSettingTab.tsx and shared/types/session.ts; before them, a list of sessions."""

    def test_sessions_and_threads(self, tmp_path: Path) -> None:
        def message(number: int, role: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
            return {
                "id": f"m{number}",
                "role": role,
                "contentParts": list(parts),
                "timestamp": 1735689600000 + 1000 * number,
                **more,
            }

        text = {"type": "text", "text": "Hello"}
        answer = (
            {"type": "reasoning", "text": "hm"},
            {
                "type": "tool-call",
                "state": "result",
                "toolCallId": "1",
                "toolName": "web",
                "args": {"q": "x"},
                "result": "found",
            },
            {"type": "text", "text": "Hi"},
            {"type": "image", "storageKey": "k"},
        )
        session = {
            "id": "s1",
            "type": "chat",
            "name": "Greeting",
            "messages": [message(1, "user", text), message(2, "assistant", *answer, model="gpt")],
            "messageForksHash": {
                "m1": {
                    "position": 0,
                    "lists": [
                        {"id": "f", "messages": []},
                        {"id": "g", "messages": [message(3, "assistant", text)]},
                    ],
                }
            },
            "threads": [
                {
                    "id": "th",
                    "name": "Earlier",
                    "createdAt": 1735000000000,
                    "messages": [message(0, "user", text, files=[{"name": "a.txt"}])],
                }
            ],
        }
        document = {
            "settings": {"theme": "dark"},
            "chat-sessions-list": [{"id": "s1", "name": "Greeting", "type": "chat"}],
            "session:s1": session,
            "session:s2": {"id": "s2", "name": "Empty", "messages": []},
            "chat-sessions": [
                {"id": "s3", "name": "Old", "messages": [{"role": "user", "content": "Old style"}]}
            ],
            "__exported_items": ["conversations"],
        }
        reading = importers.read(write_json(tmp_path / "chatbox.json", document))
        found = {record.conversation.label: record for record in reading}
        assert said(found["Earlier"]) == [("user", "Hello\n[file: a.txt]")]
        assert said(found["Greeting"]) == [
            ("user", "Hello"),
            (
                "assistant",
                '[thinking]\nhm\n[tool call: web]\n{"q": "x"}\n[tool result: web]\nfound\nHi\n[image]',
            ),
        ]
        assert said(found["Old"]) == [("user", "Old style")]
        assert found["Greeting"].source_id == "s1" and found["Greeting"].models == ("gpt",)
        assert found["Greeting"].created_at == utc(2025, 1, 1, 0, 0, 1)
        assert reading.report.reasons == {"no messages": 1} and reading.report.lost == 0
        assert found["Greeting"].notes["message of another branch left out"] == 1
        every = all_of(tmp_path / "chatbox.json", branches="all")
        (other,) = [each for each in every if each.conversation.label == "Greeting (branch 2)"]
        assert said(other) == [("assistant", "Hello")] and other.source_id == "s1#2"


class TestCherryStudio:
    """BackupService.ts and newMessage.ts: topics, and blocks in another table."""

    def test_topics_and_blocks(self, tmp_path: Path) -> None:
        topic = {"id": "t1", "name": "Tides", "assistantId": "a"}
        assistants = {"assistants": [{"id": "a", "name": "Sailor", "topics": [topic]}]}
        blocks = [
            {"id": "b1", "messageId": "m1", "type": "main_text", "content": "Why?"},
            {"id": "b3", "messageId": "m2", "type": "main_text", "content": "The moon."},
            {"id": "b2", "messageId": "m2", "type": "thinking", "content": "pull"},
            {"id": "b4", "messageId": "m2", "type": "code", "content": "x=1", "language": "python"},
            {"id": "b5", "messageId": "m2", "type": "file", "file": {"origin_name": "a.pdf"}},
        ]
        messages = [
            {
                "id": "m1",
                "role": "user",
                "topicId": "t1",
                "createdAt": "2025-02-03T04:05:06.000Z",
                "blocks": ["b1"],
            },
            {
                "id": "m2",
                "role": "assistant",
                "topicId": "t1",
                "createdAt": "2025-02-03T04:05:09.000Z",
                "blocks": ["b2", "b3", "b4", "b5"],
                "modelId": "x",
            },
            {"id": "m3", "role": "user", "type": "clear", "blocks": []},
            {
                "id": "m4",
                "role": "user",
                "createdAt": "2025-02-03T04:06:00.000Z",
                "content": "Old style",
            },
        ]
        data = {
            "time": 1738555506000,
            "version": 5,
            "localStorage": {
                "persist:cherry-studio": json.dumps({"assistants": json.dumps(assistants)})
            },
            "indexedDB": {"topics": [{"id": "t1", "messages": messages}], "message_blocks": blocks},
        }
        path = write_zip(tmp_path / "cherry-studio.zip", {"data.json": json.dumps(data)})
        record = one(path)
        assert said(record) == [
            ("user", "Why?"),
            ("assistant", "[thinking]\npull\nThe moon.\n```python\nx=1\n```\n[file: a.pdf]"),
            ("user", "Old style"),
        ]
        assert record.conversation.label == "Tides"
        assert record.conversation.folder == "/imports/cherry-studio/Sailor"
        assert record.message_times[0] == utc(2025, 2, 3, 4, 5, 6)
        assert record.source_id == "t1" and record.models == ("x",)


class TestLobeChat:
    """packages/types/src/importer.ts and export.ts."""

    MESSAGES = [
        {"id": "2", "role": "assistant", "content": "Lead.", "sessionId": "s", "topicId": "t", "createdAt": 1735689602000, "reasoning": {"content": "heavy"}},
        {"id": "1", "role": "user", "content": "Keel?", "sessionId": "s", "topicId": "t", "createdAt": 1735689601000},
        {"id": "3", "role": "user", "content": "Loose", "sessionId": "s", "createdAt": 1735689603000},
        {"id": "4", "role": "assistant", "content": "", "sessionId": "s", "createdAt": 1735689604000, "tools": [{"identifier": "web", "apiName": "search", "arguments": "{}"}]},
    ]  # fmt: skip

    @pytest.mark.parametrize("kind", ["browser", "database"])
    def test_topics_of_sessions(self, tmp_path: Path, kind: str) -> None:
        topics = [{"id": "t", "title": "Ballast", "sessionId": "s", "createdAt": 1735689600000}]
        tables: dict[str, Any] = {"messages": self.MESSAGES, "topics": topics}
        if kind == "browser":
            tables["sessions"] = [{"id": "s", "meta": {"title": "Boats"}, "type": "agent"}]
            document: dict[str, Any] = {"exportType": "all", "state": tables, "version": 7}
        else:
            tables = {"sessions": [{"id": "s", "title": "Boats"}], "users": [], **tables}
            document = {"data": tables, "mode": "pglite", "schemaHash": "x"}
        found = {r.source_id: r for r in all_of(write_json(tmp_path / "lobe.json", document))}
        assert said(found["t"]) == [("user", "Keel?"), ("assistant", "[thinking]\nheavy\nLead.")]
        assert found["t"].conversation.label == "Ballast"
        assert found["t"].conversation.folder == "/imports/lobechat/Boats"
        assert found["t"].created_at == utc(2025, 1, 1)
        assert said(found["s"]) == [("user", "Loose"), ("assistant", "[tool call: web.search]\n{}")]

    def test_one_topic(self, tmp_path: Path) -> None:
        document = {
            "exportedAt": "2026-01-01T00:00:00.000Z",
            "messages": [{"role": "user", "content": "Q", "createdAt": "2025-12-31T00:00:00.000Z"}],
            "title": "One",
            "version": "2.0",
        }
        record = one(write_json(tmp_path / "topic.json", document))
        assert (record.format, record.conversation.label) == ("lobechat", "One")
        assert record.message_times == (utc(2025, 12, 31),)


def test_typingmind(tmp_path: Path) -> None:
    """The schemas with which big-AGI's contributors read TypingMind's export."""
    chat = {
        "id": "x",
        "chatID": "c-1",
        "chatTitle": "Knots",
        "createdAt": "2025-03-04T05:06:07.000Z",
        "updatedAt": "2025-03-04T06:00:00.000Z",
        "model": "gpt-x",
        "folderID": "f",
        "messages": [
            {"uuid": "1", "role": "user", "content": [{"type": "text", "text": "Which?"}], "createdAt": "2025-03-04T05:06:08.000Z"},
            {"uuid": "2", "role": "assistant", "content": "Bowline."},
        ],
    }  # fmt: skip
    document = {
        "data": {
            "folders": [{"id": "f", "title": "F"}],
            "chats": [chat, {**chat, "chatID": "c-2"}],
        },
        "checksum": "x",
    }
    first, second = all_of(write_json(tmp_path / "typingmind.json", document))
    assert said(first) == [("user", "Which?"), ("assistant", "Bowline.")]
    assert (first.source_id, second.source_id, first.format) == ("c-1", "c-2", "typingmind")
    assert first.created_at == utc(2025, 3, 4, 5, 6, 7) and first.models == ("gpt-x",)
    assert first.message_times == (utc(2025, 3, 4, 5, 6, 8), None)


def test_huggingchat(tmp_path: Path) -> None:
    """chat-ui's export endpoint and its Message type: a tree by ancestors."""

    def message(name: str, who: str, text: str, *ancestors: str) -> dict[str, Any]:
        return {
            "id": name,
            "from": who,
            "content": text,
            "ancestors": list(ancestors),
            "createdAt": f"2025-04-05T06:0{name}:00.000Z",
            "files": ["file-1.png"] if name == "1" else [],
        }

    talk = {
        "_id": {"$oid": "abc"},
        "title": "Winds",
        "model": "m/x",
        "rootMessageId": "0",
        "messages": [
            message("0", "system", ""),
            message("1", "user", "From where?", "0"),
            message("2", "assistant", "West.", "0", "1"),
            {**message("3", "assistant", "East.", "0", "1"), "reasoning": "vane"},
        ],
        "createdAt": "2025-04-05T06:00:00.000Z",
        "updatedAt": "2025-04-05T06:05:00.000Z",
    }
    path = write_zip(
        tmp_path / "export.zip",
        {"conversations.json": json.dumps([talk], indent=2), "assistants.json": "[]"},
    )
    record = one(path)
    assert said(record) == [
        ("user", "From where?\n[file: file-1.png]"),
        ("assistant", "[thinking]\nvane\nEast."),
    ]
    assert (record.source_id, record.conversation.label) == ("abc", "Winds")
    assert record.notes["message of another branch left out"] == 1


def test_jan(tmp_path: Path) -> None:
    """ThreadMessage of Jan's core, in the folders in which it keeps threads."""

    def message(number: int, role: str, *content: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": f"m{number}",
            "object": "thread.message",
            "thread_id": "jan-1",
            "role": role,
            "content": list(content),
            "status": "ready",
            "created_at": 1735689600 + number,
            "completed_at": 0,
        }

    def text(value: str, kind: str = "text") -> dict[str, Any]:
        return {"type": kind, "text": {"value": value, "annotations": []}}

    folder = tmp_path / "threads" / "jan-1"
    write_lines(
        folder / "messages.jsonl",
        message(2, "assistant", text("slow", "reasoning"), text("Now."), {"type": "tool_call", "tool_name": "clock", "input": {}, "output": "noon"}),
        message(1, "user", text("When?"), {"type": "image_url", "image_url": {"url": "x"}}),
    )  # fmt: skip
    about = {
        "id": "jan-1",
        "title": "Time",
        "created": 1735689600,
        "updated": 1735689700,
        "assistants": [{"model": {"id": "llama"}}],
    }
    write_json(folder / "thread.json", about)
    reading = importers.read(tmp_path / "threads")
    (record,) = reading
    assert said(record) == [
        ("user", "When?\n[image]"),
        ("assistant", "[thinking]\nslow\nNow.\n[tool call: clock]\n[tool result: clock]\nnoon"),
    ]
    assert (record.source_id, record.conversation.label) == ("jan-1", "Time")
    assert record.message_times == (utc(2025, 1, 1, 0, 0, 1), utc(2025, 1, 1, 0, 0, 2))
    assert record.models == ("llama",)
    assert [file.where for file in reading.report.ignored] == ["jan-1/thread.json"]


def test_lm_studio(tmp_path: Path) -> None:
    """The fields that a converter of .conversation.json reads (YorkieDev)."""
    step = {
        "type": "contentBlock",
        "content": [{"type": "text", "text": "considered"}],
        "style": {"type": "thinking"},
    }
    answer = {"type": "contentBlock", "content": [{"type": "text", "text": "A ketch."}]}
    document = {
        "name": "Rigs",
        "pinned": False,
        "createdAt": 1735689600000,
        "systemPrompt": "",
        "perChatPredictionConfig": {"fields": [{"key": "llm.prediction.systemPrompt", "value": "Be brief."}]},
        "lastUsedModel": {"identifier": "qwen"},
        "messages": [
            {"versions": [{"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "Two masts?"}]}], "currentlySelected": 0},
            {
                "versions": [
                    {"type": "multiStep", "role": "assistant", "steps": [answer]},
                    {"type": "multiStep", "role": "assistant", "steps": [step, answer, {"type": "debugInfoBlock", "debugInfo": "x"}]},
                ],
                "currentlySelected": 1,
            },
        ],
    }  # fmt: skip
    record = one(write_json(tmp_path / "1735689600000.conversation.json", document))
    assert said(record) == [
        ("system", "Be brief."),
        ("user", "Two masts?"),
        ("assistant", "[thinking]\nconsidered\nA ketch."),
    ]
    assert record.created_at == utc(2025, 1, 1) and record.conversation.label == "Rigs"
    assert record.source_id is None and record.models == ("qwen",)
    assert record.notes == {"message of another branch left out": 1}
    shown, other = all_of(tmp_path / "1735689600000.conversation.json", branches="all")
    assert said(other) == [("user", "Two masts?"), ("assistant", "A ketch.")]
    assert shown.notes == {} and other.conversation.label == "Rigs (branch 1)"


def test_sillytavern(tmp_path: Path) -> None:
    """The header and lines that SillyTavern's endpoints/chats.js writes."""
    lines = [
        {"user_name": "You", "character_name": "Ada", "create_date": "2023-6-19 @14h 20m 3s 555ms", "chat_metadata": {"integrity": "i-1"}},
        {"name": "You", "is_user": True, "is_system": False, "send_date": "June 19, 2023 2:20pm", "mes": "Hello Ada"},
        {
            "name": "Ada",
            "is_user": False,
            "send_date": "2023-06-19T14:21:00.000Z",
            "mes": "Hello!",
            "swipes": ["Go away", "Hello!"],
            "swipe_id": 1,
            "extra": {"model": "m", "reasoning": "be nice"},
        },
    ]  # fmt: skip
    path = write_lines(tmp_path / "Ada - 2023.jsonl", *lines)
    record = one(path)
    assert said(record) == [("user", "Hello Ada"), ("assistant", "[thinking]\nbe nice\nHello!")]
    assert (record.source_id, record.conversation.label, record.format) == (
        "i-1",
        "Ada",
        "sillytavern",
    )
    assert record.created_at == utc(2023, 6, 19, 14, 20, 3, 555000)
    assert record.message_times == (utc(2023, 6, 19, 14, 20), utc(2023, 6, 19, 14, 21))
    assert record.notes == {"message of another branch left out": 1}
    shown, other = all_of(path, branches="all")
    assert said(other) == [("user", "Hello Ada"), ("assistant", "Go away")]
    group = [lines[1], *({**lines[2], "name": name, "swipes": []} for name in ("Ada", "Bob"))]
    spoken = said(one(write_lines(tmp_path / "group.jsonl", *group)))
    assert [text.partition("\n")[0] for _, text in spoken[1:]] == [
        "Ada: [thinking]",
        "Bob: [thinking]",
    ]


def test_big_agi(tmp_path: Path) -> None:
    """trade.client.ts, chat.conversation.ts and chat.fragments.ts; and messages before fragments."""

    def fragment(kind: str, **part: Any) -> dict[str, Any]:
        return {"ft": kind, "fId": "f", "part": part}

    new = {
        "id": "b-1",
        "messages": [
            {
                "id": "1",
                "role": "user",
                "fragments": [
                    fragment("content", pt="text", text="Read it"),
                    {**fragment("attachment", pt="doc", l1Title="a.md", data={"text": "what it says"}), "title": "a.md"},
                ],
                "created": 1735689600000,
                "updated": None,
            },
            {
                "id": "2",
                "role": "assistant",
                "fragments": [
                    fragment("void", pt="ma", aType="reasoning", aText="reading"),
                    fragment("content", pt="text", text="Read."),
                    fragment("content", pt="image_ref", altText="a boat"),
                    fragment("content", pt="error", error="stopped"),
                    fragment("void", pt="ph", pText="..."),
                ],
                "generator": {"name": "gpt-x"},
                "created": 1735689601000,
            },
        ],
        "systemPurposeId": "Generic",
        "userTitle": "Mine",
        "created": 1735689600000,
        "updated": 1735689601000,
    }  # fmt: skip
    old = {
        "id": "b-2",
        "messages": [{"id": "1", "role": "user", "sender": "You", "text": "Old style", "created": 1735689600000}],
        "systemPurposeId": "Generic",
        "autoTitle": "Old",
    }  # fmt: skip
    document = {"conversations": [new, old], "models": {"sources": []}, "folders": {"folders": []}}
    first, second = all_of(write_json(tmp_path / "backup.agi.json", document))
    assert said(first) == [
        ("user", "Read it\n[attachment: a.md]\nwhat it says"),
        ("assistant", "[thinking]\nreading\nRead.\n[image: a boat]\nstopped"),
    ]
    assert (first.source_id, first.conversation.label) == ("b-1", "Mine")
    assert first.message_times == (utc(2025, 1, 1), utc(2025, 1, 1, 0, 0, 1))
    assert said(second) == [("user", "Old style")]
    assert one(write_json(tmp_path / "one.json", old)).format == "big-agi"


def test_vercel_ai_sdk(tmp_path: Path) -> None:
    """UIMessage of the AI SDK: a chat, and a list of messages by itself."""
    messages = [
        {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Weather?"}, {"type": "file", "mediaType": "image/png", "filename": "sky.png", "url": "data:"}], "createdAt": "2025-05-06T07:08:09.000Z"},
        {
            "id": "2",
            "role": "assistant",
            "parts": [
                {"type": "step-start"},
                {"type": "reasoning", "text": "look"},
                {"type": "tool-weather", "toolCallId": "t", "state": "output-available", "input": {"city": "Oslo"}, "output": {"text": "snow"}},
                {"type": "source-url", "sourceId": "s", "url": "https://example.com/w", "title": "Weather"},
                {"type": "text", "text": "Snow."},
            ],
        },
    ]  # fmt: skip
    expected = [
        ("user", "Weather?\n[image: sky.png]"),
        (
            "assistant",
            '[thinking]\nlook\n[tool call: weather]\n{"city": "Oslo"}\n[tool result: weather]\nsnow\n'
            "[Weather](https://example.com/w)\nSnow.",
        ),
    ]
    for document in (messages, {"id": "v", "title": "W", "messages": messages}):
        record = one(write_json(tmp_path / "x.json", document))
        assert said(record) == expected and record.format == "vercel-ai"
        assert record.message_times == (utc(2025, 5, 6, 7, 8, 9), None)
    assert (record.source_id, record.conversation.label) == ("v", "W")
    rows = [
        {**message, "chatId": chat, "createdAt": f"2025-05-06T07:0{number}:00.000Z"}
        for number, message in enumerate(reversed(messages))
        for chat in ("c1", "c2")
    ]
    found = all_of(write_json(tmp_path / "rows.json", rows))
    assert [record.source_id for record in found] == ["c1", "c2"]
    assert [role for role, _ in said(found[0])] == ["assistant", "user"]


def test_chatgpt_exporter(tmp_path: Path) -> None:
    """The "ChatGPT Exporter" family's JSON, and the pairs that pionxzh/chatgpt-exporter writes."""
    document = {
        "metadata": {
            "title": "Ropes",
            "user": {"name": "x"},
            "dates": {"created": "5/6/2025 7:08:09", "updated": "5/6/2025 8:00:00"},
            "powered_by": "ChatGPT Exporter",
            "link": "https://chatgpt.com/c/abc-1",
        },
        "messages": [
            {"role": "Prompt", "say": "Which?", "time": "5/6/2025 7:08:09"},
            {"role": "Response", "say": "Hemp."},
        ],
    }
    record = one(write_json(tmp_path / "ChatGPT-Ropes.json", document))
    assert said(record) == [("user", "Which?"), ("assistant", "Hemp.")]
    assert (record.source_id, record.conversation.label) == ("abc-1", "Ropes")
    assert record.created_at == record.message_times[0] == utc(2025, 5, 6, 7, 8, 9)
    pairs = [["<|BEGIN-VISIBLE-CHAT|>", "Hello"], ["Hi", "Well"]]
    other = one(write_json(tmp_path / "x.ooba.json", {"internal": pairs, "visible": pairs}))
    assert said(other) == [("assistant", "Hello"), ("user", "Hi"), ("assistant", "Well")]
