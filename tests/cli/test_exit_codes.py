"""How commands end: exit codes, one line for an error, and no key anywhere."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sekha import SyncSekhaClient
from sekha.cli import exit_codes as exits
from sekha.cli.settings import config_path
from sekha.local import Controller
from sekha.local.server import running_server
from support.terminal import COMMAND

from .conftest import Run

KEY = "not-a-real-key-only-for-these-tests"
OTHER_KEY = "another-key-that-is-not-the-right-one"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def url() -> Iterator[str]:
    with running_server(Controller(), api_key=KEY) as base_url:
        yield base_url


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKHA_API_KEY", KEY)


def error_of(run: Run, *arguments: str, code: int) -> str:
    """The one line on stderr."""
    result = run(*arguments, code=code)
    assert result.stdout == ""
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    return result.stderr


def write_config(text: str) -> Path:
    path = config_path()
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_no_settings(run: Run) -> None:
    said = error_of(run, "list", code=2)
    assert "SEKHA_API_KEY" in said and "--local" in said


def test_settings_that_cannot_be_used(run: Run, tmp_path: Path, key: None) -> None:
    assert "exclude" in error_of(run, "list", "--url", NOBODY, "--local", "x", code=2)
    assert "base_url" in error_of(run, "list", "--url", "ftp://x", code=2)
    assert "timeout" in error_of(run, "list", "--url", NOBODY, "--timeout", "0", code=2)
    assert "is a folder" in error_of(run, "list", "--local", str(tmp_path), code=2)
    said = error_of(run, "list", "--local", str(tmp_path / "none.db"), code=3)
    assert "no memory file" in said and not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_memory(run: Run, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database " * 100)
    assert "database" in error_of(run, "list", "--local", str(text), code=1)


def test_usage(run: Run, memory: Path) -> None:
    assert "see `sekha-memory --help`" in error_of(run, "lsit", code=2)
    assert "see `sekha-memory list --help`" in error_of(run, "list", "--limit", "0", code=2)
    error_of(run, "list", "--bogus", code=2)
    error_of(run, "show", code=2)
    assert "query" in error_of(run, "search", "...", code=2)
    assert "query" in error_of(run, "query", " ", code=2)


def test_options_hold_before_and_behind_the_command(run: Run, memory: Path, tmp_path: Path) -> None:
    del os.environ["SEKHA_LOCAL"]
    before = run("--local", str(memory), "--json", "list")
    behind = run("list", "--json", "--local", str(memory))
    assert json.loads(before.stdout) == json.loads(behind.stdout) != []
    # The nearer one counts.
    error_of(run, "--local", str(memory), "list", "--local", str(tmp_path / "none.db"), code=3)


def test_not_found(run: Run, memory: Path) -> None:
    assert "an id is a UUID" in error_of(run, "show", "no-id", code=3)
    error_of(run, "show", "00000000-0000-4000-8000-000000000000", code=3)


def test_nobody_answers(run: Run, key: None) -> None:
    for arguments in (["list"], ["query", "x"], ["stats"]):
        assert "doctor" in error_of(run, *arguments, "--url", NOBODY, code=5)


def test_the_url_is_stronger_than_sekha_local(run: Run, memory: Path, key: None) -> None:
    error_of(run, "list", "--url", NOBODY, code=5)


def test_a_wrong_key(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKHA_API_KEY", OTHER_KEY)
    assert "Invalid API key" in error_of(run, "list", "--url", url, code=4)


def test_a_controller_behind_a_url(run: Run, url: str, key: None) -> None:
    run("store", "Hello", "--label", "x", "--url", url)
    assert len(run("list", "--url", url).stdout.splitlines()) == 1


def test_settings_come_from_the_config_file(run: Run, url: str) -> None:
    write_config(f'[server]\napi_key = "{KEY}"\nbase_url = "{url}"\n')
    run("store", "Hello", "--label", "x")
    shown = run("config").stdout
    assert f"base_url\t{url}\t~/.sekha/config.toml" in shown
    settings = json.loads(run("config", "--json").stdout)
    assert settings["settings"]["api_key"]["source"] == "~/.sekha/config.toml"
    assert settings["config_file"] == {"path": str(config_path()), "exists": True}


def test_config_says_where_from(run: Run, key: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKHA_BASE_URL", NOBODY)
    rows = [line.split("\t") for line in run("config", "--timeout", "3").stdout.splitlines()]
    assert rows[0] == ["base_url", NOBODY, "SEKHA_BASE_URL"]
    assert rows[1][0] == "api_key" and rows[1][2] == "SEKHA_API_KEY" and "35" in rows[1][1]
    assert rows[2] == ["timeout", "3 s", "--timeout"]
    assert run("config", "--path").stdout == f"{config_path()}\n"
    monkeypatch.delenv("SEKHA_API_KEY")
    assert "api_key\tnot set\tnowhere" in run("config").stdout


def test_a_broken_config_file(run: Run) -> None:
    write_config("this is = not [toml")
    assert "config" in error_of(run, "list", code=2)
    assert "config" in error_of(run, "config", code=2)


@pytest.mark.parametrize("option", ["--api-key", "--key", "--token"])
def test_the_key_is_no_argument(run: Run, option: str) -> None:
    for arguments in ([option, KEY, "list"], ["list", f"{option}={KEY}"]):
        said = error_of(run, *arguments, code=2)
        assert "SEKHA_API_KEY" in said and KEY not in said


def test_the_key_is_shown_nowhere(
    run: Run, url: str, key: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(f'[server]\napi_key = "{OTHER_KEY}"\n')
    monkeypatch.setenv("SEKHA_DEBUG", "1")
    outputs = [
        run(*arguments, "--url", url, code=code).output
        for arguments, code in (
            (["config"], 0),
            (["config", "--json"], 0),
            (["doctor"], 0),
            (["doctor", "--json"], 0),
            (["list"], 0),
            (["show", KEY], 3),
            (["list", "--timeout", KEY], 2),
        )
    ]
    monkeypatch.setenv("SEKHA_API_KEY", OTHER_KEY)
    outputs += [run(name, "--url", url, code=4).output for name in ("list", "doctor")]
    outputs.append(run("list", "--url", NOBODY, code=5).output)
    for output in outputs:
        assert output and KEY not in output and OTHER_KEY not in output


def test_a_defect_is_one_line_and_debug_shows_where(
    run: Run, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("sekha.cli.read.Session.client", broken)
    assert "ZeroDivisionError: oops" in error_of(run, "list", code=1)
    debugged = run("list", "--debug", code=1).stderr
    assert "Traceback" in debugged and debugged.splitlines()[-1].startswith("error: ")


def test_every_code_is_documented() -> None:
    assert set(exits.MEANINGS) == set(exits.ExitCode)


def test_config_shows_what_else_the_file_says_but_no_password(run: Run) -> None:
    path = Path(os.environ["HOME"]) / ".sekha" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        '[client]\nhttp_backend = "httpx"\nproxy = "http://me:obvious-word@127.0.0.1:9"\n'
        'shared_limits = "redis://:obvious-word@127.0.0.1"\n'
    )
    for options in ((), ("--json",)):
        shown = run("config", *options).stdout
        assert "http_backend" in shown and "obvious-word" not in shown
        assert shown.count("set, not shown") == 2


def test_what_the_library_warns_of_is_one_line(
    run: Run, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logging.getLogger("sekha")
    before = log.handlers[:]
    original = SyncSekhaClient.search

    def search(client: SyncSekhaClient, *arguments: Any, **_: Any) -> Any:
        return original(client, *arguments, max_matches=1)

    monkeypatch.setattr(SyncSekhaClient, "search", search)
    result = run("search", "model", "--json")
    assert result.stderr.startswith("warning: ") and result.stderr.count("\n") == 1
    assert len(json.loads(result.stdout)) == 1
    assert log.handlers == before


def test_without_the_extra_there_is_one_line() -> None:
    program = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name in ('typer', 'rich') else find(name, *a)\n"
        "import sekha.cli; sekha.cli.main()"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr.count("\n") == 1 and 'pip install "sekha-memory[cli]"' in ended.stderr


def test_what_is_not_installed_is_said_with_its_remedy() -> None:
    program = (
        "import os, sys; os.environ['SEKHA_API_KEY'] = 'x' * 32\n"
        "class Without:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'uvicorn': raise ModuleNotFoundError(f'No module named {name!r}')\n"
        "sys.meta_path.insert(0, Without())\n"
        "import sekha.cli; sekha.cli.main()"
    )
    arguments = [sys.executable, "-c", program, "serve", "--path", "x.db"]
    ended = subprocess.run(arguments, capture_output=True, text=True)
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1
    assert "uvicorn" in ended.stderr and "pip install" in ended.stderr


def test_a_reader_that_goes_away_is_no_error(memory: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run([*COMMAND, "list"], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, "")
