"""The server, used by the SDK's own client over both transports and in this process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult

from sekha import MessageDto, NewConversation, SekhaClient
from sekha.integrations.mcp import memory_server

from ..conftest import Controller
from .conftest import served, stdio

READING = {
    *("memory_recall", "memory_context", "memory_search", "memory_get_context"),
    *("memory_export", "memory_stats"),
}
WRITING = {"memory_store", "memory_update", "memory_prune", "memory_delete"}
BOAT = {
    "label": "Boats",
    "folder": "/home/boats",
    "messages": [{"role": "user", "content": "My boat is called Ada."}],
}


async def call(host: Client, tool: str, **arguments: Any) -> Any:
    result = await host.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refused(host: Client, tool: str, **arguments: Any) -> str:
    result = await host.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]


@asynccontextmanager
async def over_http(url: str, key: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        async with Client(streamable_http_client(url, http_client=http)) as host:
            yield host


async def use(host: Client) -> None:
    """What a host does with a memory, from the list of tools to forgetting."""
    tools = {each.name: each for each in (await host.list_tools()).tools}
    assert set(tools) == READING | WRITING
    for name, tool in tools.items():
        assert tool.annotations and tool.annotations.read_only_hint == (name in READING)
        assert tool.output_schema and tool.description and "\n" not in tool.description
    assert "agreed" not in json.dumps(tools["memory_delete"].input_schema)
    before = (await call(host, "memory_stats"))["total_conversations"]
    stored = await call(host, "memory_store", **BOAT, importance_score=7)
    found = await call(host, "memory_recall", query="What is my boat called?")
    assert found["results"][0]["content"] == "My boat is called Ada."
    assert found["results"][0]["conversation_id"] == stored["conversation_id"]
    context = await call(host, "memory_context", query="boat", budget=200)
    assert "Ada" in context["text"] and context["estimated_tokens"] <= 200
    read = await call(host, "memory_get_context", conversation_id=stored["conversation_id"])
    assert read["importance_score"] == 7 and read["messages"][0]["role"] == "user"
    for query in (
        {"filter_labels": ["Boats"]},
        {},
    ):
        assert (await call(host, "memory_search", query="ship", **query))["results"]
    assert (await call(host, "memory_search", query="ship", filter_labels=["X"]))["results"] == []
    identity = {"conversation_id": stored["conversation_id"]}
    text = (await call(host, "memory_export", **identity))["text"]
    assert "My boat is called Ada." in text and "Boats" in text
    bare = await call(host, "memory_export", **identity, format="json", include_metadata=False)
    assert json.loads(bare["text"]) == BOAT["messages"]
    assert (await call(host, "memory_stats"))["total_conversations"] == before + 1
    changed = await call(host, "memory_update", **identity, folder="/home", importance_score=3)
    assert changed["folder"] == "/home" and changed["label"] == "Boats"
    assert changed["importance_score"] == 3 or "does not change" in changed["note"]
    pruning = await call(
        host, "memory_prune", threshold_days=0, importance_threshold=10, archive=True
    )
    assert pruning["archived"] == len(pruning["suggestions"]) == 1
    removed = await call(host, "memory_delete", **identity)
    assert removed["outcome"] == "deleted" or removed["outcome"].startswith(
        "moved to /removed/home"
    )
    assert (await call(host, "memory_recall", query="boat Ada"))["results"] == []


async def test_over_stdio(controller: Controller) -> None:
    async with Client(stdio(controller)) as host:
        await use(host)


async def test_over_http(controller: Controller) -> None:
    with served(controller) as (url, key):
        async with over_http(url, key) as host:
            await use(host)
        wrong = httpx.post(url, headers={"Authorization": "Bearer x"}, json={}, trust_env=False)
        assert wrong.status_code == 401 and wrong.headers["www-authenticate"] == "Bearer"
        assert httpx.post(url, json={}, trust_env=False).status_code == 401
        for header in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            rebound = httpx.post(
                url,
                headers={"Authorization": f"Bearer {key}", **header},
                json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
                trust_env=False,
            )
            assert rebound.status_code in (403, 421)


async def test_a_new_process_remembers(controller: Controller) -> None:
    async with Client(stdio(controller)) as host:
        await call(host, "memory_store", **BOAT)
    async with Client(stdio(controller, "--read-only")) as host:
        assert {each.name for each in (await host.list_tools()).tools} == READING
        found = await call(host, "memory_recall", query="What is my boat called?")
        assert "Ada" in found["results"][0]["content"]
        listed = await host.read_resource("sekha://conversations")
        (address,) = [
            word for word in listed.contents[0].text.split() if word.startswith("sekha://")
        ]
        assert "Ada" in (await host.read_resource(address)).contents[0].text
        prompt = await host.get_prompt("answer_from_memory", {"question": "Which boat?"})
        assert "My boat is called Ada." in prompt.messages[0].content.text
        assert "unknown" in (await refused(host, "memory_store", **BOAT)).lower()


@pytest.mark.parametrize(("answer", "kept"), [("accept", False), ("decline", True)])
async def test_deleting_asks_where_the_host_can(
    client: SekhaClient, answer: Any, kept: bool
) -> None:
    asked: list[str] = []

    async def elicit(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action=answer, content={"go_on": True} if not kept else None)

    made = await client.create_conversation(NewConversation("L", [MessageDto("user", "boat")]))
    async with Client(memory_server(client), elicitation_callback=elicit) as host:
        await host.call_tool("memory_delete", {"conversation_id": made.id})
        await host.call_tool("memory_prune", {"threshold_days": 0})
        assert len(asked) == 1 and made.id in asked[0]
        found = await call(host, "memory_recall", query="boat")
        assert bool(found["results"]) == kept
        await host.call_tool("memory_prune", {"threshold_days": 0, "archive": True})
        assert len(asked) == 2


async def test_errors_say_what_to_do(client: SekhaClient) -> None:
    async with Client(memory_server(client)) as host:
        unknown = "00000000-0000-0000-0000-000000000001"
        said = await refused(host, "memory_get_context", conversation_id=unknown)
        assert unknown in said and "memory_recall" in said
        assert "label" in await refused(host, "memory_update", conversation_id=unknown)
        assert "limit" in await refused(host, "memory_recall", query="x", limit=0)
        with pytest.raises(Exception, match="no conversation"):
            await host.read_resource(f"sekha://conversations/{unknown}")
        await client.aclose()
        assert "go on without it" in await refused(host, "memory_stats")


async def test_answers_are_bounded(client: SekhaClient) -> None:
    messages = [MessageDto("user", f"boat {number} " + "word " * 2_000) for number in range(12)]
    made = await client.create_conversation(NewConversation("Long", messages))
    async with Client(memory_server(client)) as host:
        identity = {"conversation_id": made.id}
        whole = await call(host, "memory_get_context", **identity)
        assert len(json.dumps(whole)) < 30_000
        assert whole["left_out"] + len(whole["messages"]) == whole["message_count"] == 12
        found = await call(host, "memory_recall", query="boat", limit=50)
        assert len(json.dumps(found)) < 30_000 and found["left_out"] > 0
        exported = await call(host, "memory_export", **identity)
        assert len(exported["text"]) <= 20_000 and exported["cut"]
