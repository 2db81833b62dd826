"""What each command prints with --json is what the documented schema says, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from typer.main import get_command

from conftest import ROOT
from sekha.cli.app import app

SCHEMA = json.loads((ROOT / "docs" / "json-output.schema.json").read_text("utf-8"))
PAGE = ROOT / "docs" / "json-output.md"
NO_DOCUMENT = {"serve", "mcp", "browse"}
"""They go on until they are stopped."""

Json = Callable[..., Any]


def closed(schema: Any) -> Any:
    """The same schema, but nothing may be there that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(each) for name, each in schema.items()}
    if "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


DEFINITIONS = closed(SCHEMA["$defs"])


def check(command: str, printed: Any) -> Any:
    schema = {"$ref": f"#/$defs/command:{command}", "$defs": DEFINITIONS}
    jsonschema_rs.validator_for(schema).validate(printed)
    return printed


def test_reading_commands(as_json: Json, ids: dict[str, str]) -> None:
    assert check("recall", as_json("recall", "tomatoes"))["results"]
    assert check("query", as_json("query", "tomatoes"))["results"]
    assert check("search", as_json("search", "tomatoes"))
    assert check("context", as_json("context", "tomatoes"))["conversations"]
    assert len(check("list", as_json("list"))) == len(ids)
    assert check("show", as_json("show", ids["/work"]))["messages"]
    assert check("stats", as_json("stats"))["total"] == len(ids)
    assert check("formats", as_json("formats"))


def test_changing_commands(as_json: Json, ids: dict[str, str]) -> None:
    stored = check("store", as_json("store", "Hello.", "--label", "L", "--importance", "2"))
    check("label", as_json("label", stored["id"], "M"))
    check("label", as_json("label", stored["id"]))
    nobody = "00000000-0000-4000-8000-000000000000"
    assert check("move", as_json("move", ids["/home"], nobody, "/f", code=6))["failed"]
    assert check("pin", as_json("pin", ids["/work"]))["pinned"]
    assert check("archive", as_json("archive", ids["/home"]))["archived"]
    assert check("delete", as_json("delete", ids["/home"], "--yes"))["deleted"]
    assert check("prune", as_json("prune", "--days", "0"))["suggestions"]
    assert check("prune", as_json("prune", "--days", "0", "--yes"))["archived"]


def test_transfer_commands(as_json: Json, memory: Path, tmp_path: Path) -> None:
    chats = tmp_path / "in" / "chats.json"
    chats.parent.mkdir()
    chats.write_text(json.dumps([{"conversations": [{"from": "human", "value": "Hello."}]}]))
    (chats.parent / "other.txt").write_text("no export")
    assert check("import", as_json("import", str(chats.parent)))["import"]["stored"] == 1
    assert check("rebuild-index", as_json("rebuild-index"))["conversations"] is None
    assert check("export", as_json("export", str(tmp_path / "all.json")))["conversations"]
    other = str(tmp_path / "other.db")
    restored = as_json("restore", str(tmp_path / "all.json"), "--local", other)
    assert check("restore", restored)["import"]["stored"] > 3


def test_commands_about_the_program(as_json: Json, memory: Path, tmp_path: Path) -> None:
    check("config", as_json("config"))
    check("config", as_json("config", "--path"))
    assert check("doctor", as_json("doctor"))["ok"]
    assert check("compact", as_json("compact", "--path", str(memory)))["after"]
    check("init", as_json("init", "--local", str(tmp_path / "memory.db")))


def test_every_command_is_in_the_schema_and_on_the_page() -> None:
    commands = set(get_command(app).commands) - NO_DOCUMENT  # type: ignore[attr-defined]
    defined = {each.partition(":")[2] for each in SCHEMA["$defs"] if each.startswith("command:")}
    assert defined == commands | {"import_watched"}
    assert set(re.findall(r"`([\w-]+)`", PAGE.read_text("utf-8"))) >= commands
    assert f"**version {SCHEMA['version']}**" in PAGE.read_text("utf-8")
    jsonschema_rs.meta.validate(SCHEMA)


@pytest.mark.parametrize("wrong", [{"results": 1}, {"results": [], "more": 1}, []])
def test_the_check_can_fail(wrong: object) -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        check("recall", wrong)
