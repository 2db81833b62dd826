"""The commands that look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from .conftest import CONVERSATIONS, GARDEN, Run

Json = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("memory")


def lines(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def test_query_finds_by_meaning(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    rows = lines(run("query", "vegetables", "and", "plants", "-n", "2").stdout)
    assert len(rows) == 2
    similarity, conversation_id, label, folder, role, content = rows[0]
    assert (conversation_id, label, folder, role) == (ids["/home"], "Garden", "/home", "user")
    assert content == GARDEN and 0 < float(similarity) <= 1
    found = as_json("query", "vegetables and plants", "--limit", "1")
    assert found["query"] == "vegetables and plants"
    assert [each["content"] for each in found["results"]] == [GARDEN]


def test_recall_finds_what_answers(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    rows = lines(run("recall", "what", "needs", "water?", "-n", "1").stdout)
    score, conversation_id, label, folder, role, content = rows[0]
    assert (conversation_id, label, folder, role) == (ids["/home"], "Garden", "/home", "user")
    assert content == GARDEN and 0 < float(score) <= 1
    found = as_json("recall", "what needs water?")
    assert found["results"][0]["matched"] == ["water"]
    assert as_json("recall", "water", "--under", "/nowhere")["results"] == []
    assert as_json("recall", "water", "--until", "2001")["results"] == []


@pytest.mark.parametrize("name", ["recall", "query", "search", "context", "list"])
def test_what_looks_takes_where_and_when(as_json: Json, name: str) -> None:
    words = [] if name == "list" else ["tokens"]
    filters = ["--under", "/work", "--since", "1 day ago", "--until", "2100"]
    found = as_json(name, *words, *filters)
    if isinstance(found, dict):
        found = found["messages"] if name == "context" else found["results"]
    assert {"/work"} <= {each["folder"] for each in found} <= {"/work", "/work/costs"}


def test_search_finds_by_word(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    assert lines(run("search", "tomatoes", "water").stdout) == [
        [ids["/home"], "Garden", "/home", "user", GARDEN]
    ]
    (found,) = as_json("search", '"context window"', "--label", "Project:AI")
    assert found["id"] == ids["/work"]
    assert [each["role"] for each in found["messages"]] == ["assistant"]
    nothing = run("search", "zebra")
    assert nothing.stdout == "" and "Nothing found" in nothing.stderr
    assert as_json("search", "zebra") == []


def test_context_is_the_only_thing_on_stdout(run: Run, as_json: Json) -> None:
    result = run("context", "what does the model read", "--budget", "60", "--prefer", "Project:AI")
    assert "200K tokens" in result.stdout and "tokens" in result.stderr
    built = as_json("context", "what does the model read", "--budget", "60")
    assert 0 < built["estimated_tokens"] <= 60 == built["context_budget"]
    without = as_json("context", "water", "--exclude", "/home")
    assert without["messages"] and "/home" not in {each["folder"] for each in without["messages"]}


def test_list_filters(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    everything = as_json("list")
    assert {each["id"] for each in everything} == set(ids.values())
    assert everything[0]["updated_at"].endswith("+00:00")
    assert [row[0] for row in lines(run("list").stdout)] == [each["id"] for each in everything]
    assert [each["folder"] for each in as_json("list", "--label", "Garden")] == ["/home"]
    assert [each["id"] for each in as_json("list", "--folder", "/work")] == [ids["/work"]]
    run("archive", ids["/home"])
    run("pin", ids["/work"])
    assert [each["folder"] for each in as_json("list", "--archived")] == ["/home"]
    assert [each["folder"] for each in as_json("list", "--pinned")] == ["/work"]
    assert len(as_json("list", "--not-archived", "--not-pinned")) == 2


def test_list_says_that_there_is_more(run: Run, as_json: Json) -> None:
    short = run("list", "--limit", "2")
    assert len(short.stdout.splitlines()) == 2 and "--all" in short.stderr
    assert len(as_json("list", "--limit", "1")) == 1
    whole = run("list", "--limit", "4")
    assert len(whole.stdout.splitlines()) == 4 and whole.stderr == ""
    assert len(as_json("list", "--all", "--limit", "1")) == len(CONVERSATIONS)


def test_show(run: Run, as_json: Json, ids: dict[str, str]) -> None:
    shown = run("show", ids["/work"]).stdout
    assert shown.startswith("Project:AI\n")
    assert "Importance 8 of 10" in shown
    assert shown.index("How long") < shown.index("200K tokens")
    conversation = as_json("show", ids["/work"])
    assert [each["role"] for each in conversation["messages"]] == ["user", "assistant"]
    assert conversation["importance_score"] == 8 and conversation["pinned"] is False


def test_stored_text_cannot_steer_the_terminal(
    run: Run, as_json: Json, ids: dict[str, str]
) -> None:
    for arguments in (["show", ids["/ünï"]], ["search", "héllo"], ["query", "red"], ["list"]):
        assert "\x1b" not in run(*arguments).stdout
    (message,) = as_json("show", ids["/ünï"])["messages"]
    assert message["content"] == "héllo \x1b[31mred 🌱"


def test_stats(run: Run, as_json: Json) -> None:
    counted = as_json("stats")
    assert counted["total"] == len(CONVERSATIONS)
    assert counted["labels"] == {"Project:AI": 2, "Garden": 1, "Grüße 日本語": 1}
    assert sum(counted["changed"].values()) == sum(counted["folders"].values()) == 4
    (sources,) = counted["months"].values()
    assert sources == {"none": sum(len(each.messages) for each in CONVERSATIONS)}
    assert counted["average_importance"] == (5 + 8 + 5 + 2) / 4
    assert as_json("stats", "--label", "Project:AI")["total"] == 2
    shown = run("stats", "--top", "1").stdout
    assert "4 conversations: 0 pinned, 0 archived, average importance 5.0" in shown
    assert "and 2 more" in shown
    bars = {line.split()[0]: line.count("█") for line in shown.splitlines() if "█" in line}
    assert bars["Project:AI"] > 8


def test_an_empty_memory_is_no_error(
    run: Run, as_json: Json, tmp_path: Path, ids: dict[str, str]
) -> None:
    run("delete", *ids.values(), "--yes")
    assert as_json("list") == [] and as_json("stats")["total"] == 0
    assert as_json("query", "x")["results"] == [] and as_json("context", "x")["messages"] == []
    for arguments in (["list"], ["query", "x"], ["search", "x"], ["context", "x"], ["prune"]):
        result = run(*arguments)
        assert result.stdout == "" and result.stderr.count("\n") == 1
    assert run("stats").stdout == "0 conversations\n"


def test_stats_are_drawn(run: Run, memory: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "memory.svg"
    assert "4 conversations" in run("stats", "--plot", str(drawn)).stdout
    root = ElementTree.parse(drawn).getroot()
    texts = " ".join(root.itertext())
    assert "Project:AI" in texts and "/work/costs" in texts and "messages by month" in texts.lower()
    assert "\x1b" not in drawn.read_text() and "<script" not in drawn.read_text()
