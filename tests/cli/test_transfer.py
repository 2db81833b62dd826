"""The commands that bring in and take out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from sekha import SyncSekhaClient
from sekha.cli.watch import Follower
from sekha.local import Controller
from sekha.local.server import running_server
from support.import_files import gpt_conversation, gpt_message
from support.recorded_controller import KEY as RECORDED_KEY
from support.recorded_controller import RecordedController, Stack, serve
from support.terminal import COMMAND, Terminal

from .conftest import CONVERSATIONS, Run

Json = Callable[..., Any]
KEY = "not-a-real-key-only-for-these-tests"
RECORDS = 30


def sharegpt(number: int) -> dict[str, object]:
    return {
        "conversations": [
            {"from": "human", "value": f"question {number} about trains"},
            {"from": "gpt", "value": f"answer {number}"},
        ]
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """RECORDS conversations, the last of them a duplicate, and one record with nothing in it."""
    path = tmp_path / "old.json"
    records: list[object] = [sharegpt(number) for number in range(RECORDS - 1)]
    path.write_text(json.dumps([*records, sharegpt(0), None]))
    return path


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "new.db"
    monkeypatch.setenv("SEKHA_LOCAL", str(path))
    monkeypatch.chdir(tmp_path)
    return path


def numbers(shown: str) -> dict[str, int]:
    """The account's lines: a number and what it counts."""
    rows = (line.split(maxsplit=1) for line in shown.splitlines() if line.startswith("  "))
    return {row[1]: int(row[0].replace(",", "")) for row in rows if row[0].isdigit()}


def test_import_accounts_for_every_record(
    run: Run, as_json: Json, source: Path, empty: Path
) -> None:
    result = run("import", str(source))
    account = numbers(result.stdout)
    assert (account["read"], account["stored"], account["skipped"]) == (RECORDS + 1, RECORDS, 1)
    assert "sharegpt" in result.stdout and "skipped: not an object" in result.stdout
    journals = list(source.parent.glob("old.json.*.sekha-journal"))
    assert len(journals) == 1 and f"Journal: {journals[0]}\n" == result.stderr
    assert as_json("stats")["total"] == RECORDS
    again = run("import", str(source))
    assert numbers(again.stdout)["already stored by an earlier run"] == RECORDS
    assert "Going on from" in again.stderr
    assert as_json("stats")["total"] == RECORDS


def test_what_could_not_be_read_is_named_and_changes_the_exit_code(
    run: Run, as_json: Json, tmp_path: Path, empty: Path
) -> None:
    path = tmp_path / "old.json"
    unknown = {"conversations": [{"from": "human", "value": "seen"}, {"from": "gpt", "odd": [1]}]}
    path.write_text(json.dumps([sharegpt(1), unknown, "broken"]))
    result = run("import", str(path), "--dry-run", code=6)
    assert "old.json[1]: a message without text that can be shown (message 2)" in result.stdout
    assert "old.json[2]: not an object (str)" in result.stdout
    assert numbers(result.stdout)["would be stored"] == 2
    assert as_json("import", str(path), "--dry-run", code=6)["reading"]["unshown"] == 1


def test_what_is_left_out_on_purpose_can_be_had(run: Run, tmp_path: Path, empty: Path) -> None:
    path = tmp_path / "old.json"
    said = [{"role": "user", "content": "q"}, {"role": "tool", "content": "word " * 400}]
    pair = {"messages": said, "chosen": "good", "rejected": "bad"}
    path.write_text(json.dumps([pair]))
    (tmp_path / "old.txt").write_text("x")
    result = run("import", str(path), "--dry-run")
    assert "1 x message of another branch left out (--branches all keeps it)" in result.stdout
    assert "1 x tool output shortened (--tool-output keep keeps it)" in result.stdout
    every = run("import", str(path), "--dry-run", "--branches", "all", "--tool-output", "keep")
    assert " x " not in every.stdout
    folder = run("import", str(tmp_path), "--dry-run")
    assert "old.txt: not JSON by its name" in folder.stdout


def test_formats_say_how_one_gets_each(run: Run, as_json: Json) -> None:
    rows = [line.split("\t") for line in run("formats").stdout.splitlines()]
    listed = as_json("formats")
    assert rows == [[each["name"], each["title"], each["how"]] for each in listed]
    assert {"chatgpt", "claude-code", "sekha"} < {row[0] for row in rows}
    assert all(len(row) == 3 and all(row) for row in rows)


