"""Data sets of conversations, and typed parts of messages wherever they stand.

Built after the data sets' own cards and the chat APIs' descriptions.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sekha import importers
from sekha.errors import SekhaImportError
from support.import_files import sharegpt_record, write_json, write_lines
from support.imported import all_of, one, said, utc


def oasst(
    name: str, role: str, text: str, *replies: Any, rank: int | None = None
) -> dict[str, Any]:
    return {
        "message_id": name,
        "text": text,
        "role": role,
        "lang": "en",
        "rank": rank,
        "created_date": f"2023-02-0{len(name)}T00:00:00+00:00",
        "replies": list(replies),
    }


TREE = oasst(
    "a",
    "prompter",
    "Q",
    oasst("ab", "assistant", "worse", rank=1),
    oasst("ac", "assistant", "best", oasst("acd", "prompter", "More?"), rank=0),
)


class TestOpenAssistant:
    def test_trees(self, tmp_path: Path) -> None:
        lines = [{"message_tree_id": f"t{n}", "tree_state": "x", "prompt": TREE} for n in range(3)]
        path = tmp_path / "2023_oasst.trees.jsonl.gz"
        path.write_bytes(gzip.compress("".join(json.dumps(each) + "\n" for each in lines).encode()))
        reading = importers.read(path)
        records = list(reading)
        assert [record.source_id for record in records] == ["t0", "t1", "t2"]
        assert said(records[0]) == [("user", "Q"), ("assistant", "best"), ("user", "More?")]
        assert [time.day for time in records[0].message_times if time] == [1, 2, 3]
        assert reading.report.notes == {"message of another branch left out": 3}
        _, other = all_of(path, branches="all")[:2]
        assert said(other) == [("user", "Q"), ("assistant", "worse")]

    def test_messages(self, tmp_path: Path) -> None:
        rows: list[dict[str, Any]] = []

        def add(message: dict[str, Any], parent: str | None) -> None:
            kept = {key: value for key, value in message.items() if key != "replies"}
            rows.append({**kept, "parent_id": parent, "message_tree_id": "t"})
            for reply in message["replies"]:
                add(reply, message["message_id"])

        add(TREE, None)
        record = one(write_lines(tmp_path / "messages.jsonl", *reversed(rows)))
        assert said(record) == [("user", "Q"), ("assistant", "best"), ("user", "More?")]


def test_wildchat(tmp_path: Path) -> None:
    said_there = [
        {"content": "Hi", "role": "user", "language": "English", "turn_identifier": 1},
        {"content": "Hello", "role": "assistant", "timestamp": "2023-04-09T00:02:53+00:00"},
    ]
    lines = [
        {
            "conversation_hash": f"h{number}",
            "model": "gpt-x",
            "timestamp": "2023-04-09T00:02:53+00:00",
            "conversation": said_there,
            "turn": 1,
        }
        for number in range(2)
    ]
    first, second = all_of(write_lines(tmp_path / "wild.jsonl", *lines))
    assert said(first) == [("user", "Hi"), ("assistant", "Hello")]
    assert (first.source_id, first.format, first.models) == ("h0", "wildchat", ("gpt-x",))
    assert first.message_times == (None, utc(2023, 4, 9, 0, 2, 53))


def test_ultrachat(tmp_path: Path) -> None:
    lines = [{"id": str(number), "data": ["Q1", "A1", "Q2", "A2"]} for number in range(2)]
    first, _ = all_of(write_lines(tmp_path / "ultra.jsonl", *lines))
    assert said(first) == [
        *(("user", "Q1"), ("assistant", "A1"), ("user", "Q2"), ("assistant", "A2"))
    ]
    assert (first.source_id, first.format) == ("0", "ultrachat")
    filtered = {
        "prompt": "Q",
        "prompt_id": "p",
        "messages": [{"content": "Q", "role": "user"}, {"content": "A", "role": "assistant"}],
    }
    record = one(write_lines(tmp_path / "200k.jsonl", filtered))
    assert (record.format, record.source_id) == ("openai", "p")
    assert said(record) == [("user", "Q"), ("assistant", "A")]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {
                "prompt": "Q",
                "chosen": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}],
                "rejected": [
                    {"role": "user", "content": "Q"},
                    {"role": "assistant", "content": "R"},
                ],
            },
            ["Q", "C", "R"],
        ),
        (
            {
                **sharegpt_record(("human", "Q")),
                "chosen": {"from": "gpt", "value": "C"},
                "rejected": {"from": "gpt", "value": "R"},
            },
            ["Q", "C", "R"],
        ),
        (
            {"messages": [{"role": "user", "content": "Q"}], "chosen": "C", "rejected": "R"},
            ["Q", "C", "R"],
        ),
    ],
)
def test_preferences(tmp_path: Path, record: dict[str, Any], expected: list[str]) -> None:
    question, chosen, rejected = expected
    path = write_json(tmp_path / "x.json", [record])
    found = one(path)
    assert said(found) == [("user", question), ("assistant", chosen)]
    assert found.notes == {"message of another branch left out": 1}
    shown, other = all_of(path, branches="all")
    assert said(shown) == said(found)
    assert said(other) == [("user", question), ("assistant", rejected)]


class TestParts:
    def messages(self, path: Path, *contents: Any, **more: Any) -> list[tuple[str, str]]:
        listed = [{"role": "user", "content": content} for content in contents]
        return said(one(write_json(path / "x.json", [{"messages": listed, **more}])))

    @pytest.mark.parametrize(
        ("part", "expected"),
        [
            ({"type": "text", "value": "v"}, "v"),
            ({"type": "text", "text": {"value": "v", "annotations": []}}, "v"),
            ({"type": "input_text", "text": "v"}, "v"),
            ({"type": "thinking", "thinking": "t", "signature": "s"}, "[thinking]\nt"),
            ({"type": "reasoning", "summary": [{"text": "t"}]}, "[thinking]\nt"),
            (
                {"type": "tool_use", "id": "1", "name": "f", "input": {"a": "x\ny", "b": 2}},
                "[tool call: f]\na:\nx\ny\nb: 2",
            ),
            ({"type": "tool_result", "tool_use_id": "1", "content": "r"}, "[tool result]\nr"),
            (
                {
                    "type": "tool_result",
                    "content": [{"type": "text", "text": "r"}, {"type": "image", "source": {}}],
                },
                "[tool result]\nr\n[image]",
            ),
            ({"type": "never_seen", "content": [{"type": "text", "text": "kept"}]}, "kept"),
            ({"type": "never_seen", "payload": 1}, "[never_seen]"),
            (
                {"type": "document", "title": "a.pdf", "source": {"text": "said"}},
                "[attachment: a.pdf]\nsaid",
            ),
        ],
    )
    def test_a_part_keeps_its_text(self, tmp_path: Path, part: Any, expected: str) -> None:
        assert self.messages(tmp_path, [part]) == [("user", expected)]

    def test_a_system_prompt_beside_the_messages(self, tmp_path: Path) -> None:
        assert self.messages(tmp_path, "Q", system="Be kind") == [
            ("system", "Be kind"),
            ("user", "Q"),
        ]

    def test_a_system_prompt_of_parts(self, tmp_path: Path) -> None:
        system = [{"type": "text", "text": "Be kind"}]
        assert self.messages(tmp_path, "Q", system=system)[0] == ("system", "Be kind")

    def test_messages_in_the_form_of_other_apis(self, tmp_path: Path) -> None:
        messages = [
            {"role": "user", "parts": [{"text": "Q"}]},
            {"role": "model", "parts": [{"text": "A"}]},
            {"role": "user", "content": {"content_type": "text", "parts": ["one", "two"]}},
        ]
        assert said(one(write_json(tmp_path / "x.json", messages))) == [
            *(("user", "Q"), ("assistant", "A"), ("user", "one\ntwo"))
        ]

    def test_what_only_a_lenient_parser_takes_is_recognised(self, tmp_path: Path) -> None:
        record = {"id": 10**30, "messages": [{"role": "user", "content": "Q"}]}
        found = one(write_json(tmp_path / "x.json", [record]))
        assert (found.source_id, found.format) == (str(10**30), "openai")

    def test_parts_in_parts_end(self, tmp_path: Path) -> None:
        part: Any = "deep"
        for _ in range(60):
            part = {"type": "never_seen", "content": [part]}
        assert self.messages(tmp_path, [part]) == [("user", "[nested content]")]


class TestNothingEmpty:
    def test_blank_is_counted_and_what_is_not_shown_is_named(self, tmp_path: Path) -> None:
        messages = [
            {"role": "user", "content": "Q"},
            {"role": "assistant", "content": ""},
            {"role": "assistant", "content": [{"type": "text", "text": " "}]},
            {"role": "assistant", "content": None},
            {"role": "assistant", "speech": {"words": ["said elsewhere"]}},
        ]
        path = write_json(tmp_path / "x.json", [{"messages": messages}] * 2)
        reading = importers.read(path)
        first, second = reading
        assert said(first) == [("user", "Q")]
        assert first.notes == {"blank message left out": 3}
        assert first.unshown == ("message 5",)
        assert reading.report.unshown == reading.report.lost == 2
        assert [(each.where, each.reason, each.detail) for each in reading.report.details] == [
            ("x.json[0]", "a message without text that can be shown", "message 5"),
            ("x.json[1]", "a message without text that can be shown", "message 5"),
        ]
        assert "messages without text that can be shown: 2" in reading.report.summary()

    def test_what_is_harmless_does_not_hide_what_is_lost(self, tmp_path: Path) -> None:
        records: list[Any] = [{"messages": [{"role": "user", "content": "Q"}]}]
        records += [{"messages": []}] * 300 + ["lost"]
        reading = importers.read(write_json(tmp_path / "x.json", records))
        assert len(list(reading)) == 1
        details = reading.report.details
        assert len(details) == 101 and [each.where for each in details if not each.harmless] == [
            "x.json[301]"
        ]

    def test_a_record_of_which_nothing_can_be_shown_is_skipped(self, tmp_path: Path) -> None:
        good = {"messages": [{"role": "user", "content": "Q"}]}
        foreign = {"messages": [{"role": "user", "speech": "Q"}, {"role": "x", "speech": "A"}]}
        reading = importers.read(write_json(tmp_path / "x.json", [good, foreign, {"messages": []}]))
        assert len(list(reading)) == 1
        assert reading.report.reasons == {
            "a message without text that can be shown": 1,
            "no messages": 1,
        }
        assert reading.report.lost == 1

    def test_a_foreign_file_is_refused(self, tmp_path: Path) -> None:
        foreign = {"messages": [{"role": "user", "speech": "Q"}]}
        with pytest.raises(SekhaImportError, match="no known format"):
            importers.read(write_json(tmp_path / "x.json", [foreign]))
