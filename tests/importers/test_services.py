"""Exports of the services: what was written, and what comes out of it.

The files are built after public descriptions of each format, named at each class; what is expected
is written by hand or counted from what was built, never by the reader.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sekha import importers
from sekha.errors import SekhaImportError
from support.import_files import (
    claude_conversation,
    claude_message,
    gemini_activity,
    gpt_conversation,
    gpt_mapping,
    gpt_message,
    gpt_node,
    write_json,
    write_zip,
)
from support.imported import all_of, one, said, utc


def deepseek(*nodes: tuple[str, str | None, str, list[dict[str, Any]]]) -> dict[str, Any]:
    """A DeepSeek conversation of (id, parent, time, fragments)."""
    mapping: dict[str, Any] = {
        "root": {"id": "root", "parent": None, "children": [], "message": None}
    }
    for name, parent, time, fragments in nodes:
        mapping[name] = {
            "id": name,
            "parent": parent,
            "children": [],
            "message": {
                "files": [],
                "model": "deepseek-reasoner",
                "inserted_at": time,
                "fragments": fragments,
            },
        }
    for name, node in mapping.items():
        if node["parent"]:
            mapping[node["parent"]]["children"].append(name)
    return {
        "id": "ds-1",
        "title": "Tides",
        "inserted_at": "2025-04-29T11:59:11.635000+08:00",
        "updated_at": "2025-04-29T12:44:11.402000+08:00",
        "mapping": mapping,
    }


class TestDeepSeek:
    """As converters of its conversations.json describe it (goodbu/Deepseek-md-, DeepSeekLoader)."""

    TALK = deepseek(
        ("1", "root", "2025-04-29T11:59:13+08:00", [{"type": "REQUEST", "content": "Why tides?"}]),
        ("2", "1", "2025-04-29T11:59:20+08:00", [{"type": "RESPONSE", "content": "Old answer"}]),
        (
            "3",
            "1",
            "2025-04-29T12:00:00+08:00",
            [
                {"type": "THINK", "content": "The moon."},
                {
                    "type": "SEARCH",
                    "content": None,
                    "results": [{"title": "Tide", "url": "https://example.com/t"}],
                },
                {"type": "RESPONSE", "content": "The moon pulls."},
            ],
        ),
    )

    def test_it_is_not_taken_for_chatgpts(self, tmp_path: Path) -> None:
        reading = importers.read(write_json(tmp_path / "conversations.json", [self.TALK]))
        (record,) = reading
        assert (record.format, record.source, record.source_id) == ("deepseek", "deepseek", "ds-1")
        assert said(record) == [
            ("user", "Why tides?"),
            (
                "assistant",
                "[thinking]\nThe moon.\n[tool result: search]\n[Tide](https://example.com/t)\n"
                "The moon pulls.",
            ),
        ]
        assert record.message_times == (utc(2025, 4, 29, 3, 59, 13), utc(2025, 4, 29, 4, 0))
        assert record.conversation.label == "Tides"
        assert record.models == ("deepseek-reasoner",)
        assert record.notes == {"message of another branch left out": 1}

    def test_another_branch_can_be_had(self, tmp_path: Path) -> None:
        path = write_json(tmp_path / "x.json", [self.TALK])
        shown, other = all_of(path, branches="all")
        assert said(other) == [("user", "Why tides?"), ("assistant", "Old answer")]
        assert other.source_id == "ds-1#2" and other.conversation.label == "Tides (branch 1)"

    def test_a_tree_of_another_program_is_refused(self, tmp_path: Path) -> None:
        node = {"id": "a", "parent": None, "children": [], "message": {"words": "x", "who": "me"}}
        path = write_json(tmp_path / "x.json", [{"title": "t", "mapping": {"a": node}}])
        with pytest.raises(SekhaImportError, match="no known format"):
            importers.read(path)
        mixed = write_json(
            tmp_path / "y.json",
            [gpt_conversation(gpt_message("user", "Q")), {"title": "t", "mapping": {"a": node}}],
        )
        reading = importers.read(mixed)
        assert len(list(reading)) == 1
        (skipped,) = reading.report.details
        assert skipped.where == "y.json[1]" and "neither author nor content" in skipped.detail
        assert reading.report.lost == 1


def grok_response(name: str, parent: str | None, sender: str, text: str, **more: Any) -> Any:
    number = 1705312200000 + 1000 * int(name[1:])
    return {
        "response": {
            "_id": name,
            "conversation_id": "g-1",
            "message": text,
            "sender": sender,
            "create_time": {"$date": {"$numberLong": str(number)}},
            "parent_response_id": parent,
            "model": "grok-4",
            **more,
        },
        "share_link": None,
    }


class TestGrok:
    """As portable-ai-memory's notes on importers describe prod-grok-backend.json."""

    def test_branches_senders_times_and_sources(self, tmp_path: Path) -> None:
        talk = {
            "conversation": {
                "id": "g-1",
                "title": "Sails",
                "create_time": "2024-01-15T10:30:00.000000Z",
                "modify_time": "2024-01-15T11:00:00.000000Z",
                "leaf_response_id": "r4",
            },
            "responses": [
                grok_response("r1", None, "human", "Which sail?"),
                grok_response("r2", "r1", "ASSISTANT", "The jib.", thinking_trace="wind"),
                grok_response("r3", "r2", "human", "abandoned"),
                grok_response(
                    "r4",
                    "r2",
                    "human",
                    "Why?",
                ),
                grok_response("r5", "r3", "grok-3", "abandoned too"),
            ],
        }
        pages = [{"title": "Jib", "url": "https://example.com/jib"}]
        talk["responses"].append(
            grok_response("r6", "r4", "assistant", "It is small.", cited_web_search_results=pages)
        )
        talk["conversation"]["leaf_response_id"] = "r6"
        document = {"conversations": [talk], "projects": [], "tasks": [], "media_posts": []}
        path = write_zip(
            tmp_path / "grok.zip",
            {
                "ttl/30d/export_data/u/prod-grok-backend.json": json.dumps(document),
                "ttl/30d/export_data/u/prod-mc-billing.json": '{"balance": 0}',
            },
        )
        record = one(path)
        assert said(record) == [
            ("user", "Which sail?"),
            ("assistant", "[thinking]\nwind\nThe jib."),
            ("user", "Why?"),
            ("assistant", "It is small.\n- [Jib](https://example.com/jib)"),
        ]
        assert record.message_times[0] == utc(2024, 1, 15, 9, 50, 1)
        assert record.created_at == utc(2024, 1, 15, 10, 30)
        assert record.source_id == "g-1" and record.conversation.folder == "/imports/grok"
        assert record.notes == {"message of another branch left out": 2}
        assert len(all_of(path, branches="all")) == 2


