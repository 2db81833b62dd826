"""The commands that change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run

Json = Callable[..., Any]
UNKNOWN = "00000000-0000-4000-8000-000000000000"
pytestmark = pytest.mark.usefixtures("memory")


def stored(as_json: Json, label: str) -> Any:
    (row,) = as_json("list", "--label", label)
    return as_json("show", row["id"])


def test_store_from_arguments(run: Run, as_json: Json) -> None:
    said = run("store", "Hello", "memory", "-l", "Notes", "-f", "/n", "--importance", "7").stdout
    found = stored(as_json, "Notes")
    assert said == f"Stored {found['id']}: 1 message\n"
    assert (found["folder"], found["importance_score"]) == ("/n", 7)
    assert [(each["role"], each["content"]) for each in found["messages"]] == [
        ("user", "Hello memory")
    ]


def test_store_a_dialogue_files_and_stdin(run: Run, as_json: Json, tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text("# Grüße\n\n日本語\n", "utf-8")
    run("store", "-l", "Talk", "-m", "user: Hi: you?", "-m", "assistant:Fine", "--file", str(note))
    assert [(each["role"], each["content"]) for each in stored(as_json, "Talk")["messages"]] == [
        ("user", "Hi: you?"),
        ("assistant", "Fine"),
        ("user", "# Grüße\n\n日本語\n"),
    ]
    run("store", "--label", "Piped", "--role", "system", input="line 1\nline 2\n")
    run("store", "--label", "Dash", "-", input="dash")
    (message,) = stored(as_json, "Piped")["messages"]
    assert (message["role"], message["content"]) == ("system", "line 1\nline 2")
    assert stored(as_json, "Dash")["messages"][0]["content"] == "dash"


def test_store_needs_something(run: Run, tmp_path: Path) -> None:
    assert "stdin is empty" in run("store", "--label", "x", code=2, input=" \n").stderr
    assert "ROLE:TEXT" in run("store", "--label", "x", "-m", "no role", code=2).stderr
    assert "no-such-file" in run("store", "--label", "x", "--file", "no-such-file", code=1).stderr
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    assert "UTF-8" in run("store", "--label", "x", "--file", str(binary), code=1).stderr


def test_store_makes_a_memory_file(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "deeper" / "other.db"
    run("store", "Hello", "--label", "x", "--local", str(other))
    assert len(run("list", "--local", str(other)).stdout.splitlines()) == 1


def test_label_and_move(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    run("label", ids["/home"], "Plants")
    run("move", ids["/home"], ids["/work"], "/moved")
    assert {each["label"] for each in as_json("list", "--folder", "/moved")} == {
        "Plants",
        "Project:AI",
    }
    run("label", ids["/work"], "Both", "--folder", "/both")
    assert stored(as_json, "Both")["folder"] == "/both"
    assert "LABEL" in run("label", ids["/work"], "--folder", "/x", code=2).stderr


def test_labels_are_suggested(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    suggested = as_json("label", ids["/work"])
    assert suggested and all(0 <= each["confidence"] <= 1 for each in suggested)
    shown = run("label", ids["/work"]).stdout.splitlines()
    assert [line.split("\t")[2] for line in shown] == [each["label"] for each in suggested]
    assert as_json("show", ids["/work"])["label"] == "Project:AI"


def test_pin_archive_delete(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    assert run("pin", ids["/home"]).stdout == f"Pinned {ids['/home']}\n"
    assert as_json("archive", ids["/work"], ids["/home"]) == {
        "archived": [ids["/work"], ids["/home"]],
        "left": [],
        "failed": {},
    }
    conversation = as_json("show", ids["/home"])
    assert conversation["pinned"] and conversation["status"] == "archived"
    run("delete", ids["/home"], "--yes")
    run("show", ids["/home"], code=3)


def test_nothing_is_deleted_unasked(run: Run, ids: dict[str, str]) -> None:
    assert "--yes" in run("delete", ids["/home"], code=2).stderr
    run("show", ids["/home"])


def test_ids_come_from_stdin_too(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    given = "\n".join([ids["/home"], ids["/home"], ids["/work"]])
    assert run("archive", "-", input=given).stdout.count("Archived") == 2
    assert len(as_json("list", "--archived")) == 2
    assert "no ids" in run("archive", "-", code=2, input="\n").stderr


def test_one_unknown_id_does_not_stop_the_others(run: Run, ids: dict[str, str]) -> None:
    result = run("archive", UNKNOWN, ids["/home"], code=6)
    assert result.stdout == f"Archived {ids['/home']}\n"
    assert result.stderr == f"error: no conversation {UNKNOWN}\n"
    for name in ("pin", "archive", "delete"):
        run(name, UNKNOWN, "not-an-id", *(["--yes"] if name == "delete" else []), code=3)
    run("move", UNKNOWN, "/x", code=3)
    run("label", UNKNOWN, "x", code=3)


def test_prune_is_a_dry_run_first(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    suggested = as_json("prune", "--days", "0")
    assert suggested["dry_run"] is True
    assert {each["id"] for each in suggested["suggestions"]} == set(ids.values()) - {ids["/work"]}
    result = run("prune", "--days", "0")
    assert len(result.stdout.splitlines()) == 3 and "Dry run" in result.stderr
    assert run("prune", "--days", "0", "--dry-run", "--yes").stderr.startswith("3 conversations")
    assert as_json("list", "--archived") == []
    assert as_json("prune") == {"dry_run": True, "suggestions": []}


def test_prune_archives_with_yes(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    assert (
        "Archived 1, pinned 0, kept 0"
        in run("prune", "--days", "0", "--importance", "2", "--yes").stdout
    )
    assert [each["id"] for each in as_json("list", "--archived")] == [ids["/ünï"]]
    outcome = as_json("prune", "--days", "0", "--yes")
    assert set(outcome["archived"]) == {ids["/home"], ids["/work/costs"]}
