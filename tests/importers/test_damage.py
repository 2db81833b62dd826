"""A bad record never ends a file, and whatever happens the numbers add up."""

from __future__ import annotations

import io
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sekha import SyncSekhaClient, importers
from sekha._core import validate
from sekha.errors import SekhaImportError
from sekha.importers import Reading, registry, streaming
from sekha.importers.drafts import Conversion, Wishes
from sekha.importers.folding import Origin
from sekha.importers.guard import DEEPEST, TOO_DEEP, TOO_LONG, Guard
from sekha.importers.records import Draft, Options, Skip, finish
from sekha.importers.utf8 import Utf8Chunks, encoding_of
from support.import_files import (
    claude_conversation,
    claude_message,
    gpt_conversation,
    gpt_message,
    gpt_talk,
    own_export,
    own_record,
    sharegpt_record,
    write_lines,
)
from support.import_samples import SAMPLES


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def adds_up(reading: Reading) -> list[str]:
    """Reads all; the report must be right at every step, and all that comes must be storable."""
    found = []
    for record in reading:
        found.append(record.conversation.label)
        assert reading.report.yielded == len(found)
        assert reading.report.read == reading.report.yielded + reading.report.skipped
        validate.conversation(record.conversation)
        assert len(record.message_times) == len(record.conversation.messages)
    assert reading.report.read == reading.report.yielded + reading.report.skipped
    assert reading.report.yielded == len(found)
    return found


TALKS = [json.dumps(gpt_talk(number)) for number in range(6)]


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


class TestArrays:
    @pytest.mark.parametrize(
        ("broken", "lost"),
        [
            ('{"title": "x", "create_time": 1,}', 1),
            ('{"title": "x", "create_time": 1, "mapping": {"a": {"mess', 1),
            ('{"title": "x", "create_time": 1, "mapping": {"a": ["b"', 1),
            ('{"title": "x", "create_time": 1, "mapping": {"a": "b"', 1),
            ('{"title": "x", "create_time": 1, "mapping": ', 1),
            ('{"title": "x", "create_time": 1}}}}}', 2),
            ('{"title": "x", "create_time": undefined}', 1),
            ("garbage", 1),
            ("null", 1),
            ('"text"', 1),
            ("{}", 1),
        ],
    )
    @pytest.mark.parametrize("place", [0, 1, 5])
    @pytest.mark.parametrize("wrapped", [False, True])
    def test_a_broken_record_costs_itself(
        self, tmp_path: Path, broken: str, lost: int, place: int, wrapped: bool
    ) -> None:
        records = [*TALKS[:place], broken, *TALKS[place:]]
        text = "[" + ", ".join(records) + "]"
        text = '{"chats": ' + text + "}" if wrapped else text
        reading = importers.read(write(tmp_path / "x.json", text))
        assert adds_up(reading) == [f"Talk {number}" for number in range(6)]
        assert reading.report.skipped == lost
        assert reading.report.details[0].where == f"x.json[{place}]"

    def test_the_place_is_told(self, tmp_path: Path) -> None:
        text = "[" + ",".join([TALKS[0], TALKS[1][:200], TALKS[2]]) + "]"
        reading = importers.read(write(tmp_path / "x.json", text))
        assert adds_up(reading) == ["Talk 0", "Talk 2"]
        (skipped,) = reading.report.details
        assert skipped.reason == "not valid JSON"
        assert f"from byte {len(TALKS[0]) + 2}" in skipped.detail

    def test_a_file_that_is_cut_off(self, tmp_path: Path) -> None:
        text = "[" + ",\n".join(TALKS)
        for cut, whole in ((len(text) - 50, 5), (len(text) - 1, 5), (len(text), 6)):
            reading = importers.read(write(tmp_path / "x.json", text[:cut]))
            assert len(adds_up(reading)) == whole
            assert reading.report.reasons == {"the file ends in the middle": 1}

    def test_what_only_a_lenient_parser_takes(self, tmp_path: Path) -> None:
        odd = gpt_conversation(
            gpt_message("user", "raw\x01control"), create_time=math.nan, update_time=10**30
        )
        text = json.dumps([gpt_talk(0), odd, gpt_talk(1)]).replace("\\u0001", "\x01")
        reading = importers.read(write(tmp_path / "x.json", text))
        assert adds_up(reading) == ["Talk 0", "A talk", "Talk 1"]
        assert reading.report.skipped == 0

    def test_a_first_key_that_is_no_string(self, tmp_path: Path) -> None:
        broken = TALKS[0].replace('{"', '{"\\q', 1)
        text = "[" + ",".join([broken, *TALKS[1:3]]) + "]"
        reading = importers.read(write(tmp_path / "x.json", text))
        assert adds_up(reading) == ["Talk 1", "Talk 2"]
        assert reading.report.lost == 1

    def test_several_documents_in_one_file(self, tmp_path: Path) -> None:
        text = f"[{TALKS[0]}]\n[{TALKS[1]}]"
        reading = importers.read(write(tmp_path / "x.json", text))
        assert adds_up(reading) == ["Talk 0", "Talk 1"]

    def test_records_that_begin_like_their_own_parts(self, tmp_path: Path) -> None:
        def record(number: int) -> dict[str, Any]:
            parts = [{"id": "m", "object": "message", "role": "user", "content": f"Q {number}"}]
            return {"id": str(number), "object": "chat", "messages": parts * 3}

        text = json.dumps([record(number) for number in range(50)])
        reading = importers.read(write(tmp_path / "x.json", text))
        assert len(adds_up(reading)) == 50
        assert reading.report.skipped == 0

    @pytest.mark.parametrize("title", ["x" * 100_000, 'q"\\' * 30_000, "日" * 50_000])
    def test_anchors_at_every_distance_from_the_ends_of_chunks(
        self, tmp_path: Path, title: str
    ) -> None:
        talks = [dict(gpt_talk(number), title=title[: 997 * number]) for number in range(60)]
        reading = importers.read(write(tmp_path / "x.json", json.dumps(talks, ensure_ascii=False)))
        assert len(adds_up(reading)) == 60
        assert reading.report.skipped == 0

    def test_every_second_record_of_many_is_broken(self, tmp_path: Path) -> None:
        records = [json.dumps(gpt_talk(n))[: None if n % 2 else 900] for n in range(600)]
        reading = importers.read(write(tmp_path / "x.json", "[" + ",".join(records) + "]"))
        assert adds_up(reading) == [f"Talk {n}" for n in range(600) if n % 2]
        assert reading.report.reasons == {"not valid JSON": 300}
        assert len(reading.report.details) == 100