class TestMistral:
    """As a reader of Le Chat's chat-….json describes it: messages in no order, answers whose last
    chunk says the content again, and reasoning in chunks of its own."""

    def test_order_of_times_chunks_and_reasoning(self, tmp_path: Path) -> None:
        def message(name: str, role: str, minute: int, content: str, chunks: Any = None) -> Any:
            return {
                "id": name,
                "version": 0,
                "chatId": "chat-1",
                "content": content,
                "contentChunks": chunks,
                "role": role,
                "createdAt": f"2025-03-04T05:{minute:02}:00.000Z",
                "parentId": None,
                "files": [],
            }

        chunks = [
            {"type": "text", "text": "hm", "_context": {"type": "reasoning"}},
            {"type": "text", "text": "Butter.", "_context": None},
        ]
        path = write_json(
            tmp_path / "chat-1.json",
            [
                message("b", "assistant", 2, "Butter.", chunks),
                message("c", "user", 3, "And then?"),
                message("a", "user", 1, "What first?"),
                message("d", "assistant", 4, "", [{"type": "text", "text": "Flour."}]),
            ],
        )
        record = one(path)
        assert said(record) == [
            ("user", "What first?"),
            ("assistant", "[thinking]\nhm\nButter."),
            ("user", "And then?"),
            ("assistant", "Flour."),
        ]
        assert [time.minute for time in record.message_times if time] == [1, 2, 3, 4]
        assert record.source_id == "chat-1" and record.format == "mistral"


