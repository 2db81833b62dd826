"""Shapes that files in the wild have, beside those that the formats' descriptions tell of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.import_files import (
    gemini_activity,
    webui_chat,
    webui_message,
    write_json,
    write_lines,
)
from support.imported import one, said, utc


def webui(tmp_path: Path, content: Any, **more: Any) -> list[tuple[str, str]]:
    asked = webui_message("a", None, "user", "Q")
    answer = {**webui_message("b", "a", "assistant", content), **more}
    return said(one(write_json(tmp_path / "x.json", [webui_chat(asked, answer, current="b")])))


class TestOpenWebUI:
    def test_what_was_thought_is_no_html(self, tmp_path: Path) -> None:
        content = (
            '<details type="reasoning" done="true" duration="3">\n'
            "<summary>Thought for 3 seconds</summary>\n&gt; It &quot;is&quot;\n&gt; so\n</details>\n255"
        )
        assert webui(tmp_path, content)[1] == ("assistant", '[thinking]\nIt "is"\nso\n255')

    def test_what_a_tool_gave_back_is_no_html(self, tmp_path: Path) -> None:
        content = (
            '<details type="tool_calls" done="true" id="c" name="weather" '
            'arguments="&quot;{&quot;city&quot;: &quot;Porto&quot;}&quot;" result="&quot;18 C&quot;">\n'
            "<summary>Tool Executed</summary>\n</details>\nIt is mild."
        )
        text = webui(tmp_path, content)[1][1]
        assert (
            text
            == '[tool call: weather]\n{"city": "Porto"}\n[tool result: weather]\n18 C\nIt is mild.'
        )

    def test_an_answer_that_is_only_in_its_output(self, tmp_path: Path) -> None:
        output = [
            {"type": "reasoning", "content": [{"type": "output_text", "text": "hm"}]},
            {"type": "function_call", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "output": [{"type": "input_text", "text": "18"}]},
            {"type": "message", "content": [{"type": "output_text", "text": "It is 18."}]},
        ]
        text = webui(tmp_path, "", output=output)[1][1]
        assert "hm" in text and "[tool result]\n18" in text and text.endswith("It is 18.")

    def test_a_block_that_is_not_closed_stays(self, tmp_path: Path) -> None:
        content = '<details type="reasoning">' * 20_000 + "the end"
        assert webui(tmp_path, content)[1][1] == content


class TestSillyTavern:
    def test_a_first_line_with_metadata_alone(self, tmp_path: Path) -> None:
        path = write_lines(
            tmp_path / "chat.jsonl",
            {"chat_metadata": {"integrity": "i"}},
            {"name": "S", "is_user": False, "mes": "Hi", "send_date": 1767348000000},
        )
        record = one(path)
        assert (said(record), record.source_id, dict(record.notes)) == (
            [("assistant", "Hi")],
            "i",
            {},
        )

    def test_an_answer_that_only_the_swipes_have(self, tmp_path: Path) -> None:
        path = write_lines(
            tmp_path / "chat.jsonl",
            {"user_name": "u", "character_name": "c", "chat_metadata": {}},
            {"name": "u", "is_user": True, "mes": "Q"},
            {"name": "c", "is_user": False, "mes": "", "swipes": ["no", "A"], "swipe_id": 1},
        )
        assert said(one(path)) == [("user", "Q"), ("assistant", "A")]


class TestGemini:
    def test_the_chat_is_named_among_the_details(self, tmp_path: Path) -> None:
        link = "https://gemini.google.com/app/0123456789abcdef"
        entries = [
            gemini_activity(
                f"{verb} {text}",
                time=f"2026-01-02T03:0{minute}:00Z",
                details=[{"name": link, "url": link}],
            )
            for verb, text, minute in (("Branched", "second", 5), ("Prompted", "first", 4))
        ]
        record = one(write_json(tmp_path / "MyActivity.json", entries))
        assert [text for role, text in said(record) if role == "user"] == ["first", "second"]
        assert record.source_id == "0123456789abcdef"

    def test_two_chats_among_the_details_are_none(self, tmp_path: Path) -> None:
        details = [{"url": f"https://gemini.google.com/app/{each * 16}"} for each in "ab"]
        path = write_json(tmp_path / "MyActivity.json", [gemini_activity(details=details)])
        assert one(path).source_id is None

    def test_a_prompt_that_is_only_an_image(self, tmp_path: Path) -> None:
        path = write_json(
            tmp_path / "MyActivity.json", [gemini_activity("Prompted ", imageFile="cat.png")]
        )
        assert said(one(path))[0] == ("user", "[image: cat.png]")


def test_codex_gives_back_parts(tmp_path: Path) -> None:
    def item(**payload: Any) -> dict[str, Any]:
        return {"timestamp": "2026-01-02T03:04:05Z", "type": "response_item", "payload": payload}

    output = [{"type": "input_text", "text": "a.txt\nb.txt"}, {"type": "input_image"}]
    path = write_lines(
        tmp_path / "rollout-x.jsonl",
        {"timestamp": "2026-01-02T03:04:05Z", "type": "session_meta", "payload": {"id": "s"}},
        item(type="message", role="user", content=[{"type": "input_text", "text": "list"}]),
        item(type="function_call", name="shell", arguments="{}", call_id="c"),
        item(type="function_call_output", call_id="c", output=output),
    )
    assert said(one(path))[-1] == ("tool", "a.txt\nb.txt\n[image]")


def test_openai_messages_under_other_names(tmp_path: Path) -> None:
    chats = [
        {
            "id": "one",
            "name": "Named",
            "created_utc": "2024-01-15 08:30:00Z",
            "messages": [
                {"role": "user", "content": "Q", "created_utc": "2024-01-15 08:30:00Z"},
                {"role": "assistant", "content": ["A", "B"], "date": "2024-01-15T08:31:00Z"},
            ],
        }
    ]
    record = one(write_json(tmp_path / "x.json", {"version": 4, "history": chats, "folders": []}))
    assert (record.title, record.source_id) == ("Named", "one")
    assert record.message_times == (utc(2024, 1, 15, 8, 30), utc(2024, 1, 15, 8, 31))
    assert said(record) == [("user", "Q"), ("assistant", "A\nB")]


def test_claude_code_keeps_what_was_typed_while_the_model_worked(tmp_path: Path) -> None:
    def line(name: str, parent: str | None, **more: Any) -> dict[str, Any]:
        about = {"sessionId": "s", "cwd": "/a/b", "isSidechain": False}
        return {**about, "uuid": name, "parentUuid": parent, **more}

    def queued(name: str, parent: str, **more: Any) -> dict[str, Any]:
        attachment = {"type": "queued_command", **more}
        return line(name, parent, type="attachment", attachment=attachment)

    path = write_lines(
        tmp_path / "s.jsonl",
        line("1", None, type="user", message={"role": "user", "content": "begin"}),
        queued("2", "1", prompt="and this", commandMode="prompt", origin={"kind": "human"}),
        queued("3", "2", prompt="<done/>", commandMode="task-notification"),
        queued("4", "3", prompt=[{"type": "text", "text": "and that"}]),
        line("5", "4", type="assistant", message={"role": "assistant", "content": "Yes"}),
    )
    assert said(one(path)) == [
        ("user", "begin"),
        ("user", "and this"),
        ("user", "and that"),
        ("assistant", "Yes"),
    ]


def test_deepseek_before_it_said_who_speaks(tmp_path: Path) -> None:
    mapping: dict[str, Any] = {"root": {"parent": None, "children": ["1"], "message": None}}
    for number in range(1, 5):
        message = {"content": f"text {number}", "inserted_at": f"2025-02-03T04:05:0{number}+08:00"}
        parent = "root" if number == 1 else str(number - 1)
        mapping[str(number)] = {"parent": parent, "children": [], "message": message}
    chats = [{"id": "d", "title": "T", "inserted_at": "2025-02-03T04:05:00Z", "mapping": mapping}]
    record = one(write_json(tmp_path / "conversations.json", chats))
    assert [role for role, _ in said(record)] == ["user", "assistant"] * 2


def test_images_as_base64_are_no_names(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Q", "images": ["iVBORw0KGgo" * 100]}]
    assert said(one(write_json(tmp_path / "x.json", [{"messages": messages}]))) == [
        ("user", "Q\n[file]")
    ]