class TestLines:
    def test_a_broken_line_costs_itself(self, tmp_path: Path) -> None:
        good = json.dumps(sharegpt_record(("human", "x")))
        text = "\r\n".join([good, "", good[:-4], "garbage", "[1]", "NaN", good, "\ufeff", good])
        reading = importers.read(write(tmp_path / "x.jsonl", text))
        assert len(adds_up(reading)) == 3
        assert reading.report.reasons == {"not valid JSON": 3, "not an object": 2}
        assert [skipped.where for skipped in reading.report.details] == [
            f"x.jsonl:{line}" for line in (3, 4, 5, 6, 8)
        ]

    def test_the_last_line_without_an_end(self, tmp_path: Path) -> None:
        good = json.dumps(sharegpt_record(("human", "x")))
        for text in (good, good + "\n" + good):
            reading = importers.read(write(tmp_path / "x.jsonl", text))
            assert len(adds_up(reading)) == text.count("human")


class TestEncoding:
    @pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
    def test_bytes_that_are_no_utf8(self, tmp_path: Path, name: str) -> None:
        good = json.dumps(sharegpt_record(("human", "first")), ensure_ascii=False).encode()
        bad = good.replace(b"first", b"caf\xe9 \xff")
        text = good + b"\n" + bad + b"\n" + good
        if name == "x.json":
            text = b"[" + text.replace(b"\n", b",\n") + b"]"
        reading = importers.read(write(tmp_path / name, text))
        assert adds_up(reading) == ["first", "caf\ufffd \ufffd", "first"]
        notes = [dict(record.notes) for record in reading]
        assert notes == [{}, {"place that was no UTF-8 replaced": 2}, {}]

    # A text of UTF-16 that begins with a NUL has the byte order mark of UTF-32.
    @given(
        text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
        size=st.integers(1, 7),
    )
    def test_characters_across_the_ends_of_chunks(self, text: str, size: int) -> None:
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            chunks = Utf8Chunks(io.BytesIO(text.encode(encoding)), size=max(size, 4))
            expected = text.encode().removeprefix(b"\xef\xbb\xbf")
            assert b"".join(chunks).removeprefix(b"\xef\xbb\xbf") == expected

    @given(data=st.binary(), size=st.integers(4, 9))
    def test_any_bytes_become_utf8(self, data: bytes, size: int) -> None:
        if encoding_of(data) is not None:
            return
        chunks = list(Utf8Chunks(io.BytesIO(data), size=size))
        expected = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        assert b"".join(chunks).decode() == expected

    def test_halves_of_characters_can_be_stored(self, tmp_path: Path) -> None:
        half = json.dumps(sharegpt_record(("human", "a\ud83db"), label="\udc00"))
        pair = json.dumps(sharegpt_record(("human", "\U0001f600")))
        reading = importers.read(write(tmp_path / "x.jsonl", half + "\n" + pair))
        assert adds_up(reading) == ["\ufffd", "\U0001f600"]