class TestT3Chat:
    """As converters to T3 Chat write it (tonyisup/t3-from, expelledboy/chatgpt-to-t3chat), and
    with the parts and `_id`s of its own exports."""

    @pytest.mark.parametrize("messages_first", [True, False])
    def test_threads_apart(self, tmp_path: Path, messages_first: bool) -> None:
        messages = [
            {
                "id": f"{thread}{number}",
                "threadId": thread,
                "role": "assistant" if number % 2 else "user",
                "content": f"{thread} says {number}",
                "status": "done",
                "model": "m" if number % 2 else None,
                "created_at": f"2025-01-0{1 + number}T00:00:00.000Z",
            }
            for number in (1, 0, 2)
            for thread in ("t1", "t2", "lost")
        ]
        parts = [
            {"type": "reasoning", "reasoning": "think"},
            {"type": "text", "text": "in parts"},
            {"type": "tool_call", "toolName": "search", "args": {"q": 1}, "result": "found"},
        ]
        messages.append(
            {
                "threadId": "t1",
                "role": "assistant",
                "content": "",
                "parts": parts,
                "createdAt": 1.8e12,
            }
        )
        messages.append({"threadId": "t1", "role": "assistant", "content": "", "status": "waiting"})
        threads = [
            {"id": "t1", "title": "First", "created_at": "2025-01-01T00:00:00Z", "model": "m"},
            {"_id": "x", "threadId": "t2", "title": "Second", "createdAt": 1735689600000},
        ]
        document: dict[str, Any] = {"threads": threads, "messages": messages, "version": "10"}
        if messages_first:
            document = {"messages": messages, "threads": threads}
        records = {
            record.source_id: record for record in all_of(write_json(tmp_path / "x.json", document))
        }
        assert {name: len(said(record)) for name, record in records.items()} == {
            "t1": 4,
            "t2": 3,
            "lost": 3,
        }
        assert [text for _, text in said(records["t1"])][:3] == [f"t1 says {n}" for n in range(3)]
        assert said(records["t1"])[3][1] == (
            '[thinking]\nthink\nin parts\n[tool call: search]\n{"q": 1}\n[tool result: search]\nfound'
        )
        assert records["t2"].conversation.label == "Second"
        assert records["t2"].created_at == utc(2025, 1, 1)
        assert records["t1"].notes == {"blank message left out": 1}


CELL = (
    '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">'
    '<div class="header-cell mdl-cell mdl-cell--12-col">'
    '<p class="mdl-typography--title">Gemini Apps<br></p></div>'
    '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">{said}</div>'
    '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 '
    'mdl-typography--text-right"></div>'
    '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">'
    "<b>Products:</b><br>&emsp;Gemini Apps<br>{more}</div></div></div>"
)


