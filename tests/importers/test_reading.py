"""From a path to records: files, folders and zips, what is recognised, and what callers choose."""

from __future__ import annotations

import builtins
import importlib
import json
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sekha import importers
from sekha.errors import SekhaImportError, SekhaMissingExtraError, SekhaValidationError
from sekha.importers import ImportRecord, Reading
from support.import_files import (
    claude_conversation,
    claude_message,
    gemini_activity,
    gpt_conversation,
    gpt_message,
    gpt_talk,
    own_export,
    own_record,
    sharegpt_record,
    webui_chat,
    webui_message,
    write_json,
    write_lines,
    write_zip,
)


def labels(reading: Reading) -> list[str]:
    return [record.conversation.label for record in reading]


def test_a_zip_as_it_is_downloaded(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "export.zip",
        {
            "chat.html": "<html></html>",
            "user.json": json.dumps({"id": "user-x", "email": "a@example.com"}),
            "message_feedback.json": "[]",
            "shared_conversations.json": json.dumps([{"id": "1", "title": "shared"}]),
            "conversations.json": json.dumps([gpt_talk(1), gpt_talk(2)]),
            "dalle-generations/file-1.webp": b"\x00\x01",
            "__MACOSX/._conversations.json": b"\x00",
        },
    )
    reading = importers.read(path)
    assert reading.formats == ("chatgpt",)
    assert labels(reading) == ["Talk 1", "Talk 2"]
    assert reading.report.read == reading.report.yielded == 2
    ignored = {file.where for file in reading.report.ignored}
    assert {"chat.html", "user.json", "shared_conversations.json"} <= ignored


def test_shards_come_in_their_order(tmp_path: Path) -> None:
    names = ["conversations-010.json", "conversations-2.json", "conversations-000.json"]
    folder = tmp_path / "export"
    for number, name in zip((10, 2, 0), names, strict=True):
        write_json(folder / name, [gpt_talk(number)])
    in_zip = write_zip(
        tmp_path / "x.zip", {f"deep/er/{n}": (folder / n).read_bytes() for n in names}
    )
    for path in (folder, in_zip):
        reading = importers.read(path)
        assert labels(reading) == ["Talk 0", "Talk 2", "Talk 10"]
        assert reading.report.files == 3


def test_a_folder_of_several_formats(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", [gpt_talk(1)])
    write_json(tmp_path / "b/c.json", [claude_conversation(claude_message("human", "x"))])
    write_lines(tmp_path / "d.jsonl", sharegpt_record(("human", "words of a data set")))
    write_json(tmp_path / "notes.txt", [gpt_talk(9)])
    reading = importers.read(tmp_path)
    assert sorted(labels(reading)) == ["A chat", "Talk 1", "words of a data set"]
    assert reading.formats == ("chatgpt", "claude", "sharegpt")
    assert [file.where for file in reading.report.ignored] == ["notes.txt"]


def test_a_conversation_in_two_files_comes_once(tmp_path: Path) -> None:
    talk = claude_conversation(claude_message("human", "x"))
    changed = claude_conversation(claude_message("human", "y"))
    write_json(tmp_path / "conversations.json", [talk, talk])
    write_json(tmp_path / "conversations/claude-id.json", talk)
    write_json(tmp_path / "conversations/claude-id-2.json", changed)
    reading = importers.read(tmp_path)
    assert [record.where for record in reading] == [
        "conversations.json[0]",
        "conversations.json[1]",
        "conversations/claude-id-2.json[0]",
    ]
    (skipped,) = reading.report.details
    assert skipped.where == "conversations/claude-id.json[0]"
    assert skipped.detail == "conversations.json"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chatgpt", gpt_talk(1)),
        ("claude", claude_conversation(claude_message("human", "x"))),
        ("gemini", gemini_activity()),
        ("open-webui", webui_chat(webui_message("a", None, "user", "x"), current="a")),
        ("sharegpt", sharegpt_record(("human", "x"))),
        ("openai", {"messages": [{"role": "user", "content": "x"}]}),
        ("sekha", own_record()),
    ],
)
@pytest.mark.parametrize(
    "form", ["array", "indented", "alone", "wrapped", "lines", "bom", "utf-16"]
)
def test_every_format_in_every_form(tmp_path: Path, name: str, value: Any, form: str) -> None:
    values = [value, value]
    path = tmp_path / "anything.json"
    if form == "lines":
        write_lines(path, *values)
    elif form == "indented":
        write_json(path, values, indent=2)
    elif form == "alone":
        values = [value]
        write_json(path, value, indent=4)
    elif form == "wrapped":
        write_json(path, {"exported": "today", "n": [1], "chats": values, "after": {"x": []}})
    elif form == "bom":
        path.write_text(json.dumps(values).replace(", ", ",\r\n"), encoding="utf-8-sig")
    elif form == "utf-16":
        path.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-16")
    else:
        write_json(path, values)
    reading = importers.read(path)
    assert [record.format for record in reading] == [name] * len(values)
    assert reading.report.skipped == 0


