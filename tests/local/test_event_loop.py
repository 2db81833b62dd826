"""The async client in process: the event loop goes on while a large message is stored."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sekha import MessageDto, NewConversation, SekhaClient

LARGE = NewConversation("L", [MessageDto("user", " ".join(f"w{n}" for n in range(300_000)))])


async def test_a_large_create_does_not_freeze_the_loop(tmp_path: Path) -> None:
    async with SekhaClient.local(tmp_path / "memory.db") as client:
        await client.count()
        task = asyncio.create_task(client.create_conversation(LARGE))
        turns = 0
        while not task.done():
            await asyncio.sleep(0.001)
            turns += 1
        await task
    # The tokenizer holds the interpreter for as long as one call of it takes.
    assert turns > 100


async def test_cancelled_is_not_stored(tmp_path: Path) -> None:
    async with SekhaClient.local(tmp_path / "memory.db") as client:
        await client.count()
        task = asyncio.create_task(client.create_conversation(LARGE))
        await asyncio.sleep(0.3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert await client.count() == 0
    async with SekhaClient.local(tmp_path / "memory.db") as client:
        assert await client.count() == 0