class TestGemini:
    """Takeout's MyActivity.html as parsers of it describe its cells, and My Activity.json with the
    fields in which an entry names its chat (portable-ai-memory's notes)."""

    def test_html(self, tmp_path: Path) -> None:
        link = '<a href="https://gemini.google.com/app/abc1234567">Chat</a>'
        cells = [
            CELL.format(
                said="Prompted <br>second &amp; last<br>Apr 12, 2026, 3:34:31\u202fPM EDT<p>Two "
                '<a href="https://example.com">pages</a></p><div><div>deep</div></div><p>end</p>',
                more=link,
            ),
            CELL.format(
                said="Prompted&nbsp;first one<br>Apr 12, 2026, 3:30:00 PM EDT<br><p>One</p>",
                more=link,
            ),
            CELL.format(said="Prompted alone<br>12 de abr. de 2026, 10:00:00 UTC<br>A", more=""),
            CELL.format(said="Used an Assistant feature<br>Apr 12, 2026, 3:00:00 PM EDT", more=""),
            CELL.format(said="Gave feedback: Good<br>Apr 12, 2026, 3:00:00 PM EDT", more=""),
        ]
        other = CELL.replace("Gemini Apps", "Search").format(
            said="Searched for x<br>Apr 1, 2026", more=""
        )
        cells.insert(0, other)
        page = "<html><body><div>" + "".join(cells) + "</div></body></html>"
        path = write_zip(tmp_path / "takeout.zip", {"Takeout/My Activity/MyActivity.html": page})
        reading = importers.read(path)
        by_id = {record.source_id: record for record in reading}
        assert said(by_id["abc1234567"]) == [
            ("user", "first one"),
            ("assistant", "One"),
            ("user", "second & last"),
            ("assistant", "Two [pages](https://example.com)\n\ndeep\n\nend"),
        ]
        assert by_id["abc1234567"].created_at == utc(2026, 4, 12, 19, 30)
        assert said(by_id[None]) == [("user", "alone"), ("assistant", "A")]
        assert by_id[None].created_at == utc(2026, 4, 12, 10)
        assert reading.report.reasons == {
            "an activity that is not a prompt": 2,
            "the activity of another product": 1,
        }
        assert reading.report.lost == 0

    def test_a_large_page_is_read_cell_by_cell(self, tmp_path: Path) -> None:
        cells = (
            CELL.format(
                said=f"Prompted q{n}<br>Apr 12, 2026, 3:00:00 PM UTC<p>{'a' * 999} {n}</p>", more=""
            )
            for n in range(700)
        )
        path = tmp_path / "x.html"
        path.write_text("<html>" + " " * 70_000 + "".join(cells), encoding="utf-8")
        records = all_of(path)
        assert [said(record)[0][1] for record in records] == [f"q{n}" for n in range(700)]
        assert all(said(record)[1][1] == f"{'a' * 999} {n}" for n, record in enumerate(records))

    def test_prompts_of_one_chat_together_where_it_is_named(self, tmp_path: Path) -> None:
        url = "https://gemini.google.com/app/c/feed-beef-01"
        path = write_json(
            tmp_path / "My Activity.json",
            [
                gemini_activity("Prompted b", time="2025-03-04T06:00:00Z", titleUrl=url),
                gemini_activity("Prompted other", titleUrl="https://gemini.google.com/app"),
                gemini_activity("Prompted a", time="2025-03-04T05:00:00Z", titleUrl=url),
                gemini_activity(
                    "Used Gemini Apps",
                    titleUrl=url,
                    time="2025-03-04T07:00:00Z",
                    details=[
                        {"name": "Request", "value": "c"},
                        {"name": "Response", "value": "C"},
                    ],
                ),
            ],
        )
        reading = importers.read(path)
        other, chat = sorted(reading, key=lambda record: record.source_id or "")
        assert [text for role, text in said(chat) if role == "user"] == ["a", "b", "c"]
        assert chat.source_id == "feed-beef-01"
        assert (chat.created_at, chat.updated_at) == (utc(2025, 3, 4, 5), utc(2025, 3, 4, 7))
        assert said(other)[0] == ("user", "other") and other.source_id is None
        assert reading.report.yielded == 2


class TestAIStudio:
    """As converters of AI Studio's files in Drive describe `chunkedPrompt`."""

    def test_a_file_without_an_ending(self, tmp_path: Path) -> None:
        document = {
            "runSettings": {"model": "models/gemini-2.5-pro", "temperature": 1.0},
            "systemInstruction": {"text": "Be brief."},
            "chunkedPrompt": {
                "chunks": [
                    {"text": "Look", "role": "user", "tokenCount": 3},
                    {"driveImage": {"id": "1"}, "role": "user"},
                    {"text": "considering", "role": "model", "isThought": True},
                    {"text": "A boat.", "role": "model", "createTime": "2025-01-02T03:04:05Z"},
                ],
                "pendingInputs": [],
            },
        }
        write_json(tmp_path / "Google AI Studio" / "Boats at sea", document)
        (tmp_path / "Google AI Studio" / "photo.png").write_bytes(b"\x89PNG")
        record = one(tmp_path)
        assert said(record) == [
            ("system", "Be brief."),
            ("user", "Look"),
            ("user", "[image]"),
            ("assistant", "[thinking]\nconsidering\nA boat."),
        ]
        assert record.conversation.label == "Boats at sea"
        assert record.message_times[-1] == utc(2025, 1, 2, 3, 4, 5)
        assert record.models == ("gemini-2.5-pro",)