def test_import_choices(run: Run, as_json: Json, source: Path, empty: Path) -> None:
    arguments = ["import", str(source), "--format", "sharegpt", "--label", "L", "--folder", "/f"]
    report = as_json(*arguments, "--skip-duplicates", "--journal", "my.journal")
    assert report["import"]["duplicates"] == 1 and report["import"]["stored"] == RECORDS - 1
    assert report["reading"]["read"] == RECORDS + 1
    assert report["journal"] == "my.journal" and Path("my.journal").is_file()
    assert as_json("stats")["labels"] == {"L": RECORDS - 1}
    assert as_json("stats")["folders"] == {"/f": RECORDS - 1}
    assert "format" in run("import", str(source), "--format", "x", code=2).stderr


def test_a_dry_run_stores_nothing(run: Run, source: Path, empty: Path) -> None:
    account = numbers(run("import", str(source), "--dry-run").stdout)
    assert (account["read"], account["stored"], account["would be stored"]) == (31, 0, 30)
    assert list(source.parent.glob("*journal*")) == []
    assert not empty.exists()


def test_a_dry_run_tells_what_is_new_and_what_has_changed(
    run: Run, tmp_path: Path, empty: Path
) -> None:
    run("import", str(chats(tmp_path / "january.json", "a", "b")))
    june = chats(tmp_path / "june.json", "a", "b", "c", longer="b")
    account = numbers(run("import", str(june), "--dry-run").stdout)
    assert account["would be stored"] == 1
    assert account["would take the place of an earlier version"] == 1
    assert account["unchanged since they were stored"] == 1


def test_no_index_is_needed_where_sources_are_kept(
    run: Run, as_json: Json, tmp_path: Path, empty: Path
) -> None:
    run("import", str(chats(tmp_path / "january.json", "a", "b")))
    assert "No index is needed" in run("rebuild-index").stdout
    assert as_json("rebuild-index") == {"conversations": None}


def test_what_cannot_be_imported_is_said(run: Run, tmp_path: Path, empty: Path) -> None:
    nonsense = tmp_path / "x.json"
    nonsense.write_text('{"a": 1}')
    for path in (nonsense, tmp_path / "not-there.zip"):
        result = run("import", str(path), code=1)
        assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    run("restore", str(nonsense), code=1)
    assert not list(tmp_path.glob("*.journal"))


def test_a_journal_of_a_memory_that_is_gone(run: Run, source: Path, empty: Path) -> None:
    run("import", str(source))
    for left in empty.parent.glob("new.db*"):
        left.unlink()
    assert "remove the journal" in run("import", str(source), code=1).stderr
    run("import", str(source), "--local", "another.db")


