"""Agent Framework: history as it was given, by session and user."""

from __future__ import annotations

from agent_framework import Content, Message

from sekha import SekhaClient
from sekha.integrations.agent_framework import SekhaHistoryProvider, recall_tool

MESSAGES = [
    Message("user", ["My boat is called Ada."], author_name="Anna", message_id="m1"),
    Message(
        "assistant",
        [Content.from_function_call("call_1", "berth", arguments='{"boat": "Ada"}')],
    ),
    Message("tool", [Content.from_function_result("call_1", result="Berth twelve")]),
    Message(
        "assistant",
        ["Twelve.", Content.from_uri("https://example.org/b.png", media_type="image/png")],
        additional_properties={"nested": {"list": [1, None]}},
    ),
]


QUESTION = {"query": "What is the boat called?"}


def dicts(messages: list[Message]) -> list[object]:
    return [each.to_dict() for each in messages]


async def test_messages_come_back_as_they_were_given(client: SekhaClient) -> None:
    provider = SekhaHistoryProvider(client, "anna")
    await provider.save_messages("one", MESSAGES[:2])
    await provider.save_messages("one", MESSAGES[2:])
    for reader in (provider, SekhaHistoryProvider(client, "anna")):
        assert dicts(await reader.get_messages("one")) == dicts(MESSAGES)
    limited = SekhaHistoryProvider(client, "anna", limit=1)
    assert dicts(await limited.get_messages("one")) == dicts(MESSAGES[3:])
    assert await provider.get_messages("two") == []
    assert await provider.get_messages(None) == []
    assert await SekhaHistoryProvider(client, "ann").get_messages("one") == []


async def test_text_calls_and_results_are_found(client: SekhaClient) -> None:
    await SekhaHistoryProvider(client, "anna").save_messages("one", MESSAGES)
    for words in ("boat called", "berth", "Berth twelve"):
        assert await client.search(words)
    tool = recall_tool(client, "anna")
    assert "Ada" in (await tool.invoke(arguments=QUESTION))[0].text
    other = recall_tool(client, "ann")
    assert "Ada" not in (await other.invoke(arguments=QUESTION))[0].text


async def test_clear(client: SekhaClient) -> None:
    provider = SekhaHistoryProvider(client, "anna")
    await provider.save_messages("one", MESSAGES)
    await provider.clear("one")
    assert await provider.get_messages("one") == []
