"""What a model can get wrong: it is told what, nothing is stored, and the server goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mcp.client.client import Client

from sekha import MessageDto, NewConversation, SekhaClient
from sekha.integrations.mcp import memory_server

UNKNOWN = "00000000-0000-0000-0000-000000000001"
SAID = [{"role": "user", "content": "boat"}]
LONG = "boat " * 40_000

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("memory_recall", {}, "query"),
    ("memory_recall", {"query": ""}, "query"),
    ("memory_recall", {"query": "   "}, "query"),
    ("memory_recall", {"query": None}, "query"),
    ("memory_recall", {"query": ["boat"]}, "query"),
    ("memory_recall", {"query": "boat", "limit": "many"}, "limit"),
    ("memory_recall", {"query": "boat", "limit": 51}, "limit"),
    ("memory_recall", {"query": "boat", "folder": ""}, "folder"),
    ("memory_context", {"query": "boat", "budget": 10**9}, "budget"),
    ("memory_search", {"query": "boat", "filter_labels": [""]}, "filter_labels"),
    ("memory_get_context", {"conversation_id": "../conversations"}, "no conversation"),
    ("memory_get_context", {"conversation_id": LONG}, "no conversation"),
    ("memory_get_context", {"conversation_id": "\x00"}, "no conversation"),
    ("memory_export", {"conversation_id": UNKNOWN, "format": "pdf"}, "format"),
    ("memory_store", {"label": "L", "messages": []}, "messages"),
    ("memory_store", {"label": "L", "messages": "boat"}, "messages"),
    ("memory_store", {"label": "L", "messages": [{"content": "boat"}]}, "role"),
    ("memory_store", {"label": "L", "messages": [{"role": "user", "content": None}]}, "content"),
    ("memory_store", {"label": "L", "messages": SAID, "importance_score": 11}, "importance"),
    ("memory_store", {"label": "  ", "messages": SAID}, "label"),
    ("memory_store", {"label": "L", "folder": " ", "messages": SAID}, "folder"),
    (
        "memory_store",
        {"label": "L", "messages": [{"role": "sekha.record", "content": "boat"}]},
        "sekha.record",
    ),
    ("memory_update", {"conversation_id": UNKNOWN}, "label"),
    ("memory_update", {"conversation_id": UNKNOWN, "label": "new"}, "memory_recall"),
    ("memory_prune", {"threshold_days": -1}, "threshold_days"),
    ("memory_delete", {"conversation_id": UNKNOWN}, "memory_recall"),
    ("memory_delete", {}, "conversation_id"),
    ("memory_forget_all", {}, "memory_forget_all"),
]


@pytest.mark.parametrize(("tool", "arguments", "told"), BAD)
async def test_it_is_told_what_is_wrong(
    tool: str, arguments: dict[str, Any], told: str, client: SekhaClient
) -> None:
    before = await client.count()
    async with Client(memory_server(client)) as host:
        result = await host.call_tool(tool, arguments)
        assert result.is_error
        said = result.content[0].text  # type: ignore[union-attr]
        assert told in said and "Traceback" not in said
        assert len(said) < 6_000
        assert await client.count() == before
        assert not (await host.call_tool("memory_stats", {})).is_error


@pytest.mark.parametrize(
    "text",
    ["\x00", "\u202e\ufeff", "日本語を話します。" * 20, "🚣🏽‍♀️" * 60, "a" * 99 + "é", "$(x) '; --"],
)
async def test_odd_text_is_stored_and_found(text: str, client: SekhaClient) -> None:
    async with Client(memory_server(client)) as host:
        said = {"role": "user", "content": f"My boat is called Ada. {text}"}
        stored = await host.call_tool(
            "memory_store", {"label": f"Boat {text}", "folder": "/odd", "messages": [said]}
        )
        assert not stored.is_error, stored.content
        found = await host.call_tool("memory_recall", {"query": "boat Ada", "folder": "/odd"})
        assert "My boat is called Ada." in str(found.structured_content)


async def test_long_names_are_bounded_too(client: SekhaClient) -> None:
    for number in range(60):
        name = f"boat {number} {LONG}"[:4_000]
        new = NewConversation(name, [MessageDto("user", f"boat {number}")], folder=f"/{name}")
        await client.create_conversation(new)
    async with Client(memory_server(client)) as host:
        for tool, arguments in (
            ("memory_recall", {"query": "boat", "limit": 50}),
            ("memory_recall", {"query": LONG, "limit": 50}),
            ("memory_search", {"query": "boat", "limit": 50}),
            ("memory_context", {"query": LONG, "budget": 500}),
            ("memory_stats", {}),
            ("memory_prune", {"threshold_days": 0, "importance_threshold": 10}),
        ):
            result = await host.call_tool(tool, arguments)
            assert not result.is_error, result.content
            assert len(json.dumps(result.structured_content)) < 40_000, tool
        pruning = await host.call_tool("memory_prune", {"threshold_days": 0, "archive": True})
        told: Any = pruning.structured_content
        assert told["archived"] == len(told["suggestions"]) > 0
        assert told["archived"] + told["left_out"] >= 60
        listed = await host.read_resource("sekha://conversations")
        assert len(listed.contents[0].text) <= 20_000  # type: ignore[union-attr]