class TestCopilot:
    """The columns of the privacy dashboard's CSV files (portable-ai-memory's notes), newest first
    and with a byte order mark."""

    def test_conversations_by_their_titles(self, tmp_path: Path) -> None:
        rows = [
            'Cakes,2025-11-02T10:05:00,AI,"Use ""flour"",\nthen eggs."',
            "Cakes,2025-11-02T10:05:00,Human,And now?",
            "Cakes,2025-11-02T10:00:00,AI,Butter.",
            "Cakes,2025-11-02T10:00:00,Human,What first?",
            "Boats,2025-11-01T09:00:01,AI,Row.",
            "Boats,2025-11-01T09:00:00,Human,How?",
            "Boats,2025-11-01T09:00:00",
        ]
        path = tmp_path / "copilot-activity-history.csv"
        text = "Conversation,Time,Author,Message\r\n" + "\r\n".join(rows) + "\r\n"
        path.write_bytes(text.encode("utf-8-sig"))
        reading = importers.read(path)
        cakes, boats = reading
        assert said(cakes) == [
            ("user", "What first?"),
            ("assistant", "Butter."),
            ("user", "And now?"),
            ("assistant", 'Use "flour",\nthen eggs.'),
        ]
        assert cakes.conversation.label == "Cakes" and cakes.created_at == utc(2025, 11, 2, 10)
        assert said(boats) == [("user", "How?"), ("assistant", "Row.")]
        assert reading.report.reasons == {"a row with other columns than the first": 1}

    def test_the_other_columns(self, tmp_path: Path) -> None:
        path = tmp_path / "copilot-chat-activity.csv"
        path.write_text(
            "CreatedAt,MessageContent,Author,ChatName\n"
            "2/17/2026 2:36:11 PM +00:00,Hello,user,Greeting\n"
            "2/17/2026 2:36:15 PM +00:00,Hi!,Copilot,Greeting\n"
        )
        record = one(path)
        assert said(record) == [("user", "Hello"), ("assistant", "Hi!")]
        assert record.created_at == utc(2026, 2, 17, 14, 36, 11)


