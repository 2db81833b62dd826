"""A process that imports an export, to be killed: python -m transfer.run_once TARGET EXPORT INDEX

TARGET is a URL, or the file of an embedded controller.
"""

from __future__ import annotations

import sys

from sekha import ClientConfig, ImportProgress, SyncSekhaClient
from sekha.importers import read
from support.recorded_controller import KEY


def main(target: str, export: str, index: str) -> None:
    def tell(progress: ImportProgress) -> None:
        print(progress.done, flush=True)

    with client_of(target) as client:
        print(client.import_conversations(read(export), index=index, on_progress=tell))


def client_of(target: str) -> SyncSekhaClient:
    if target.startswith("http"):
        config = ClientConfig(api_key=KEY, base_url=target, rate_limit_requests=None)
        return SyncSekhaClient(config)
    return SyncSekhaClient.local(target)


if __name__ == "__main__":
    main(*sys.argv[1:4])
