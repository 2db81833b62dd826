"""A process that exports and restores a large memory and tells how much memory that took:
python -m transfer.run_large COLOUR FORMAT COUNT PATH
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from typing import Any
from unittest.mock import patch

from sekha import SekhaClient, SyncSekhaClient
from support.large_memory import LargeMemory


def megabytes() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def warm_up(client: SyncSekhaClient, path: str) -> None:
    """Load whatever is loaded at the first use."""
    client.export_to(path, folder="/large", since="2025-12-31T23:59:59Z")
    client.restore(path)


async def run_async(client: SekhaClient, format: str, path: str) -> list[Any]:
    async with client:
        manifest = await client.export_to(path, format=format)
        exported = megabytes()
        report = await client.restore(path, journal=path + ".journal")
        return [manifest, exported, report]


def run_sync(client: SyncSekhaClient, format: str, path: str) -> list[Any]:
    with client:
        manifest = client.export_to(path, format=format)
        exported = megabytes()
        return [manifest, exported, client.restore(path, journal=path + ".journal")]


def main(colour: str, format: str, count: int, path: str) -> None:
    with patch("sekha.local.Controller", lambda *_, **__: LargeMemory(count)):
        warm_up(SyncSekhaClient.local(), path + ".small")
        start = megabytes()
        if colour == "sync":
            manifest, exported, report = run_sync(SyncSekhaClient.local(), format, path)
        else:
            client = SekhaClient.local()
            manifest, exported, report = asyncio.run(run_async(client, format, path))
    figures = {
        "start": start,
        "export": exported - start,
        "restore": megabytes() - start,
        "size": manifest.size,
        "exported": manifest.conversations,
        "restored": report.stored,
        "archived": report.archived,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