class TestClaude:
    """Artifacts, thoughts, projects and the memory, as Claude's export and its prompts have them."""

    def test_artifacts_are_text_that_can_be_searched(self, tmp_path: Path) -> None:
        tagged = (
            "<antThinking>Worth an artifact.</antThinking>Here:\n"
            '<antArtifact identifier="s" type="application/vnd.ant.code" language="python" '
            'title="Sort">\ndef sort(x):\n    return x\n</antArtifact>\nDone.'
        )
        made = {
            "command": "create",
            "id": "s",
            "title": "Page",
            "type": "text/html",
            "content": "<p>one</p>\n<p>two</p>",
        }
        changed = {"command": "update", "id": "s", "old_str": "one", "new_str": "three"}
        blocks = [
            {"type": "text", "text": tagged},
            {"type": "tool_use", "name": "artifacts", "input": made},
            {"type": "tool_use", "name": "artifacts", "input": changed},
            {"type": "tool_use", "name": "bash", "input": {"command": "ls\npwd", "timeout": 3}},
        ]
        talk = claude_conversation(claude_message("assistant", text="x", content=blocks))
        ((_, text),) = said(one(write_json(tmp_path / "x.json", [talk])))
        assert text == (
            "[thinking]\nWorth an artifact.\nHere:\n[artifact: Sort]\n```python\ndef sort(x):\n"
            "    return x\n```\nDone.\n[artifact: Page]\n```html\n<p>one</p>\n<p>two</p>\n```\n"
            "[artifact: s]\n[replaced]\none\n[with]\nthree\n"
            "[tool call: bash]\ncommand:\nls\npwd\ntimeout: 3"
        )

    def test_projects_and_memories_are_conversations_of_their_own_folder(
        self, tmp_path: Path
    ) -> None:
        project = {
            "uuid": "p1",
            "name": "Boat",
            "description": "All about it",
            "is_private": True,
            "prompt_template": "Answer as a sailor.",
            "created_at": "2025-01-02T03:04:05.000000+00:00",
            "updated_at": "2025-01-03T03:04:05.000000+00:00",
            "docs": [{"uuid": "d", "filename": "keel.md", "content": "The keel is lead."}],
        }
        memory = {
            "conversations_memory": "Likes sailing.",
            "project_memories": {"p1": "Builds a boat."},
            "account_uuid": "a",
        }
        path = write_zip(
            tmp_path / "claude.zip",
            {
                name: json.dumps(value)
                for name, value in {
                    "conversations.json": [claude_conversation(claude_message("human", "Hi"))],
                    "projects.json": [
                        project,
                        {
                            **project,
                            "uuid": "p2",
                            "docs": [],
                            "description": "",
                            "prompt_template": "",
                        },
                    ],
                    "memories.json": [memory],
                    "users.json": [{"uuid": "a", "full_name": "x"}],
                }.items()
            },
        )
        reading = importers.read(path)
        found = {record.source_id: record for record in reading}
        assert said(found["project-p1"]) == [
            ("system", "All about it"),
            ("system", "Answer as a sailor."),
            ("user", "[attachment: keel.md]\nThe keel is lead."),
        ]
        assert found["project-p1"].conversation.folder == "/imports/claude/projects"
        assert found["project-p1"].created_at == utc(2025, 1, 2, 3, 4, 5)
        memories = [record for record in found.values() if "memories" in record.conversation.folder]
        assert [said(record) for record in memories] == [
            [("assistant", "Likes sailing.")],
            [("assistant", "Builds a boat.")],
        ]
        assert reading.report.reasons == {"a project without instructions and documents": 1}
        assert reading.report.lost == 0


