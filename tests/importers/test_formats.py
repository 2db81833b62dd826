"""Every format, from a file of it to the conversations that are stored."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sekha import importers
from sekha._core.transfer import format as exports
from sekha.errors import SekhaImportError
from sekha.importers import ImportRecord
from support.import_files import (
    NIL,
    claude_conversation,
    claude_message,
    gemini_activity,
    gpt_conversation,
    gpt_mapping,
    gpt_message,
    gpt_node,
    own_export,
    own_record,
    sharegpt_record,
    webui_chat,
    webui_message,
    write_json,
    write_lines,
)


def all_of(path: Path, **options: Any) -> list[ImportRecord]:
    return list(importers.read(path, **options))


def one(path: Path, **options: Any) -> ImportRecord:
    (record,) = all_of(path, **options)
    return record


def said(record: ImportRecord) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in record.conversation.messages]


class TestChatGPT:
    def test_a_conversation_with_all_that_is_known_of_it(self, tmp_path: Path) -> None:
        talk = gpt_conversation(gpt_message("user", "Hello"), gpt_message("assistant", "Hi"))
        record = one(write_json(tmp_path / "conversations.json", [talk]))
        assert said(record) == [("user", "Hello"), ("assistant", "Hi")]
        assert record.conversation.label == "A talk"
        assert record.conversation.folder == "/imports/chatgpt"
        assert record.source_id == "conversation-id"
        assert record.created_at == datetime(2023, 11, 14, 22, 13, 20, 250000, timezone.utc)
        assert record.updated_at == datetime(2023, 11, 14, 22, 15, 0, 750000, timezone.utc)
        assert record.format == "chatgpt"
        assert record.where == "conversations.json[0]"
        assert record.notes == {}

    def test_abandoned_branches_are_left_out(self, tmp_path: Path) -> None:
        mapping = gpt_mapping(
            gpt_node("root", None),
            gpt_node("q", "root", gpt_message("user", "Q")),
            gpt_node("a1", "q", gpt_message("assistant", "rejected", create_time=1.8e9)),
            gpt_node("a2", "q", gpt_message("assistant", "chosen")),
        )
        talk = gpt_conversation(mapping=mapping, current_node="a2")
        assert said(one(write_json(tmp_path / "x.json", [talk]))) == [
            ("user", "Q"),
            ("assistant", "chosen"),
        ]

    @pytest.mark.parametrize("current", [None, "gone", 7])
    def test_without_a_current_node_the_newest_leaf_is_it(
        self, tmp_path: Path, current: object
    ) -> None:
        mapping = gpt_mapping(
            gpt_node("root", None),
            gpt_node("q", "root", gpt_message("user", "Q")),
            gpt_node("new", "q", gpt_message("assistant", "newest", create_time=1.8e9)),
            gpt_node("old", "q", gpt_message("assistant", "old", create_time=None)),
        )
        talk = gpt_conversation(mapping=mapping, current_node=current)
        assert said(one(write_json(tmp_path / "x.json", [talk])))[-1] == ("assistant", "newest")

    def test_a_cycle_ends(self, tmp_path: Path) -> None:
        mapping = gpt_mapping(
            gpt_node("a", "b", gpt_message("user", "A")),
            gpt_node("b", "a", gpt_message("assistant", "B")),
        )
        for current in ("b", None):
            talk = gpt_conversation(mapping=mapping, current_node=current)
            assert said(one(write_json(tmp_path / "x.json", [talk]))) == [
                ("user", "A"),
                ("assistant", "B"),
            ]

    def test_a_parent_that_only_the_list_of_children_names(self, tmp_path: Path) -> None:
        mapping = gpt_mapping(
            gpt_node("q", None, gpt_message("user", "Q")),
            gpt_node("a", "q", gpt_message("assistant", "A")),
        )
        del mapping["a"]["parent"]
        talk = gpt_conversation(mapping=mapping, current_node="a")
        assert len(said(one(write_json(tmp_path / "x.json", [talk])))) == 2

    def test_hidden_empty_and_null_messages_are_no_turns(self, tmp_path: Path) -> None:
        hidden = gpt_message(
            "system", "instructions", metadata={"is_visually_hidden_from_conversation": True}
        )
        talk = gpt_conversation(
            gpt_message("system", ""), None, hidden, gpt_message("user", "seen")
        )
        record = one(write_json(tmp_path / "x.json", [talk]))
        assert said(record) == [("user", "seen")]
        assert record.notes == {"hidden message left out": 1}

    def test_null_times(self, tmp_path: Path) -> None:
        talk = gpt_conversation(
            gpt_message("user", "Q", create_time=None), create_time=None, update_time=None
        )
        reading = importers.read(write_json(tmp_path / "x.json", [talk]))
        (record,) = reading
        assert record.created_at is None and record.message_times == (None,)
        assert reading.report.times_not_stored == 0

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ({"content_type": "text", "parts": ["one", "two"]}, "one\ntwo"),
            ({"content_type": "text", "parts": [{"text": "in an object"}]}, "in an object"),
            (
                {"content_type": "code", "language": "python", "text": "print(1)"},
                "```python\nprint(1)\n```",
            ),
            ({"content_type": "code", "language": "unknown", "text": "x"}, "```\nx\n```"),
            ({"content_type": "execution_output", "text": "1"}, "1"),
            (
                {
                    "content_type": "multimodal_text",
                    "parts": [
                        {
                            "content_type": "image_asset_pointer",
                            "asset_pointer": "file-service://x",
                        },
                        "What is this?",
                    ],
                },
                "[image]\nWhat is this?",
            ),
            (
                {
                    "content_type": "multimodal_text",
                    "parts": [
                        {"content_type": "audio_transcription", "text": "spoken words"},
                        {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://x"},
                    ],
                },
                "spoken words\n[audio]",
            ),
            (
                {
                    "content_type": "multimodal_text",
                    "parts": [
                        {
                            "content_type": "real_time_user_audio_video_asset_pointer",
                            "audio_asset_pointer": {"content_type": "audio_asset_pointer"},
                            "video_container_asset_pointer": {"x": 1},
                            "frames_asset_pointers": [],
                        }
                    ],
                },
                "[audio]\n[video]",
            ),
            (
                {
                    "content_type": "tether_quote",
                    "url": "https://example.com/a",
                    "domain": "example.com",
                    "title": "A page",
                    "text": "quoted",
                },
                "A page\nhttps://example.com/a\nquoted",
            ),
            (
                {"content_type": "tether_browsing_display", "result": "found", "summary": None},
                "found",
            ),
            (
                {
                    "content_type": "user_editable_context",
                    "user_profile": "I sail.",
                    "user_instructions": "Be brief.",
                },
                "I sail.\nBe brief.",
            ),
            (
                {
                    "content_type": "thoughts",
                    "thoughts": [{"summary": "Sum", "content": "Let me see", "chunks": []}],
                },
                "[thinking]\nSum\nLet me see",
            ),
            ({"content_type": "system_error", "name": "E", "text": "failed"}, "E\nfailed"),
            ({"content_type": "never_seen", "result": "kept"}, "kept"),
            ({"content_type": "never_seen", "payload": {}}, "[never_seen]"),
        ],
    )
    def test_content_of_every_type(
        self, tmp_path: Path, content: dict[str, Any], expected: str
    ) -> None:
        talk = gpt_conversation(gpt_message("assistant", content))
        assert said(one(write_json(tmp_path / "x.json", [talk]))) == [("assistant", expected)]

    def test_tools_recaps_attachments_and_citations(self, tmp_path: Path) -> None:
        recap = {"content_type": "reasoning_recap", "content": "Thought for 8s"}
        call = {"content_type": "code", "language": "unknown", "text": "search('x')"}
        files = [
            {"name": "plan.pdf", "mime_type": "application/pdf"},
            {"name": "a.png", "mime_type": "image/png"},
        ]
        talk = gpt_conversation(
            gpt_message("user", "Look", metadata={"attachments": files}),
            gpt_message("assistant", call, recipient="browser"),
            gpt_message("tool", "a result"),
            gpt_message("assistant", recap),
            gpt_message("assistant", "It is so\ue200cite\ue202turn0search1\ue201."),
        )
        record = one(write_json(tmp_path / "x.json", [talk]))
        assert said(record) == [
            ("user", "Look\n[file: plan.pdf]\n[image: a.png]"),
            ("assistant", "[tool call: browser]\n```\nsearch('x')\n```"),
            ("tool", "a result"),
            ("assistant", "It is so."),
        ]
        assert record.notes == {
            "file replaced by a marker": 1,
            "image replaced by a marker": 1,
            '"thought for N seconds" left out': 1,
            "citation mark left out": 1,
        }

    def test_one_conversation_in_a_file_of_its_own(self, tmp_path: Path) -> None:
        talk = gpt_conversation(gpt_message("user", "alone"))
        assert said(one(write_json(tmp_path / "x.json", talk, indent=1))) == [("user", "alone")]

    def test_archived_is_told(self, tmp_path: Path) -> None:
        talk = gpt_conversation(gpt_message("user", "x"), is_archived=True)
        assert one(write_json(tmp_path / "x.json", [talk])).status == "archived"


class TestClaude:
    def test_a_conversation(self, tmp_path: Path) -> None:
        talk = claude_conversation(
            claude_message("human", "Hello"), claude_message("assistant", "Hi")
        )
        record = one(write_json(tmp_path / "conversations.json", [talk]))
        assert said(record) == [("user", "Hello"), ("assistant", "Hi")]
        assert record.conversation.label == "A chat"
        assert record.conversation.folder == "/imports/claude"
        assert record.source_id == "claude-id"
        assert record.created_at == datetime(2025, 1, 2, 3, 4, tzinfo=timezone.utc)
        assert record.message_times[0] == datetime(2025, 1, 2, 3, 4, 5, 678901, timezone.utc)

    def test_text_that_is_only_in_one_of_the_two_places(self, tmp_path: Path) -> None:
        content = [{"type": "text", "text": "only in content"}]
        talk = claude_conversation(
            claude_message("human", text="", content=content),
            claude_message("assistant", text="only in text", content=[]),
        )
        assert [text for _, text in said(one(write_json(tmp_path / "x.json", [talk])))] == [
            "only in content",
            "only in text",
        ]

    def test_blocks(self, tmp_path: Path) -> None:
        content = [
            {"type": "thinking", "thinking": "hm", "summaries": []},
            {"type": "text", "text": "Before."},
            {"type": "tool_use", "name": "web_search", "input": {"query": "sea"}},
            {
                "type": "tool_result",
                "name": "web_search",
                "content": [
                    {"type": "text", "text": "waves"},
                    {
                        "type": "knowledge",
                        "title": "Sea",
                        "url": "https://example.com",
                        "text": "t",
                    },
                    {"type": "image", "file_uuid": "x"},
                ],
            },
            {"type": "token_budget"},
            {"type": "text", "text": "After."},
        ]
        placeholder = "```\nThis block is not supported on your current device yet.\n```"
        talk = claude_conversation(
            claude_message("assistant", text=f"Before.\n{placeholder}\nAfter.", content=content)
        )
        record = one(write_json(tmp_path / "x.json", [talk]))
        assert said(record) == [
            (
                "assistant",
                "[thinking]\nhm\nBefore.\n"
                '[tool call: web_search]\n{"query": "sea"}\n'
                "[tool result: web_search]\nwaves\n[Sea](https://example.com)\nt\n[image]\nAfter.",
            )
        ]

    def test_attachments_and_files(self, tmp_path: Path) -> None:
        message = claude_message(
            "human",
            "Read this",
            attachments=[
                {
                    "file_name": "notes.txt",
                    "file_type": "txt",
                    "file_size": 5,
                    "extracted_content": "what it says",
                }
            ],
            files=[{"file_name": "notes.txt"}, {"file_name": "photo.png"}],
        )
        record = one(write_json(tmp_path / "x.json", [claude_conversation(message)]))
        assert said(record) == [
            ("user", "Read this\n[attachment: notes.txt]\nwhat it says\n[file: photo.png]")
        ]

    def test_a_branch_where_messages_name_their_parents(self, tmp_path: Path) -> None:
        def message(uuid: str, parent: str, text: str) -> dict[str, Any]:
            return claude_message("human", text, uuid=uuid, parent_message_uuid=parent)

        messages = [
            message("a", NIL, "first try"),
            message("b", NIL, "edited"),
            message("c", "b", "abandoned"),
            message("d", "b", "followed"),
        ]
        talk = claude_conversation(*messages)
        chosen = claude_conversation(*messages, current_leaf_message_uuid="a", uuid="other")
        first, second = all_of(write_json(tmp_path / "x.json", [talk, chosen]))
        assert [text for _, text in said(first)] == ["edited", "followed"]
        assert [text for _, text in said(second)] == ["first try"]

    def test_without_a_name_the_first_human_words_are_the_label(self, tmp_path: Path) -> None:
        words = "How do I bake\nbread without yeast, in a kitchen that has no oven but has a pan?"
        talk = claude_conversation(
            claude_message("assistant", "Welcome"), claude_message("human", words), name=""
        )
        label = one(write_json(tmp_path / "x.json", [talk])).conversation.label
        assert label == "How do I bake bread without yeast, in a kitchen that has no…"


class TestGemini:
    def test_a_prompt_and_its_answer(self, tmp_path: Path) -> None:
        record = one(write_json(tmp_path / "My Activity.json", [gemini_activity()]))
        assert said(record) == [
            ("user", "why is the sky blue?"),
            ("assistant", "Because of scattering."),
        ]
        assert record.conversation.label == "why is the sky blue?"
        assert record.conversation.folder == "/imports/gemini"
        assert record.created_at == datetime(2025, 3, 4, 5, 6, 7, 890000, timezone.utc)

    def test_html_keeps_its_form(self, tmp_path: Path) -> None:
        html = (
            "<h3>Steps</h3><ul><li>One &amp; two</li><li>Three</li></ul>"
            "<pre><code>a = 1\n  b = 2</code></pre><style>p {}</style>"
            "<table><tr><td>x</td><td>y</td></tr></table>"
        )
        activity = gemini_activity(safeHtmlItem=[{"html": html}])
        answer = said(one(write_json(tmp_path / "x.json", [activity])))[1][1]
        assert answer == ("Steps\n\n- One & two\n- Three\n\n```\na = 1\n  b = 2\n```\n\n| x | y")

    def test_other_activities_are_skipped_with_a_reason(self, tmp_path: Path) -> None:
        activities = [
            gemini_activity(),
            gemini_activity("Used an Assistant feature", safeHtmlItem=[]),
            gemini_activity("Searched for boats", header="Search", products=["Search"]),
            gemini_activity("Perguntou: onde fica Lisboa?"),
            gemini_activity("Prompted no answer", safeHtmlItem=[], imageFile="a.png"),
        ]
        reading = importers.read(write_json(tmp_path / "x.json", activities))
        assert [said(record)[0][1] for record in reading] == [
            "why is the sky blue?",
            "Perguntou: onde fica Lisboa?",
            "no answer\n[image: a.png]",
        ]
        assert reading.report.reasons == {
            "an activity that is not a prompt": 1,
            "the activity of another product": 1,
        }

    def test_activity_of_other_products_alone_is_no_export(self, tmp_path: Path) -> None:
        video = {"header": "YouTube", "title": "Watched x", "time": "2025-01-01T00:00:00Z"}
        path = write_json(tmp_path / "My Activity.json", [video])
        with pytest.raises(SekhaImportError, match="no known format"):
            importers.read(path)


class TestShareGPT:
    def test_roles_and_other_values(self, tmp_path: Path) -> None:
        record = sharegpt_record(
            ("system", "Be kind"),
            ("human", "Q"),
            ("function_call", {"name": "f"}),
            ("observation", None),
            ("gpt", "A"),
            tools="[]",
        )
        assert said(one(write_json(tmp_path / "x.json", [record]))) == [
            ("system", "Be kind"),
            ("user", "Q"),
            ("function_call", '{"name": "f"}'),
            ("assistant", "A"),
        ]

    def test_label_folder_importance_and_system_of_the_record(self, tmp_path: Path) -> None:
        record = sharegpt_record(
            ("human", "Q"),
            label=" Mine ",
            folder="/there",
            importance=7,
            system="Be brief",
            id=3,
        )
        found = one(write_lines(tmp_path / "x.jsonl", record))
        assert found.conversation.label == "Mine"
        assert found.conversation.folder == "/there"
        assert found.conversation.importance_score == 7
        assert found.source_id == "3"
        assert said(found) == [("system", "Be brief"), ("user", "Q")]

    @pytest.mark.parametrize("importance", [0, 11, True, 7.0, "7"])
    def test_an_importance_that_is_none_is_not_used(
        self, tmp_path: Path, importance: object
    ) -> None:
        record = sharegpt_record(("human", "Q"), importance=importance)
        found = one(write_json(tmp_path / "x.json", [record]))
        assert found.conversation.importance_score is None

    def test_bad_records_are_skipped_and_told(self, tmp_path: Path) -> None:
        records: list[Any] = [
            sharegpt_record(("human", "Q")),
            {"conversations": [{"value": "who?"}]},
            {"conversations": []},
            {"conversations": "text"},
            None,
            {"instruction": "alpaca"},
        ]
        reading = importers.read(write_json(tmp_path / "x.json", records))
        assert len(list(reading)) == 1
        assert reading.report.reasons == {
            "a turn without a speaker": 1,
            "no messages": 1,
            "not a conversation of this format": 2,
            "not an object": 1,
        }
        assert reading.report.details[0].where == "x.json[1]"


class TestOpenAI:
    def test_parts_and_tool_calls(self, tmp_path: Path) -> None:
        record = {
            "messages": [
                {"role": "system", "content": "Be kind"},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "See"},
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                        {"type": "input_audio", "input_audio": {"data": "AAAA"}},
                        {"type": "file", "file": {"filename": "a.pdf"}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}
                    ],
                },
                {"role": "tool", "tool_call_id": "1", "content": "42"},
                {"role": "assistant", "content": "It is 42.\n"},
            ],
            "tools": [{"type": "function"}],
        }
        for path in (
            write_json(tmp_path / "x.json", [record]),
            write_json(tmp_path / "single.json", record),
            write_lines(tmp_path / "x.jsonl", record),
        ):
            found = one(path)
            assert said(found) == [
                ("system", "Be kind"),
                ("user", "See\n[image]\n[audio]\n[file: a.pdf]"),
                ("assistant", '[tool call: f]\n{"x":1}'),
                ("tool", "42"),
                ("assistant", "It is 42.\n"),
            ]
            assert found.conversation.folder == "/imports/openai"
            assert found.conversation.label == "See [image] [audio] [file: a.pdf]"
            assert found.notes["list of tools left out"] == 1

    def test_a_list_of_messages_is_one_conversation(self, tmp_path: Path) -> None:
        messages = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
        assert said(one(write_json(tmp_path / "x.json", messages))) == [
            ("user", "Q"),
            ("assistant", "A"),
        ]

    def test_messages_on_lines_of_their_own(self, tmp_path: Path) -> None:
        messages = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
        path = write_lines(tmp_path / "x.jsonl", *messages)
        with path.open("a") as file:
            file.write("broken\n")
        reading = importers.read(path)
        (record,) = reading
        assert said(record) == [("user", "Q"), ("assistant", "A")]
        assert reading.report.reasons == {"not valid JSON": 1}

    def test_messages_that_are_none(self, tmp_path: Path) -> None:
        messages = [{"role": "user", "content": "Q"}, None, {"content": "who?"}]
        for document in (messages, {"messages": messages}):
            record = one(write_json(tmp_path / "x.json", document))
            assert said(record) == [("user", "Q"), ("unknown", "who?")]
            assert record.notes == {
                "message that is not an object left out": 1,
                "message without a role kept as unknown": 1,
            }


class TestOpenWebUI:
    def test_the_branch_that_was_shown(self, tmp_path: Path) -> None:
        chat = webui_chat(
            webui_message("q", None, "user", "Q"),
            webui_message("a1", "q", "assistant", "rejected"),
            webui_message("a2", "q", "assistant", "chosen"),
            current="a2",
        )
        record = one(write_json(tmp_path / "chats.json", [chat]))
        assert said(record) == [("user", "Q"), ("assistant", "chosen")]
        assert record.conversation.label == "A web chat"
        assert record.conversation.folder == "/imports/open-webui"
        assert record.created_at == datetime(2024, 3, 9, 16, 0, tzinfo=timezone.utc)

    def test_without_a_tree_the_list_is_it(self, tmp_path: Path) -> None:
        chat = webui_chat(current=None)
        chat["chat"]["messages"] = [
            {
                "role": "user",
                "content": "listed",
                "files": [{"type": "image", "url": "x"}, {"type": "file", "name": "a.txt"}],
            }
        ]
        record = one(write_json(tmp_path / "chats.json", [chat]))
        assert said(record) == [("user", "listed\n[image]\n[file: a.txt]")]

    def test_times_in_other_units(self, tmp_path: Path) -> None:
        chat = webui_chat(
            webui_message("q", None, "user", "Q"), current="q", created_at=1710000000123456789
        )
        created = one(write_json(tmp_path / "chats.json", [chat])).created_at
        assert created is not None and created.year == 2024


class TestOwnExport:
    def test_all_comes_back(self, tmp_path: Path) -> None:
        archived = own_record(label="two\nlines", status="archived", messages=[])
        path = write_json(tmp_path / "backup.json", own_export(own_record(), archived))
        first, second = all_of(path)
        assert said(first) == [("user", "How many tokens?"), ("assistant", "Two.")]
        assert first.conversation.label == "Project:AI"
        assert first.conversation.folder == "/work"
        assert first.conversation.importance_score == 8
        assert first.status == "active"
        assert first.created_at == datetime(2026, 1, 16, 10, 0, 0, 123456, timezone.utc)
        assert first.notes == {"message metadata, which cannot be stored as it is": 1}
        assert second.conversation.label == "two\nlines"
        assert second.conversation.messages == []
        assert second.status == "archived"

    def test_it_reads_what_this_package_writes(self, tmp_path: Path) -> None:
        path = tmp_path / "backup.json"
        for count in (0, 1, 3):
            records = [own_record(id=str(number)) for number in range(count)]
            path.write_text("".join(exports.write(records, "json")), encoding="utf-8")
            assert [record.source_id for record in all_of(path)] == [r["id"] for r in records]

    def test_lines_with_an_envelope(self, tmp_path: Path) -> None:
        header = {"schema": "sekha-memory-export", "version": 1}
        reading = importers.read(write_lines(tmp_path / "x.jsonl", header, own_record()))
        assert [record.conversation.label for record in reading] == ["Project:AI"]
        assert reading.report.read == 1

    @pytest.mark.parametrize("version", [2, "1", None, True])
    def test_another_version_is_refused(self, tmp_path: Path, version: object) -> None:
        for path in (
            write_json(tmp_path / "x.json", own_export(own_record(), version=version)),
            write_lines(
                tmp_path / "x.jsonl",
                {"schema": "sekha-memory-export", "version": version},
                own_record(),
            ),
        ):
            with pytest.raises(SekhaImportError, match="reads version 1"):
                importers.read(path)