class TestSizes:
    def test_deep_nesting(self, tmp_path: Path) -> None:
        deep = "[" * 100_000 + "]" * 100_000
        call = '{"type": "tool_use", "name": "f", "input": ' + deep + "}"
        record = json.dumps(claude_conversation(claude_message("human", "x"), name="good"))
        bad = json.dumps(claude_conversation(claude_message("human", content=["HERE"])))
        text = "[" + ",".join([record, bad.replace('"HERE"', call), record]) + "]"
        reading = importers.read(write(tmp_path / "x.json", text))
        assert adds_up(reading) == ["good", "good"]
        assert reading.report.reasons == {"nested too deeply": 1}
        lines = importers.read(write(tmp_path / "x.jsonl", "\n".join([record, deep, record])))
        assert adds_up(lines) == ["good", "good"]

    def test_what_is_too_large_ends_with_its_record(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streaming, "LARGEST", 200_000)
        large = json.dumps(gpt_conversation(gpt_message("user", "x" * 500_000)))
        records = [TALKS[0], large, TALKS[1]]
        reading = importers.read(write(tmp_path / "x.json", "[" + ",".join(records) + "]"))
        assert adds_up(reading) == ["Talk 0", "Talk 1"]
        assert list(reading.report.reasons) == [streaming.TOO_LARGE]
        lines = importers.read(write(tmp_path / "x.jsonl", "\n".join(records)))
        assert adds_up(lines) == ["Talk 0", "Talk 1"]
        assert list(lines.report.reasons) == [streaming.TOO_LARGE]

    @pytest.mark.parametrize("digits", [5_000, 100_000])
    def test_a_number_beyond_all_numbers(self, digits: int, tmp_path: Path) -> None:
        """The parser's C code does not survive one; in a text it is a text."""
        talk, number = TALKS[0], "9" * digits
        told = talk.replace('"Talk 0"', f'"It is: {number}, said it"')
        odd = talk.replace('"create_time": ', f'"odd": {number}, "create_time": ', 1)
        assert told != talk != odd
        for name, joined in (("x.json", "[{},{},{}]"), ("x.jsonl", "{}\n{}\n{}")):
            path = write(tmp_path / name, joined.format(told, odd, TALKS[1]))
            reading = importers.read(path)
            found = [record.conversation.label for record in reading]
            assert [label[:6] for label in found] == ["It is:", "Talk 1"]
            assert list(reading.report.reasons) in ([TOO_LONG], [streaming.NOT_JSON])
        with pytest.raises(SekhaImportError):
            importers.read(write(tmp_path / "y.json", '{"version": ' + number + "}"))

    @settings(max_examples=30, deadline=None)
    @given(value=JSON_VALUES, size=st.integers(1, 7))
    def test_nesting_is_counted_outside_of_strings(self, value: Any, size: int) -> None:
        def too_deep(wraps: int) -> bool:
            opening, closing = ('{"]":[', "]}") if wraps % 2 else ("[[", "]]")
            inner = json.dumps([']\\"[', value])
            text = (opening * wraps + inner + closing * wraps).encode()
            guard = Guard()
            pieces = (text[start : start + size] for start in range(0, len(text), size))
            return any([guard.refusal(piece) == TOO_DEEP for piece in pieces])

        def depth(value: Any) -> int:
            inner = list(value.values()) if isinstance(value, dict) else value
            nested = isinstance(value, list | dict)
            return 1 + max(map(depth, inner), default=0) if nested else 0

        within = depth(value) + 1
        assert not too_deep((DEEPEST // 2 - within) // 2)
        assert too_deep((DEEPEST - within) // 2 + 1)

    @pytest.mark.slow
    def test_a_record_of_50_megabytes(self, tmp_path: Path) -> None:
        words = "words " * (50_000_000 // 6)
        for path in (
            write(tmp_path / "x.json", json.dumps([gpt_conversation(gpt_message("user", words))])),
            write_lines(tmp_path / "x.jsonl", sharegpt_record(("human", words))),
        ):
            reading = importers.read(path)
            (record,) = reading
            assert len(record.conversation.messages[0].content) == len(words)
            assert len(record.conversation.label) < 100


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A record of some format of which parts are replaced by anything, or removed."""
    _, sample = draw(st.sampled_from(SAMPLES))
    record = json.loads(json.dumps(sample))
    for _ in range(draw(st.integers(1, 4))):
        node: Any = record
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = node[key]
            if isinstance(inner, dict | list) and inner and draw(st.booleans()):
                node = inner
                continue
            if draw(st.booleans()):
                node[key] = draw(JSON_VALUES)
            else:
                del node[key]
            break
    return record


def test_every_format_knows_its_own_records() -> None:
    assert {name for name, _ in SAMPLES} == set(importers.FORMAT_NAMES)
    for name, sample in SAMPLES:
        found = registry.format_of(sample)
        assert found is not None and found.name == name


@settings(max_examples=400, deadline=None)
@given(record=mutated())
def test_no_record_whatever_it_holds_raises(record: Any) -> None:
    for format in registry.FORMATS:
        format.recognises(record)
        made: list[Draft | Skip] = []
        for wishes in (Wishes(), Wishes(branches="all", tool_output="drop")):
            if format.fold is None:
                one = format.convert(record, Conversion(wishes))
                made += [one] if isinstance(one, Draft | Skip) else one
            else:
                fold = format.fold(Origin("x.jsonl", wishes))
                for _ in range(2):
                    made += [draft for _, draft in fold.add(record, "x")]
                made += [draft for _, draft in fold.finish()]
        for draft in made:
            if isinstance(draft, Draft):
                found = finish(draft, format=format.name, folder="/x", where="x", options=Options())
                if not isinstance(found, Skip):
                    validate.conversation(found.conversation)
                    assert all(text.content.strip() for text in found.conversation.messages) or (
                        format.name == "sekha"
                    )


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_corruption_of_a_file_adds_up(data: st.DataObject) -> None:
    name, sample = data.draw(st.sampled_from(SAMPLES))
    count = data.draw(st.integers(1, 5))
    form = data.draw(st.sampled_from(["array", "indented", "lines", "own"]))
    if form == "lines":
        text = "".join(json.dumps(sample) + "\n" for _ in range(count)).encode()
    elif form == "own":
        text = json.dumps(own_export(*[own_record()] * count)).encode()
    else:
        text = json.dumps([sample] * count, indent=1 if form == "indented" else None).encode()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        new = data.draw(
            st.binary(max_size=5) | st.sampled_from([b'"', b"}", b"{", b"]", b",", b""])
        )
        text = text[:start] + new + text[end:]
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "x.json", text)
        try:
            reading = importers.read(path)
        except SekhaImportError:
            return
        adds_up(reading)


@settings(max_examples=150, deadline=None)
@given(
    broken=st.sets(st.integers(0, 19), max_size=10),
    cut=st.integers(10, 900),
    indent=st.sampled_from([None, 2]),
)
@example(broken={0, 1, 2}, cut=10, indent=None)
def test_only_what_is_broken_is_lost(broken: set[int], cut: int, indent: int | None) -> None:
    whole = [json.dumps(gpt_talk(number), indent=indent) for number in range(20)]
    parts = [text[:cut] if number in broken else text for number, text in enumerate(whole)]
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "x.json", "[\n" + ",\n".join(parts) + "\n]\n")
        reading = importers.read(path)
        found = adds_up(reading)
    assert found == [f"Talk {number}" for number in range(20) if number not in broken]
    assert 0 < reading.report.skipped <= len(broken) if broken else not reading.report.skipped


class TestHalvesOfCharacters:
    """Escapes that stand for no character: the parser in C ends with another error than for JSON."""

    @pytest.mark.parametrize("half", ["\\ude00", "\\ud83d", "\\ud83dx", "\\ud83d\\u0041"])
    def test_in_every_text_of_a_record(self, half: str, tmp_path: Path) -> None:
        path = tmp_path / "conversations.json"
        whole, broken = gpt_talk(0), json.dumps(gpt_talk(1)).replace('": "', '": "' + half)
        for content in (
            f"[{json.dumps(whole)}, {broken}]",
            f"[{broken}, {json.dumps(whole)}]",
            f"{json.dumps(whole)}\n{broken}\n",
        ):
            write(path, content)
            found = list(importers.read(path))
            assert len(found) == 2
            with SyncSekhaClient.local() as client:
                report = client.import_conversations(importers.read(path))
                assert (report.stored, report.failed, report.skipped) == (2, 0, 0)
                report = client.import_conversations(importers.read(path))
                assert (report.stored, report.unchanged) == (0, 2)

    def test_ids_that_differ_in_them_stay_apart(self, tmp_path: Path) -> None:
        talks = [
            gpt_talk(1) | {"id": half, "conversation_id": half} for half in ("\ud800", "\udfff")
        ]
        path = write(tmp_path / "conversations.json", json.dumps(talks))
        assert len({record.source_id for record in importers.read(path)}) == 2


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59Z", 1e11, -5e9])
def test_a_time_that_cannot_be_stored_is_none(time: str | float, tmp_path: Path) -> None:
    talk = sharegpt_record(("human", "x"), ("gpt", "y"))
    talk["conversations"][0]["timestamp"] = time
    chat = gpt_talk(1)
    for node in chat["mapping"].values():
        if node.get("message"):
            node["message"]["create_time"] = time
    for number, content in enumerate((talk, chat)):
        path = write(tmp_path / f"{number}.json", json.dumps([content]))
        with SyncSekhaClient.local() as client:
            report = client.import_conversations(importers.read(path))
            assert (report.stored, report.failures) == (1, ())
