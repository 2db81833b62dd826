"""A process that imports, to be killed: python -m transfer.run_import COLOUR TARGET JOURNAL COUNT

TARGET is a URL, or the file of an embedded controller.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from sekha import ClientConfig, ImportProgress, SekhaClient, SyncSekhaClient
from support.sources import conversations

KEY = "an-obviously-fake-key-for-the-tests-0000"


def main(colour: str, target: str, journal: str, count: int) -> None:
    def tell(progress: ImportProgress) -> None:
        print(progress.done, flush=True)

    settings: dict[str, Any] = {"journal": journal, "on_progress": tell}
    over_http = target.startswith("http")
    config = ClientConfig(api_key=KEY, base_url=target) if over_http else None
    if colour == "sync":
        with SyncSekhaClient(config) if config else SyncSekhaClient.local(target) as client:
            print(client.import_conversations(conversations(count), **settings))
        return

    async def run() -> None:
        async with SekhaClient(config) if config else SekhaClient.local(target) as client:
            print(await client.import_conversations(conversations(count), **settings))

    asyncio.run(run())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
