"""What reading everything costs beside a loop written by hand over the same transport."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from calls import config
from compare import Row, async_in_turn
from server import LABELS

from sekha import SekhaClient
from sekha._async.api.export import PAGE_SIZE
from sekha._async.lookup import READS_AT_ONCE
from sekha._core.listing import SCAN_PAGE_SIZE
from sekha_api.types import Request

LIST = "/api/v1/conversations"
EXPORT = "/mcp/tools/memory_export"
JSON = {"content-type": "application/json"}
GOAL = 1.15


class ByHand:
    """The same requests through the same connections, and nothing else."""

    def __init__(self, client: SekhaClient) -> None:
        self._sender = client._session.transport

    async def ask(self, request: Request) -> Any:
        return json.loads((await self._sender.send(request, 30.0)).content)

    async def pages(self, size: int) -> AsyncIterator[list[dict[str, Any]]]:
        number = 1
        while True:
            query = {"page": str(number), "page_size": str(size)}
            answer = await self.ask(Request("GET", LIST, query))
            yield answer["results"]
            if number * size >= answer["total"]:
                return
            number += 1

    async def list(self) -> int:
        return sum([len(page) async for page in self.pages(SCAN_PAGE_SIZE)])

    async def scan(self, label: str) -> int:
        return sum(
            [row["label"] == label async for page in self.pages(SCAN_PAGE_SIZE) for row in page]
        )

    async def export(self) -> int:
        free = asyncio.Semaphore(READS_AT_ONCE)

        async def read(row: dict[str, Any]) -> int:
            async with free:
                body = json.dumps({"conversation_id": row["conversation_id"]}).encode()
                answer = await self.ask(Request("POST", EXPORT, {}, JSON, body))
                return len(answer["data"]["messages"])

        count = 0
        async for page in self.pages(PAGE_SIZE):
            count += len(await asyncio.gather(*map(read, page)))
        return count


async def measure(url: str, total: int, rounds: int) -> list[Row]:
    async with SekhaClient(config(url)) as client:
        hand = ByHand(client)
        label = f"Project {LABELS - 1}"

        async def list_all() -> int:
            return sum([1 async for _ in client.iter_conversations()])

        async def scan() -> int:
            return sum([1 async for _ in client.iter_conversations(label=label)])

        async def export() -> int:
            return sum([1 async for _ in client.iter_export()])

        async def scan_by_hand() -> int:
            return await hand.scan(label)

        rows = []
        for work, peer, ours in (
            (f"list {total} conversations", hand.list, list_all),
            (f"scan {total} for a label", scan_by_hand, scan),
            (f"export {total} conversations", hand.export, export),
        ):
            assert await peer() == await ours(), work
            times = await async_in_turn(peer, ours, times=1, rounds=rounds)
            rows.append(Row(work, "a loop over the transport", *times, GOAL))
        return rows


def rows(url: str, total: int, rounds: int = 5) -> list[Row]:
    """All of them."""
    return asyncio.run(measure(url, total, rounds))
