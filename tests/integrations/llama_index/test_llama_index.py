"""LlamaIndex: what leaves the short-term memory comes back; the retriever."""

from __future__ import annotations

import pytest
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.memory import Memory

from sekha import MessageDto, NewConversation, SekhaClient, SekhaValidationError, SyncSekhaClient
from sekha.integrations.llama_index import SekhaMemoryBlock, SekhaRetriever


async def test_what_left_the_short_term_memory_comes_back(client: SekhaClient) -> None:
    block = SekhaMemoryBlock(client=client, user_id="anna")
    memory = Memory.from_defaults(
        session_id="one", token_limit=60, token_flush_size=20, memory_blocks=[block]
    )
    await memory.aput(ChatMessage(role="user", content="My boat is called Ada."))
    for number in range(12):
        await memory.aput(ChatMessage(role="user", content=f"Filling up, number {number}, words."))
        await memory.aput(ChatMessage(role="assistant", content="I see, and so on and so on."))
    await memory.sql_store._async_engine.dispose()
    assert [each.folder for each in await client.search("Ada")] == ["/agents/anna/one"]
    other = SekhaMemoryBlock(client=client, user_id="anna")
    told = await other.aget([ChatMessage(role="user", content="What is my boat called?")])
    assert "user: My boat is called Ada." in told.split("\n")[0]
    stranger = SekhaMemoryBlock(client=client, user_id="ann")
    assert "Ada" not in await stranger.aget([ChatMessage(role="user", content="boat Ada")])


async def test_messages_are_kept_whole(client: SekhaClient) -> None:
    block = SekhaMemoryBlock(client=client)
    message = ChatMessage(
        role="user",
        blocks=[TextBlock(text="The harbour"), ImageBlock(url="https://example.org/harbour.png")],
    )
    await block.aput([message], session_id="one")
    (item,) = await block._session("one").items()
    assert ChatMessage.model_validate(item) == message
    assert len(await client.search("harbour")) == 1
    assert await client.search("png") == []


async def test_what_the_model_sees_anyway_is_not_told_again(client: SekhaClient) -> None:
    block = SekhaMemoryBlock(client=client)
    seen = [ChatMessage(role="user", content="My boat is called Ada.")]
    await block.aput(seen)
    assert await block.aget(seen) == ""
    assert await block.aget([]) == "" and await block.aget(None) == ""


async def test_truncating_keeps_whole_lines() -> None:
    async with SekhaClient.local() as client:
        block = SekhaMemoryBlock(client=client)
        assert await block.atruncate("one line\nanother line", 2) == "one line"
        assert await block.atruncate("one line", 9) is None
    with SyncSekhaClient.local() as wrong:
        with pytest.raises(ValueError, match="a SekhaClient is needed"):
            SekhaMemoryBlock(client=wrong)


def test_the_retriever_gives_nodes(sync_client: SyncSekhaClient) -> None:
    for folder in ("/boats", "/boatsmen"):
        text = f"The boat in {folder} is called Ada."
        sync_client.create_conversation(NewConversation("T", [MessageDto("user", text)], folder))
    (node,) = SekhaRetriever(sync_client, under="/boats").retrieve("boat called")
    assert node.text == "The boat in /boats is called Ada."
    assert node.metadata["folder"] == "/boats" and 0 < (node.score or 0) <= 1


async def test_the_retriever_is_async_too(client: SekhaClient) -> None:
    await client.create_conversation(NewConversation("T", [MessageDto("user", "A boat.")], "/b"))
    retriever = SekhaRetriever(client)
    assert [each.text for each in await retriever.aretrieve("boat")] == ["A boat."]
    with pytest.raises(SekhaValidationError, match="aretrieve"):
        retriever.retrieve("boat")
