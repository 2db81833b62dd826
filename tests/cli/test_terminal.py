"""What people see and are asked on a real terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sekha import MessageDto, NewConversation, SyncSekhaClient
from support.terminal import Terminal

pytestmark = pytest.mark.usefixtures("memory")


def shown(*arguments: str, code: int = 0, **options: object) -> Terminal:
    with Terminal(*arguments, **options) as terminal:  # type: ignore[arg-type]
        assert terminal.end() == code, terminal.text
    return terminal


@pytest.mark.parametrize("columns", [80, 140])
def test_nothing_is_wider_than_the_terminal(
    columns: int, memory: Path, ids: dict[str, str]
) -> None:
    with SyncSekhaClient.local(memory) as client:
        client.create_conversation(
            NewConversation("A label " * 30, [MessageDto("user", "word " * 200)], "/deep" * 30)
        )
    commands = (
        ["list"],
        ["prune", "--days", "0", "--dry-run"],
        ["label", ids["/work"]],
        ["query", "word"],
        ["stats"],
        ["doctor"],
    )
    # Where there is room the first three are tables; the others only wrap.
    for arguments in commands if columns == 80 else commands[:3]:
        lines = shown(*arguments, columns=columns).text.splitlines()
        assert lines and max(map(len, lines)) <= columns, arguments
    assert ids["/work"] in shown("list", columns=columns).text


def test_colours_only_where_they_are_wanted() -> None:
    assert "\x1b[1m" in shown("list").raw
    assert "\x1b[3" in shown("query", "water").raw
    for variable in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = shown("query", "water", env=variable).raw
        assert "Garden" in plain and "\x1b[3" not in plain


def test_stored_text_cannot_steer_the_terminal(ids: dict[str, str]) -> None:
    for arguments in (["show", ids["/ünï"]], ["context", "red"], ["list"]):
        assert "\x1b[31mred" not in shown(*arguments, env={"NO_COLOR": "1"}).raw


# Right-to-left marks and overrides, a C1 control, line separators, a tag that nobody sees.
STEERING = "\u200f\u061c\u202e\u2066\x9b\u2028\u2029\U000e0041"


def test_no_character_of_stored_text_steers_the_terminal(memory: Path) -> None:
    joined = "👩\u200d🔬 क\u200dष"
    text = f"plain{STEERING}steer {joined}"
    with SyncSekhaClient.local(memory) as client:
        stored = client.create_conversation(
            NewConversation(f"L{STEERING}", [MessageDto("user", text)], f"/f{STEERING}")
        )
    for arguments in (
        ["show", stored.id],
        ["list"],
        ["stats"],
        ["search", "steer"],
        ["query", "steer"],
        ["context", "steer"],
        ["export", "-"],
        ["export", "-", "--format", "markdown"],
    ):
        raw = shown(*arguments).raw
        assert not set(STEERING).intersection(raw), arguments
        if arguments[0] in ("show", "search"):
            assert joined in raw
    told = shown("show", stored.id, "--json")
    assert not set(STEERING).intersection(told.raw)
    assert json.loads(told.text)["messages"][0]["content"] == text


def test_delete_asks(ids: dict[str, str]) -> None:
    with Terminal("delete", ids["/home"], ids["/work"]) as terminal:
        terminal.wait_for("Delete Garden (1 message)? [N/y]")
        terminal.enter("")
        terminal.wait_for("Delete Project:AI (2 messages)? [N/y]")
        terminal.enter("y")
        assert terminal.end() == 0
    assert f"Deleted {ids['/work']}" in terminal.text
    assert f"Deleted {ids['/home']}" not in terminal.text


def test_prune_reviews_one_by_one(memory: Path, ids: dict[str, str]) -> None:
    with Terminal("prune", "--days", "0") as terminal:
        terminal.wait_for("3 conversations could be archived.")
        terminal.wait_for("[N/a/r]")
        terminal.enter("r")
        for answer in ("k", "a", "p"):
            terminal.wait_for("quit? [K/a/p/q]")
            terminal.raw = ""
            terminal.enter(answer)
        assert terminal.end() == 0
    assert "Archived 1, pinned 1, kept 1" in terminal.text
    with SyncSekhaClient.local(memory) as client:
        assert len(client.list_conversations(archived=True)) == 1
        assert len(client.list_conversations(pinned=True)) == 1


def test_prune_archives_nothing_if_nothing_is_typed(memory: Path) -> None:
    with Terminal("prune", "--days", "0") as terminal:
        terminal.wait_for("[N/a/r]")
        terminal.enter("")
        assert terminal.end() == 0
    assert "Archived 0, pinned 0, kept 3" in terminal.text


def test_ctrl_c_at_a_question(memory: Path) -> None:
    with Terminal("prune", "--days", "0") as terminal:
        terminal.wait_for("[N/a/r]")
        terminal.enter("r")
        terminal.wait_for("[K/a/p/q]")
        terminal.raw = ""
        terminal.enter("a")
        terminal.wait_for("[K/a/p/q]")
        terminal.interrupt()
        assert terminal.end() == 130
    assert "Archived 1, pinned 0, kept 0 so far." in terminal.text
    assert "error: interrupted" in terminal.text and "Traceback" not in terminal.text
    with SyncSekhaClient.local(memory) as client:
        assert len(client.list_conversations(archived=True)) == 1


def test_store_on_a_terminal_asks_for_a_text() -> None:
    assert "nothing to store" in shown("store", "--label", "x", code=2).text


def test_a_command_reaches_its_help_from_nothing() -> None:
    text = shown().text
    assert "Usage: sekha-memory" in text.replace("python -m sekha.cli", "sekha-memory")
    assert "doctor" in text


def test_a_poor_encoding_is_no_error(ids: dict[str, str]) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    for arguments in (["list"], ["stats"], ["show", ids["/ünï"]]):
        ended = subprocess.run(
            [sys.executable, "-m", "sekha.cli", *arguments], capture_output=True, env=environment
        )
        assert (ended.returncode, ended.stderr) == (0, b"")
        assert ended.stdout.isascii()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_defect(closed: str, memory: Path) -> None:
    """A process can be started without them, by cron or a supervisor."""
    command = f'"{sys.executable}" -m sekha.cli stats {closed}'
    ended = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_limit_beyond_all_is_refused() -> None:
    text = shown("list", "--limit", "9" * 20, code=2).text
    assert "limit: must be a whole number of 1 or more" in " ".join(text.split())
