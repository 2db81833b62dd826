"""The controller as such: opening, closing, failing, health."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import textwrap
from datetime import datetime
from pathlib import Path

import pytest

from sekha.local import Controller
from sekha.local.application import contract
from sekha.local.embedder import Embedder
from sekha_api.types import Request
from support.local_api import Api


def run(program: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_constructor_touches_nothing(memory_file: Path) -> None:
    controller = Controller(memory_file)
    assert not memory_file.exists()
    controller.close()
    assert not memory_file.exists()


def test_health_and_metrics_tell_what_is_there(api: Api) -> None:
    health = api.get("/health").json()
    assert health["status"] == "healthy"
    assert health["checks"] == {"database": {"status": "ok"}, "embeddings": {"status": "ok"}}
    assert datetime.fromisoformat(health["timestamp"]).utcoffset() is not None
    api.create("a", "b")
    api.create("c")
    metrics = api.get("/metrics").text.splitlines()
    assert "sekha_conversations_total 2" in metrics
    assert "sekha_messages_total 3" in metrics


def test_health_notices_dead_embeddings(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(self: Embedder, texts: list[str]) -> None:
        raise OSError("weights unreadable")

    assert api.get("/health").status_code == 200
    monkeypatch.setattr(Embedder, "embed", dead)
    assert (api.get("/health").status_code, api.get("/health").content) == (503, b"")
    answer = api.post("/api/v1/query", {"query": "x"})
    assert answer.status_code == 500
    assert "weights unreadable" in answer.json()["error"]
    tool = api.post("/mcp/tools/memory_search", {"query": "x"})
    assert (tool.status_code, tool.content) == (500, b"")


def test_closing_twice_is_harmless_and_requests_after_it_say_so(memory_file: Path) -> None:
    for controller in (Controller(), Controller(memory_file)):
        api = Api(controller)
        conversation_id = api.create("a")
        controller.close()
        controller.close()
        answer = api.get(f"/api/v1/conversations/{conversation_id}")
        assert answer.status_code == 500
        assert "closed" in answer.json()["error"]
        assert api.get("/health").status_code == 503
        assert api.post("/mcp/tools/memory_stats", {}).status_code == 500
        assert api.get("/nope").status_code == 404


def test_a_memory_in_a_file_is_there_the_next_time(memory_file: Path) -> None:
    first = Controller(memory_file)
    conversation_id = Api(first).create("about tokens")
    first.close()
    assert sorted(path.name for path in memory_file.parent.iterdir()) == [memory_file.name]
    second = Controller(str(memory_file))
    api = Api(second)
    assert api.exported(conversation_id) == [("user", "about tokens")]
    assert api.words("tokens") == ["about tokens"]
    assert api.query("tokens")[0]["conversation_id"] == conversation_id
    second.close()


def test_file_and_folders_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folders" / "memory.db"
    controller = Controller(path)
    Api(controller).create("private")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.with_name("memory.db-wal").stat().st_mode) == 0o600
    controller.close()


def test_other_programs_files_are_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    marked = tmp_path / "marked.db"
    connection = sqlite3.connect(marked)
    connection.execute("PRAGMA application_id = 1")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to look like a file with something in it" * 20)
    refusals = [(foreign, "another program"), (marked, "another program")]
    refusals += [(text, "not a database"), (tmp_path, "unable to open")]
    for path, reason in refusals:
        controller = Controller(path)
        answer = Api(controller).get("/api/v1/conversations/count")
        assert answer.status_code == 507
        query = Api(controller).post("/api/v1/query", {"query": "x"})
        assert query.status_code == 507
        assert reason in query.json()["error"]
        controller.close()
    connection = sqlite3.connect(foreign)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    connection.close()
    assert text.read_text().startswith("not a database")


def test_a_newer_file_is_refused(memory_file: Path) -> None:
    controller = Controller(memory_file)
    Api(controller).create("a")
    controller.close()
    connection = sqlite3.connect(memory_file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    controller = Controller(memory_file)
    answer = Api(controller).post("/api/v1/query", {"query": "x"})
    assert "newer" in answer.json()["error"]
    controller.close()


def test_writes_are_durable_by_settings(memory_file: Path) -> None:
    from sekha.local.database import Database

    database = Database(memory_file)
    with database.writing() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    database.close()


def test_headers_paths_and_methods_are_read_leniently_where_http_is() -> None:
    controller = Controller()
    content = b'{"query": "x"}'
    headers = {"CONTENT-TYPE": "application/json"}
    answer = controller.handle(Request("post", "/api/v1/query", {}, headers, content))
    assert answer.status_code == 200
    controller.close()


def test_every_operation_of_the_contract_has_a_handler() -> None:
    from sekha.local import application

    assert set(application._HANDLERS) == set(contract().operations)
    assert len(contract().operations) == 26


def test_importing_it_is_cheap_and_silent() -> None:
    loaded = run("""
        import logging, sys
        from sekha.local import Controller
        heavy = [m for m in ("numpy", "tokenizers", "wordllama", "starlette") if m in sys.modules]
        controller = Controller()
        from sekha_api.types import Request
        assert controller.handle(Request("GET", "/health")).status_code == 200
        controller.close()
        print(heavy, "wordllama" in sys.modules, logging.getLogger().handlers)
        """)
    assert loaded == "[] False []"


def test_without_the_extra_the_error_says_what_to_install() -> None:
    message = run("""
        import importlib.util, sys
        find = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *a: None if name == "wordllama" else find(name, *a)
        import sekha
        try:
            import sekha.local
        except sekha.SekhaMissingExtraError as error:
            print(error)
        """)
    assert "wordllama" in message
    assert 'pip install "sekha-memory[local]"' in message
