from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sekha import MessageDto, NewConversation, SyncSekhaClient
from sekha.cli.app import app

Run = Callable[..., Result]

GARDEN = "Water the tomatoes in the morning, before the sun is on them."
CONVERSATIONS = [
    NewConversation("Garden", [MessageDto("user", GARDEN)], "/home"),
    NewConversation(
        "Project:AI",
        [
            MessageDto("user", "How long may a prompt for the model be?"),
            MessageDto("assistant", "Its context window has 200K tokens."),
        ],
        "/work",
        8,
    ),
    NewConversation("Project:AI", [MessageDto("user", "Which model is cheaper?")], "/work/costs"),
    NewConversation("Grüße 日本語", [MessageDto("user", "héllo \x1b[31mred 🌱")], "/ünï", 2),
]


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory file with CONVERSATIONS; to be copied, not used."""
    path = tmp_path_factory.mktemp("stocked") / "memory.db"
    with SyncSekhaClient.local(path) as client:
        for conversation in CONVERSATIONS:
            client.create_conversation(conversation)
    return path


@pytest.fixture
def memory(stocked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A memory file of the test's own, which commands use, as they would from SEKHA_LOCAL."""
    path = tmp_path / "memory.db"
    shutil.copy(stocked, path)
    monkeypatch.setenv("SEKHA_LOCAL", str(path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def run() -> Run:
    """Runs a command line in this process; `code` is what it has to end with."""

    def invoke(*arguments: str, code: int = 0, input: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments), input=input, prog_name="sekha-memory")
        assert result.exit_code == code, result.output
        return result

    return invoke


@pytest.fixture
def as_json(run: Run) -> Callable[..., Any]:
    """Runs a command line with --json: what stdout holds, which is nothing but JSON."""

    def invoke(*arguments: str, code: int = 0) -> Any:
        return json.loads(run(*arguments, "--json", code=code).stdout)

    return invoke


@pytest.fixture
def ids(memory: Path) -> dict[str, str]:
    """The ids of the stored conversations by their folders."""
    with SyncSekhaClient.local(memory) as client:
        return {each.folder: each.id for each in client.list_conversations()}