def test_iterating_again_reads_again(tmp_path: Path) -> None:
    reading = importers.read(write_json(tmp_path / "x.json", [gpt_talk(1), None, gpt_talk(2)]))
    first = list(reading)
    before = reading.report
    assert list(reading) == first
    assert reading.report is not before
    assert (reading.report.read, reading.report.yielded, reading.report.skipped) == (3, 2, 1)


def test_progress_goes_from_none_to_all(tmp_path: Path) -> None:
    for number in range(3):
        write_json(tmp_path / f"{number}.json", [gpt_talk(number)] * 50)
    reading = importers.read(tmp_path)
    assert reading.bytes_read == 0
    steps = [reading.bytes_read for _ in reading]
    assert steps == sorted(steps)
    assert 0 < steps[0] < reading.total_bytes == reading.bytes_read


class TestChoices:
    def test_label_and_folder_for_all(self, tmp_path: Path) -> None:
        path = write_json(tmp_path / "x.json", [gpt_talk(1), gpt_talk(2)])
        for record in importers.read(path, label="Old", folder="/archive"):
            assert record.conversation.label == "Old"
            assert record.conversation.folder == "/archive"
            assert record.title in ("Talk 1", "Talk 2")

    def test_label_and_folder_by_record(self, tmp_path: Path) -> None:
        def by_year(record: ImportRecord) -> str:
            assert record.created_at is not None
            return f"/{record.format}/{record.created_at.year}"

        path = write_json(tmp_path / "x.json", [gpt_talk(1)])
        reading = importers.read(path, folder=by_year, label=lambda record: record.where)
        (record,) = reading
        assert record.conversation.folder == "/chatgpt/2023"
        assert record.conversation.label == "x.json[0]"

    @pytest.mark.parametrize(
        ("title", "words", "label"),
        [
            ("  Two\n lines ", "x", "Two lines"),
            ("x" * 300, "x", "x" * 200 + "…"),
            (None, "short", "short"),
            ("", "word " * 30, "word " * 11 + "word…"),
            (" ", "日" * 100, "日" * 60 + "…"),
            (None, "\n".join(["", "  ", "below"]), "below"),
        ],
    )
    def test_labels(self, tmp_path: Path, title: Any, words: str, label: str) -> None:
        talk = gpt_conversation(
            gpt_message("assistant", "I begin"), gpt_message("user", words), title=title
        )
        assert labels(importers.read(write_json(tmp_path / "x.json", [talk]))) == [label]

    def test_a_choice_that_cannot_be_stored(self, tmp_path: Path) -> None:
        path = write_json(tmp_path / "x.json", [gpt_talk(1)])
        with pytest.raises(SekhaValidationError, match="folder"):
            list(importers.read(path, folder=lambda record: " "))

    def test_times_in_text(self, tmp_path: Path) -> None:
        talk = gpt_conversation(
            gpt_message("user", "Q", create_time=None), gpt_message("assistant", "A")
        )
        path = write_json(tmp_path / "x.json", [talk])
        reading = importers.read(path, times_in_text=True)
        (record,) = reading
        assert [message.content for message in record.conversation.messages] == [
            "[2023-11-14 22:13:20 UTC]\nQ",
            "[2023-11-14 22:13:21 UTC]\nA",
        ]
        assert reading.report.times_not_stored == 0
        lossy = importers.read(path)
        (plain,) = lossy
        assert plain.conversation.messages[0].content == "Q"
        assert plain.conversation.label == record.conversation.label
        assert lossy.report.times_not_stored == 1
        assert "times that the controller cannot keep: in 1" in lossy.report.summary()

    def test_a_format_that_is_told(self, tmp_path: Path) -> None:
        path = write_json(tmp_path / "x.json", [{"title": "odd"}, gpt_talk(1)])
        assert labels(importers.read(path, format="chatgpt")) == ["Talk 1"]
        mixed = tmp_path / "mixed"
        write_json(mixed / "a.json", [gpt_talk(1)])
        write_json(mixed / "b.json", [claude_conversation(claude_message("human", "x"))])
        reading = importers.read(mixed, format="claude")
        assert labels(reading) == ["A chat"]
        assert reading.report.ignored_files == 1

    def test_a_format_that_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(SekhaValidationError, match="'gpt'"):
            importers.read(tmp_path, format="gpt")


