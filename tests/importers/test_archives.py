"""Files as they are downloaded, and files that mean harm: read, or refused with the reason."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import tarfile
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sekha import importers
from sekha.errors import SekhaImportError
from sekha.importers import archives
from support.import_files import (
    claude_conversation,
    claude_message,
    gemini_activity,
    gpt_talk,
    write_json,
    write_zip,
)
from support.imported import all_of

TALKS = json.dumps([gpt_talk(number) for number in range(3)]).encode()
LABELS = ["Talk 0", "Talk 1", "Talk 2"]


def labels(path: Path) -> list[str]:
    return [record.conversation.label for record in all_of(path)]


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return buffer.getvalue()


def tarred(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def a_file(name: str) -> tarfile.TarInfo:
    return tarfile.TarInfo(name)


PACKED = {
    "x.json.gz": gzip.compress(TALKS),
    "x.gz": gzip.compress(TALKS),
    "x.tar": tarred((a_file("deep/conversations.json"), TALKS), (a_file("a.png"), b"x")),
    "x.tar.gz": gzip.compress(tarred((a_file("conversations.json"), TALKS))),
    "x.tgz": gzip.compress(tarred((a_file("./conversations.json"), TALKS))),
    "x.zip": zipped(conversations_json=TALKS),
    "outer.zip": zipped(inner_zip=zipped(conversations_json=TALKS), readme_txt=b"hello"),
    "gz.zip": zipped(a__conversations_json_gz=gzip.compress(TALKS)),
    "renamed.download": zipped(conversations_json=TALKS),
}


class TestAsDownloaded:
    @pytest.mark.parametrize("name", PACKED)
    def test_packed_alone_and_in_a_folder(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / "in" / name
        path.parent.mkdir()
        path.write_bytes(PACKED[name])
        assert labels(path) == LABELS
        if name != "renamed.download":
            reading = importers.read(path.parent)
            assert [record.conversation.label for record in reading] == LABELS
            assert reading.report.lost == 0

    def test_a_folder_of_zips(self, tmp_path: Path) -> None:
        for number in range(2):
            talks = [
                claude_conversation(claude_message("human", f"Q{each}"), uuid=str(each))
                for each in (0, number + 1)
            ]
            write_zip(
                tmp_path / f"data-2026-batch-000{number}.zip",
                {"conversations.json": json.dumps(talks), "users.json": "[]"},
            )
        reading = importers.read(tmp_path)
        assert [record.source_id for record in reading] == ["0", "1", "2"]
        assert reading.report.reasons == {importers.reading.REPEATED: 1}
        assert reading.report.lost == 0
        assert reading.report.details[0].where == "data-2026-batch-0001.zip/conversations.json[0]"

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
    @pytest.mark.parametrize("first", ['[{"', '[\n{"', '["日'])
    def test_wide_encodings_without_a_mark(self, tmp_path: Path, encoding: str, first: str) -> None:
        talk = {"title": "日本", "mapping": gpt_talk(0)["mapping"]}
        text = json.dumps([talk], ensure_ascii=False).replace('[{"', first.replace('"日', '{"'), 1)
        path = tmp_path / "x.json"
        path.write_bytes(text.encode(encoding))
        assert labels(path) == ["日本"]

    def test_files_without_conversations_are_named(self, tmp_path: Path) -> None:
        write_json(tmp_path / "conversations.json", [gpt_talk(0)])
        write_json(tmp_path / "user.json", {"id": "u"})
        for name in ("photo.png", "chats.7z", "webui.db", "notes", "chat.html"):
            (tmp_path / name).write_bytes(b"something")
        reading = importers.read(tmp_path)
        assert {file.where: file.reason for file in reading.report.ignored} == {
            "user.json": "it is an object of no known format",
            "photo.png": "not JSON by its name",
            "chats.7z": "a 7z archive: unpack it first",
            "webui.db": "a database of a program: export the chats from the program",
            "notes": "it is not JSON: it begins with 'something'",
            "chat.html": "it is not JSON: it begins with 'something'",
        }


class TestCut:
    def test_a_gzip_that_is_cut(self, tmp_path: Path) -> None:
        talks = json.dumps([gpt_talk(number) for number in range(400)]).encode()
        path = tmp_path / "x.json.gz"
        path.write_bytes(gzip.compress(talks)[:-400])
        reading = importers.read(path)
        found = len(list(reading))
        assert 100 < found < 400
        assert reading.report.reasons == {"the rest of the file could not be read": 1}
        assert reading.report.lost == 1

    def test_a_tar_gz_that_is_cut(self, tmp_path: Path) -> None:
        noise = os.urandom(400_000)
        whole = tarred((a_file("conversations.json"), TALKS), (a_file("photo.json"), noise))
        path = tmp_path / "x.tar.gz"
        path.write_bytes(gzip.compress(whole)[:-200_000])
        reading = importers.read(path)
        assert [record.conversation.label for record in reading] == LABELS
        assert reading.report.reasons == {"a file that cannot be opened": 1}
        assert reading.report.details[0].where == "the rest"

    @pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
    def test_an_archive_without_its_end(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.write_bytes(PACKED[name][:60])
        with pytest.raises(SekhaImportError, match="damaged"):
            importers.read(path)
        write_json(tmp_path / "conversations.json", [gpt_talk(7)])
        reading = importers.read(tmp_path)
        assert [record.conversation.label for record in reading] == ["Talk 7"]
        assert reading.report.details[0].where == name
        assert reading.report.lost == 1

    def test_a_zip_of_another_age(self, tmp_path: Path) -> None:
        content = bytearray(PACKED["x.zip"])
        content[content.index(b"PK\x01\x02") + 6] = 99
        path = tmp_path / "x.zip"
        path.write_bytes(content)
        with pytest.raises(SekhaImportError, match="damaged: zip file version"):
            importers.read(path)


class TestHostile:
    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.json")
        with pytest.raises(SekhaImportError, match="not a regular file"):
            importers.read(tmp_path / "pipe.json")
        write_json(tmp_path / "conversations.json", [gpt_talk(0)])
        reading = importers.read(tmp_path)
        assert [record.conversation.label for record in reading] == ["Talk 0"]
        assert [(file.where, file.reason) for file in reading.report.ignored] == [
            ("pipe.json", "not a regular file")
        ]

    def test_links_out_of_a_folder(self, tmp_path: Path) -> None:
        secret = write_json(tmp_path / "secret.json", [gpt_talk(9)])
        folder = tmp_path / "export"
        write_json(folder / "conversations.json", [gpt_talk(0)])
        (folder / "out.json").symlink_to(secret)
        (folder / "up").symlink_to(tmp_path)
        (folder / "within.json").symlink_to(folder / "conversations.json")
        reading = importers.read(folder)
        assert {record.conversation.label for record in reading} == {"Talk 0"}
        assert {file.where: file.reason for file in reading.report.ignored} == {
            "out.json": "a link out of the folder",
            "up": "a link out of the folder",
        }

    def test_links_and_devices_in_archives(self, tmp_path: Path) -> None:
        link = a_file("out.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        device = a_file("device.json")
        device.type = tarfile.CHRTYPE
        up = a_file("../../up.json")
        path = tmp_path / "x.tar"
        path.write_bytes(tarred((link, b""), (device, b""), (up, TALKS)))
        reading = importers.read(path)
        assert len(list(reading)) == 3
        assert {file.where: file.reason for file in reading.report.ignored} == {
            "out.json": "a link in an archive",
            "device.json": "not a regular file",
        }
        zip_path = tmp_path / "x.zip"
        with zipfile.ZipFile(zip_path, "w") as archive:
            info = zipfile.ZipInfo("out.json")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
            archive.writestr("conversations.json", TALKS)
        assert importers.read(zip_path).report.ignored[0].reason == "a link in an archive"
        assert sorted(tmp_path.iterdir()) == [path, zip_path]

    @pytest.mark.parametrize("kind", ["zip", "gz", "zip in zip", "tar.gz"])
    def test_a_bomb_is_refused_in_bounded_memory(
        self, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archives, "FREE", 1 << 20)
        opening = b'[{"title": "x", "mapping": {}, "filler": "'
        bomb = opening + b"0" * 60_000_000
        content = {
            "zip": lambda: zipped(conversations_json=bomb),
            "gz": lambda: gzip.compress(bomb),
            "zip in zip": lambda: zipped(a_zip=zipped(conversations_json=bomb)),
            "tar.gz": lambda: gzip.compress(tarred((a_file("conversations.json"), bomb))),
        }[kind]()
        path = tmp_path / f"bomb.{kind.split()[-1]}"
        path.write_bytes(content)
        del bomb
        tracemalloc.start()
        try:
            reading = importers.read(path)
            assert list(reading) == []
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert any(archives.BOMB in each.detail for each in reading.report.details)
        assert reading.report.lost and peak < 50_000_000

    def test_archives_in_archives_end(self, tmp_path: Path) -> None:
        content = TALKS
        for number in range(8):
            content = zipped(**{f"level{number}_{'zip' if number else 'json'}": content})
        path = tmp_path / "x.zip"
        path.write_bytes(content)
        with pytest.raises(SekhaImportError, match="packed into too many others"):
            importers.read(path)

    @pytest.mark.parametrize(
        "content",
        [
            b"[" * 3_000_000,
            b'{"a":' * 600_000,
            b'[{"mapping":' + b'{"a":' * 500_000,
            b'[{"chat_messages":' + b"[" * 1_000_000,
            b'{"type":"user","uuid":"a","sessionId":"s","parentUuid":' + b"[" * 900_000 + b"\n{}\n",
            b'<div class="outer-cell' * 100_000,
            b"<" * 2_000_000,
            b"Conversation,Time,Author,Message\n" + b'"' * 2_000_001,
            b"\xff\xfe" + b"[\x00" * 500_000,
        ],
    )
    def test_deep_and_endless_files_end(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "x.json"
        path.write_bytes(content)
        began = time.process_time()
        try:
            reading = importers.read(path)
            assert list(reading) == []
            assert reading.report.lost
        except SekhaImportError as error:
            assert str(path) in error.message
        assert time.process_time() - began < 60

    @pytest.mark.parametrize(
        "filler", ["<!--", "<![CDATA[", "<a ", "<", "<a href='https://x.y'>", "`"]
    )
    def test_markup_that_never_closes_ends(self, tmp_path: Path, filler: str) -> None:
        html = "<p>before</p>" + filler * 20_000 + "after"
        path = write_json(tmp_path / "x.json", [gemini_activity(safeHtmlItem=[{"html": html}])])
        began = time.process_time()
        (record,) = importers.read(path)
        assert record.conversation.messages[1].content.startswith("before")
        assert "after" in record.conversation.messages[1].content
        assert time.process_time() - began < 60

    def test_a_folder_that_cannot_be_read_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_json(tmp_path / "conversations.json", [gpt_talk(0)])
        (tmp_path / "closed").mkdir()
        real = os.scandir

        def scandir(path: Any) -> Any:
            if str(path).endswith("closed"):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)
        reading = importers.read(tmp_path)
        assert [record.conversation.label for record in reading] == ["Talk 0"]
        assert [(each.where, each.detail) for each in reading.report.details] == [
            ("closed", "Permission denied")
        ]
