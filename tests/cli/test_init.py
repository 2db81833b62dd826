"""What `init` writes, and what a first command without settings says."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest

from sekha.cli.settings import config_path
from sekha.testing import FaultyMemory, Gateway, ServedMemory
from support.terminal import Terminal

from .conftest import Run

NOBODY = "http://127.0.0.1:9"
KEY = "sekha-fake-key-that-must-stay-unseen-0001"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def written() -> dict[str, dict[str, str]]:
    return tomllib.loads(config_path().read_text("utf-8"))


def test_a_first_command_says_what_to_do(run: Run) -> None:
    said = run("list", code=2).stderr
    assert "`sekha-memory init`" in said and "--local FILE" in said


def test_a_memory_file_is_set_up_and_used_from_then_on(run: Run, tmp_path: Path) -> None:
    old_umask = os.umask(0)
    try:
        run("init", "--local", str(tmp_path / 'a "memory" 🌱.db'))
    finally:
        os.umask(old_umask)
    assert (mode(config_path()), mode(config_path().parent)) == (0o600, 0o700)
    assert written() == {"cli": {"local": str(tmp_path / 'a "memory" 🌱.db')}}
    run("store", "Water the tomatoes.", "--label", "Garden")
    assert "Garden" in run("list").stdout
    shown = json.loads(run("config", "--json").stdout)["settings"]["local"]
    assert shown["source"] == "~/.sekha/config.toml"


def test_what_is_said_elsewhere_comes_before_the_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", "--local", str(tmp_path / "memory.db"))
    run("list", "--url", NOBODY, "--timeout", "1", code=2)
    monkeypatch.setenv("SEKHA_BASE_URL", NOBODY)
    monkeypatch.setenv("SEKHA_API_KEY", KEY)
    monkeypatch.setenv("SEKHA_LOCAL", str(tmp_path / "missing.db"))
    assert "missing.db" in run("list", code=3).stderr


def test_a_controller_that_answers_is_set_up(
    run: Run, sekha_server: ServedMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEKHA_API_KEY", sekha_server.key)
    result = run("init", "--url", sekha_server.url)
    assert written() == {"server": {"base_url": sekha_server.url, "api_key": sekha_server.key}}
    assert mode(config_path()) == 0o600 and sekha_server.key not in result.output
    monkeypatch.delenv("SEKHA_API_KEY")
    run("list")


def test_a_config_file_is_replaced_only_with_force(run: Run, tmp_path: Path) -> None:
    run("init", "--local", str(tmp_path / "one.db"))
    assert "--force" in run("init", "--local", str(tmp_path / "two.db"), code=2).stderr
    assert written()["cli"]["local"].endswith("one.db")
    run("init", "--force", "--local", str(tmp_path / "two.db"))
    assert written()["cli"]["local"].endswith("two.db")
    kept = config_path().with_name("config.toml.old")
    assert "one.db" in kept.read_text("utf-8") and mode(kept) == 0o600
    assert sorted(os.listdir(config_path().parent)) == ["config.toml", "config.toml.old"]


def test_without_a_terminal_nothing_is_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKHA_BASE_URL", NOBODY)
    said = run("init", code=5).stderr
    assert "sekha-memory init --local ~/.sekha/memory.db" in said and not config_path().exists()
    assert "SEKHA_API_KEY" in run("init", "--url", NOBODY, code=2).stderr
    assert not config_path().exists()


@pytest.mark.parametrize("answer", ["", "n"])
def test_a_terminal_is_offered_a_memory_file(answer: str) -> None:
    env = {"SEKHA_BASE_URL": NOBODY}
    with Terminal("init", env=env) as terminal:
        terminal.wait_for("[Y/n]")
        terminal.enter(answer)
        if answer == "n":
            terminal.wait_for("not shown")
            terminal.enter(KEY)
        assert terminal.end() == 0, terminal.text
    assert KEY not in terminal.text and mode(config_path()) == 0o600
    home = config_path().parent
    expected = {"cli": {"local": str(home / "memory.db")}}
    if answer == "n":
        expected = {"server": {"base_url": NOBODY, "api_key": KEY}}
    assert written() == expected


@pytest.mark.parametrize("arguments", [["--help"], ["config"], ["list"]])
def test_no_colours_in_a_pipe(arguments: list[str], memory: Path, run: Run) -> None:
    result = run(*arguments)
    assert "\x1b" not in result.stdout + result.stderr


def test_debug_shows_the_life_of_a_call(
    run: Run, sekha_faults: FaultyMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sekha_faults.environment.items():
        monkeypatch.setenv(name, value)
    sekha_faults.next(Gateway(503))
    shown = run("list", "--debug").stderr.splitlines()
    assert [" ".join(line.split()[:5]) for line in shown[:3]] == [
        "list_conversations: attempt 1: status 503",
        "list_conversations: status 503; attempt 2",
        "list_conversations: attempt 2: status 200",
    ]
    sekha_faults.next(Gateway(503))
    assert "attempt" not in run("list").stderr
    assert sekha_faults.key not in "".join(shown)