class TestErrors:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "it is empty"),
            (b" \n ", "it is empty"),
            (b"\xef\xbb\xbf", "it is empty"),
            (b"<html>", "it is HTML without chats"),
            (b"\x89PNG\r\n\x1a\n", "it is not JSON"),
            (b"hello", "it is not JSON"),
            (b"[1, 2, 3]", "no known format"),
            (b'[{"a": 1}]', "no known format"),
            (b'{"a": 1}', "no known format"),
            (b'{"a": [1, {"b": 2}]}', "no known format"),
            (b'{"a": 1}\n{"a": 2}\n', "no known format"),
            (b"{", "not valid JSON from its beginning|no known format"),
            (b"[" * 5000, "no known format"),
        ],
    )
    def test_what_is_not_recognised_is_told(
        self, tmp_path: Path, content: bytes, reason: str
    ) -> None:
        path = tmp_path / "x.json"
        path.write_bytes(content)
        with pytest.raises(SekhaImportError, match=reason) as caught:
            importers.read(path)
        assert "`sekha-memory formats` lists what can be read" in caught.value.message
        assert caught.value.path == str(path)

    def test_an_export_without_conversations_is_one(self, tmp_path: Path) -> None:
        reading = importers.read(write_json(tmp_path / "conversations.json", []))
        assert list(reading) == []
        assert (reading.report.files, reading.report.read) == (1, 0)
        assert list(importers.read(write_json(tmp_path / "x.json", own_export()))) == []

    def test_paths_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(SekhaImportError, match="there is no such file"):
            importers.read(tmp_path / "missing.json")
        with pytest.raises(SekhaImportError, match="there is no JSON in it"):
            importers.read(tmp_path)

    def test_a_damaged_zip(self, tmp_path: Path) -> None:
        path = write_zip(tmp_path / "x.zip", {"conversations.json": "[]" * 100})
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(SekhaImportError, match="the zip is damaged"):
            importers.read(path)

    def test_an_encrypted_file_in_a_zip(self, tmp_path: Path) -> None:
        path = write_zip(tmp_path / "x.zip", {"a.json": json.dumps([gpt_talk(1)]), "b.json": "[]"})
        data = bytearray(path.read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(bytes(data))
        reading = importers.read(path)
        assert list(reading) == []
        assert reading.report.details[0].reason == "a file that cannot be opened"
        assert "encrypted" in reading.report.details[0].detail

    def test_without_the_extra(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str, package: str | None = None) -> ModuleType:
            raise ModuleNotFoundError(name)

        path = write_json(tmp_path / "x.json", [gpt_talk(1)])
        monkeypatch.setattr(importlib, "import_module", missing)
        with pytest.raises(SekhaMissingExtraError, match=r"sekha-memory\[importers\]"):
            importers.read(path)

    def test_a_folder_that_changes_between_recognition_and_reading(self, tmp_path: Path) -> None:
        write_json(tmp_path / "a.json", [gpt_talk(1)])
        write_json(tmp_path / "b.json", [gpt_talk(2)])
        reading = importers.read(tmp_path)
        (tmp_path / "a.json").unlink()
        assert labels(reading) == ["Talk 2"]
        assert reading.report.reasons == {"a file that cannot be opened": 1}


def test_a_zip_member_that_breaks_half_way(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    text = json.dumps([gpt_talk(number) for number in range(400)])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("conversations.json", text)
    data = bytearray(path.read_bytes())
    # A stored member that was changed: its checksum fails when its last byte is read.
    place = data.index(b"Answer 399.")
    data[place : place + 6] = b"Wanswe"
    path.write_bytes(bytes(data))
    reading = importers.read(path)
    count = len(list(reading))
    report = reading.report
    assert 300 < count < 400
    assert report.reasons == {"the rest of the file could not be read": 1}
    assert report.read == report.yielded + report.skipped == count + 1


def test_nothing_is_opened_for_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_json(tmp_path / "x.json", [gpt_talk(1)])
    modes: list[str] = []
    real = builtins.open

    def noted(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        modes.append(mode)
        return real(file, mode, *rest, **options)

    monkeypatch.setattr(builtins, "open", noted)
    assert labels(importers.read(path)) == ["Talk 1"]
    assert all("w" not in mode and "a" not in mode and "+" not in mode for mode in modes)