class TestChatGPT:
    """Links, names and instructions, as the types of pionxzh/chatgpt-exporter describe metadata."""

    def test_sources_are_links_in_their_places(self, tmp_path: Path) -> None:
        mark = "\ue200cite\ue202turn0search1\ue202turn0search2\ue201"
        lone = "\ue200cite\ue202turn9search9\ue201"
        entity = '\ue200entity\ue202["city","Oslo","capital"]\ue201'
        references = [
            {
                "matched_text": mark,
                "type": "grouped_webpages",
                "items": [
                    {
                        "title": "Reefs [new]",
                        "url": "https://example.com/a b",
                        "supporting_websites": [{"title": "More", "url": "https://example.com/m"}],
                    }
                ],
            },
            {"matched_text": " ", "type": "sources_footnote", "sources": [{"url": "https://x.y"}]},
        ]
        answer = gpt_message(
            "assistant",
            f"Reefs grow{mark} in {entity}{lone}.",
            metadata={"content_references": references, "model_slug": "gpt-9"},
        )
        old = gpt_message(
            "assistant",
            "So it is【4†source】, yes.",
            metadata={
                "citations": [
                    {
                        "start_ix": 8,
                        "end_ix": 18,
                        "metadata": {
                            "type": "webpage",
                            "title": "T",
                            "url": "https://example.com/t",
                        },
                    }
                ]
            },
        )
        record = one(write_json(tmp_path / "x.json", [gpt_conversation(answer, old)]))
        assert [text for _, text in said(record)] == [
            "Reefs grow([Reefs (new)](https://example.com/a%20b), [More](https://example.com/m)) in Oslo.",
            "So it is([T](https://example.com/t)), yes.",
        ]
        assert record.models == ("gpt-9",)
        assert record.notes == {"citation mark left out": 1}

    def test_images_and_files_by_their_names(self, tmp_path: Path) -> None:
        content = {
            "content_type": "multimodal_text",
            "parts": [
                {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_01"},
                "What is it?",
            ],
        }
        files = [
            {"id": "file_01", "name": "boat.png", "mime_type": "image/png"},
            {"id": "file-02", "name": "plan.pdf", "mime_type": "application/pdf"},
        ]
        made = {
            "content_type": "multimodal_text",
            "parts": [
                {
                    "content_type": "image_asset_pointer",
                    "asset_pointer": "file-service://file-9",
                    "metadata": {"dalle": {"prompt": "a red boat"}},
                }
            ],
        }
        talk = gpt_conversation(
            gpt_message("user", content, metadata={"attachments": files}), gpt_message("tool", made)
        )
        assert [text for _, text in said(one(write_json(tmp_path / "x.json", [talk])))] == [
            "[image: boat.png]\nWhat is it?\n[file: plan.pdf]",
            "[image: a red boat]",
        ]

    def test_custom_instructions_come_once_and_projects_are_folders(self, tmp_path: Path) -> None:
        told = {
            "content_type": "user_editable_context",
            "user_profile": "Preface: I sail.",
            "user_instructions": "Be brief.",
        }
        hidden = {
            "is_visually_hidden_from_conversation": True,
            "user_context_message_data": {"about_user_message": "I sail."},
        }
        talks = [
            gpt_conversation(
                gpt_message("user", told, metadata=hidden),
                gpt_message("user", f"Q{number}"),
                id=f"c{number}",
                conversation_id=f"c{number}",
                gizmo_id="g-p-42" if number else "g-custom",
            )
            for number in range(2)
        ]
        reading = importers.read(write_json(tmp_path / "x.json", talks))
        records = list(reading)
        assert [said(record) for record in records] == [
            [("user", "Q0")],
            [("system", "I sail.\n\nBe brief.")],
            [("user", "Q1")],
        ]
        assert [record.conversation.folder for record in records] == [
            "/imports/chatgpt",
            "/imports/chatgpt",
            "/imports/chatgpt/g-p-42",
        ]
        assert reading.report.read == reading.report.yielded == 3

    def test_tool_output_as_it_is_wished(self, tmp_path: Path) -> None:
        hidden = {"is_visually_hidden_from_conversation": True}
        talk = gpt_conversation(
            gpt_message("system", "secret prompt", metadata=hidden),
            gpt_message("user", "Q"),
            gpt_message("tool", "row " * 1000, metadata=hidden),
            gpt_message("assistant", "A"),
        )
        path = write_json(tmp_path / "x.json", [talk])
        short, kept, dropped = (one(path, tool_output=wish) for wish in ("short", "keep", "drop"))
        assert [role for role, _ in said(short)] == ["user", "tool", "assistant"]
        assert said(short)[1][1].endswith("… (3,500 more characters)")
        assert len(said(short)[1][1]) < 540
        assert [role for role, _ in said(kept)] == ["system", "user", "tool", "assistant"]
        assert said(kept)[2][1] == "row " * 1000
        assert [role for role, _ in said(dropped)] == ["user", "assistant"]
        assert short.notes == {"hidden message left out": 1, "tool output shortened": 1}
        assert dropped.notes == {"hidden message left out": 1, "tool output left out": 1}

    def test_other_branches_of_a_tree(self, tmp_path: Path) -> None:
        mapping = gpt_mapping(
            gpt_node("root", None),
            gpt_node("q", "root", gpt_message("user", "Q")),
            gpt_node("a", "q", gpt_message("assistant", "A")),
            gpt_node("b", "q", gpt_message("assistant", "B")),
            gpt_node("c", "b", gpt_message("user", "C")),
        )
        path = write_json(
            tmp_path / "x.json", [gpt_conversation(mapping=mapping, current_node="a")]
        )
        assert one(path).notes == {"message of another branch left out": 2}
        shown, other = all_of(path, branches="all")
        assert [text for _, text in said(other)] == ["Q", "B", "C"]
        assert other.source_id == "conversation-id#c"