def test_killed_half_way_and_started_again(
    run: Run, as_json: Json, tmp_path: Path, empty: Path
) -> None:
    source = tmp_path / "many.json"
    source.write_text(json.dumps([sharegpt(number) for number in range(1500)]))
    process = subprocess.Popen([*COMMAND, "import", str(source)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not empty.exists() or as_json("stats")["total"] < 20:
        assert process.poll() is None and time.monotonic() < deadline
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 20 <= as_json("stats")["total"] < 1500
    report = as_json("import", str(source))["import"]
    assert report["already"] + report["stored"] == 1500 and report["already"] > 0
    contents = [each["messages"][0]["content"] for each in exported(run, tmp_path / "e.json")]
    assert len(contents) == len(set(contents)) == 1500


def test_ctrl_c_says_how_to_go_on(tmp_path: Path, empty: Path) -> None:
    source = tmp_path / "many.json"
    source.write_text(json.dumps([sharegpt(number) for number in range(3000)]))
    with Terminal("import", str(source)) as terminal:
        terminal.wait_for(" stored")
        terminal.interrupt()
        assert terminal.end() == 130
    assert "Give the same command again" in terminal.text
    assert "error: interrupted" in terminal.text and "Traceback" not in terminal.text


def exported(run: Run, path: Path, *arguments: str) -> list[dict[str, Any]]:
    run("export", str(path), "--force", *arguments)
    conversations: list[dict[str, Any]] = json.loads(path.read_text())["conversations"]
    return conversations


def essence(records: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """What an export says but for ids, times and the order that these make."""
    return sorted(
        (
            each["label"],
            each["folder"],
            each["status"],
            each["importance_score"],
            [(message["role"], message["content"]) for message in each["messages"]],
        )
        for each in records
    )


def test_export_and_restore_elsewhere(
    run: Run,
    as_json: Json,
    memory: Path,
    ids: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("archive", ids["/home"])
    run("pin", ids["/work"])
    before = exported(run, tmp_path / "backup.json")
    assert len(before) == len(CONVERSATIONS)
    with running_server(Controller(tmp_path / "served.db"), api_key=KEY) as url:
        monkeypatch.setenv("SEKHA_API_KEY", KEY)
        account = run("restore", "backup.json", "--url", url)
        assert numbers(account.stdout)["stored"] == len(CONVERSATIONS)
        run("export", "again.json", "--url", url)
        report = as_json("restore", "backup.json", "--url", url)["import"]
        assert report["already"] == report["read"] == len(CONVERSATIONS)
    after = json.loads(Path("again.json").read_text())["conversations"]
    assert essence(after) == essence(before)


def test_export_filters_and_formats(
    run: Run, as_json: Json, memory: Path, ids: dict[str, str]
) -> None:
    manifest = as_json("export", "work.jsonl", "--folder", "/work")
    assert (manifest["format"], manifest["conversations"], manifest["messages"]) == ("jsonl", 1, 2)
    assert len(Path("work.jsonl").read_text().splitlines()) == 2
    run("export", "garden.md", "--label", "Garden")
    assert "tomatoes" in Path("garden.md").read_text()
    assert as_json("export", "new.json", "--since", "2 weeks ago")["conversations"] == 4
    assert as_json("export", "old.json", "--until", "2 weeks ago")["conversations"] == 0
    assert as_json("export", "below.json", "--under", "/")["conversations"] == 4
    assert as_json("export", "none.json", "--under", "/elsewhere")["conversations"] == 0
    assert "since" in run("export", "x.json", "--since", "someday", code=2).stderr
    assert run("export", "work.jsonl", code=2).stderr.endswith("--force to replace it\n")


def test_export_to_stdout_is_only_the_export(run: Run, memory: Path) -> None:
    result = run("export", "-")
    assert len(json.loads(result.stdout)["conversations"]) == len(CONVERSATIONS)
    assert result.stderr == "Exported 4 conversations with 5 messages to stdout\n"
    assert list(memory.parent.iterdir()) == [memory]
    assert "stdout" in run("export", "-", "--json", code=2).stderr


def test_an_import_that_loses_its_controller_gives_its_account(
    run: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEKHA_API_KEY", KEY)
    result = run("import", str(source), "--url", "http://127.0.0.1:9", code=5)
    account = numbers(result.stdout)
    assert account["stored"] == 0 and account["read"] == sum(
        account.get(name, 0) for name in ("stored", "skipped", "failed", "not tried")
    )
    assert "goes on where this one stopped" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: ")


def test_a_bar_only_on_a_terminal(source: Path, empty: Path) -> None:
    piped = subprocess.run(
        [*COMMAND, "import", str(source)], capture_output=True, text=True, check=True
    )
    assert "━" not in piped.stdout + piped.stderr and "\x1b" not in piped.stdout + piped.stderr
    with Terminal("import", str(source), "--local", "other.db") as terminal:
        assert terminal.end() == 0
    assert "━" in terminal.text and "%" in terminal.text


def chats(path: Path, *names: str, longer: str = "") -> Path:
    """A ChatGPT export; one of its conversations has grown."""
    talks = []
    for name in names:
        said = [gpt_message("user", f"about {name}"), gpt_message("assistant", "I see")]
        if name == longer:
            said.append(gpt_message("user", "and more"))
        talks.append(gpt_conversation(*said, title=name, id=name, conversation_id=name))
    path.write_text(json.dumps(talks))
    return path


def test_an_export_that_comes_again_is_stored_once(
    run: Run, as_json: Json, tmp_path: Path, empty: Path
) -> None:
    run("import", str(chats(tmp_path / "january.json", "a", "b")))
    june = chats(tmp_path / "june.json", "a", "b", "c", longer="b")
    account = numbers(run("import", str(june)).stdout)
    assert (account["stored"], account["unchanged since they were stored"]) == (2, 1)
    shutil.copy(tmp_path / "january.json", tmp_path / "again.json")
    shown = run("import", str(tmp_path / "again.json"), "--folder", "/x").stdout
    assert numbers(shown)["older than what is stored"] == 1
    stats = as_json("stats")
    assert stats["total"] == 3 and stats["sources"] == {"chatgpt": 3}
    assert stats["months"] == {"2023-11": {"chatgpt": 7}}
    assert "Messages said in (UTC)" in run("stats").stdout
    shutil.copy(tmp_path / "january.json", tmp_path / "once-more.json")
    run("import", str(tmp_path / "once-more.json"), "--again")
    assert as_json("stats")["total"] == 5


def test_times_that_would_be_lost_are_said_before_anything_is_stored(
    run: Run, as_json: Json, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEKHA_API_KEY", RECORDED_KEY)
    monkeypatch.chdir(tmp_path)
    source = chats(tmp_path / "january.json", "a", "b")
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        url = server.base_url
        for answer, stored in (("q", 0), ("t", 2)):
            with Terminal("import", str(source), "--url", url) as terminal:
                terminal.wait_for("--times-in-text")
                terminal.wait_for("or quit? [T/g/q]")
                assert len(controller.memory.rows()) == 0
                terminal.enter(answer)
                assert terminal.end() == (130 if answer == "q" else 0), terminal.text
            assert len(controller.memory.rows()) == stored
        (tmp_path / "more").mkdir()
        told = run("import", str(chats(tmp_path / "more" / "x.json", "c")), "--url", url)
        assert "--times-in-text" in told.stderr
        texts = [
            each["messages"][0]["content"]
            for each in exported(run, tmp_path / "e.json", "--url", url)
        ]
    controller.close()
    assert sorted(text.startswith("[2023-11-14 ") for text in texts) == [False, True, True]


def test_a_table_for_analysis(run: Run, as_json: Json, memory: Path) -> None:
    manifest = as_json("export", "memory.parquet")
    assert (manifest["format"], manifest["messages"]) == ("parquet", 5)
    table = parquet.read_table("memory.parquet")
    assert table.num_rows == 5
    assert {"conversation_id", "message_id", "label", "folder", "role", "content", "time"} <= set(
        table.column_names
    )
    assert "Which model is cheaper?" in table["content"].to_pylist()
    assert all(time.tzinfo is not None for time in table["time"].to_pylist())
    run("export", "again", "--format", "parquet")
    assert parquet.read_table("again").equals(table)
    assert "parquet" in run("export", "-", "--format", "parquet", code=2).stderr


def session_lines(*texts: str) -> str:
    lines = [
        {
            "type": "user" if place % 2 == 0 else "assistant",
            "sessionId": "5f0c5a4e-8d1b-4c39-9d0a-0123456789ab",
            "uuid": f"u{place}",
            "parentUuid": f"u{place - 1}" if place else None,
            "cwd": "/home/me/project",
            "isSidechain": False,
            "timestamp": f"2025-05-01T10:0{place}:00.000Z",
            "message": {
                "role": "user" if place % 2 == 0 else "assistant",
                "content": [{"type": "text", "text": text}],
            },
        }
        for place, text in enumerate(texts)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_a_folder_is_followed(as_json: Json, tmp_path: Path, empty: Path) -> None:
    folder = tmp_path / "projects"
    folder.mkdir()
    session = folder / "5f0c5a4e-8d1b-4c39-9d0a-0123456789ab.jsonl"
    session.write_text(session_lines("a question", "an answer"))

    def stored() -> list[str]:
        if not empty.exists():
            return []
        with SyncSekhaClient.local(empty) as client:
            records = list(client.iter_export())
        assert len(records) <= 1, "stored once"
        return [message["content"] for record in records for message in record["messages"]]

    def wait_until(texts: list[str]) -> None:
        ends = time.monotonic() + 90
        while stored() != texts:
            assert time.monotonic() < ends, stored()
            time.sleep(0.2)

    with Terminal("import", str(folder), "--watch") as terminal:
        terminal.wait_for("Ctrl-C ends it")
        wait_until(["a question", "an answer"])
        session.write_text(session_lines("a question", "an answer", "and then"))
        wait_until(["a question", "an answer", "and then"])
        terminal.interrupt()
        assert terminal.end() == 130


def test_only_a_folder_can_be_followed(run: Run, source: Path, empty: Path) -> None:
    assert "folder" in run("import", str(source), "--watch", code=2).stderr


def test_what_changes_is_read_once_it_is_quiet() -> None:
    now = 0.0
    follower = Follower(5.0, lambda: now)
    one, two = Path("one"), Path("two")
    follower.note({one})
    assert follower.due() == []
    now = 4.0
    follower.note({one, two})
    now = 8.0
    assert follower.due() == []
    now = 9.0
    assert follower.due() == [one, two]
    assert follower.due() == []
    for now in range(10, 400, 3):
        follower.note({one})
        if follower.due():
            break
    assert 300 <= now <= 320
