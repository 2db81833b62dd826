"""Import a ShareGPT file with several processes that keep one controller's limits together.

    python examples/distributed_import.py [FILE]

Starts a Dask cluster on this machine; with DASK_SCHEDULER=tcp://... set, it uses the one that is
there. Needs dask (`pip install "dask[distributed]"`), the extra `redis`, a Redis, whose URL is in
SEKHA_SHARED_LIMITS, and a controller (SEKHA_BASE_URL and SEKHA_API_KEY). SEKHA_RATE_LIMIT says how
many requests a minute that one takes from all of them, 1000 if it is not set.

Every worker builds its client from the same pickled settings. However many there are, together
they send no more requests a minute than the limit, and have no more than 4 creates in flight.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from data_import import DEMO_DATA, read_sharegpt

from sekha import ClientConfig, NewConversation, SekhaError, SyncSekhaClient

try:
    from distributed import Client, LocalCluster, as_completed
except ImportError:
    sys.exit('this example needs Dask: pip install "dask[distributed]"')

WORKERS = 2
BATCH = 5
THREADS = 4


def settings() -> ClientConfig:
    """The settings of all workers. They pickle; the key is in no text that Dask shows or logs."""
    url = os.environ.get("SEKHA_SHARED_LIMITS")
    if not url:
        sys.exit("set SEKHA_SHARED_LIMITS to the redis:// URL that all workers share")
    limit = int(os.environ.get("SEKHA_RATE_LIMIT", "1000"))
    return ClientConfig.load(shared_limits=url, rate_limit_requests=limit)


def store(
    config: ClientConfig, conversations: Sequence[NewConversation]
) -> tuple[list[str], list[str]]:
    """What a worker does: the ids of what it stored, and the reasons why others were not."""
    stored, failed = [], []
    with SyncSekhaClient(config) as client:
        for conversation in conversations:
            try:
                stored.append(client.create_conversation(conversation).id)
            except SekhaError as error:
                failed.append(f"{conversation.label}: {error}")
    return stored, failed


def batches(conversations: Sequence[NewConversation]) -> Iterator[Sequence[NewConversation]]:
    for start in range(0, len(conversations), BATCH):
        yield conversations[start : start + BATCH]


def import_all(
    dask: Client, config: ClientConfig, conversations: Sequence[NewConversation]
) -> tuple[int, list[str]]:
    """Have all stored; gives how many were, and the reasons why others were not."""
    # Not pure: two equal batches are two tasks. Not retried: a create resolves its doubt itself,
    # but a worker that died half-way through a batch would store its first half again.
    futures = [
        dask.submit(store, config, batch, pure=False, retries=0) for batch in batches(conversations)
    ]
    total, reasons = 0, []
    for future in as_completed(futures):
        stored, failed = future.result()
        total += len(stored)
        reasons += failed
        print(f"  {total} stored, {len(reasons)} failed")
    return total, reasons


def main(arguments: list[str]) -> int:
    config = settings()
    try:
        with SyncSekhaClient(config) as client:
            before = client.count()
    except (ImportError, SekhaError) as error:
        sys.exit(str(error))
    path = Path(arguments[0]) if arguments else DEMO_DATA
    conversations, skipped = read_sharegpt(path)
    print(f"Importing {len(conversations)} conversations from {path.name}")
    if address := os.environ.get("DASK_SCHEDULER"):
        with Client(address) as dask:
            total, failed = import_all(dask, config, conversations)
    else:
        with (
            LocalCluster(
                n_workers=WORKERS,
                threads_per_worker=THREADS,
                processes=True,
                dashboard_address=None,
            ) as cluster,
            Client(cluster) as dask,
        ):
            total, failed = import_all(dask, config, conversations)
    print(f"Imported {total}, failed {len(failed)}, skipped {skipped}")
    for reason in failed:
        print(f"  {reason}")
    with SyncSekhaClient(config) as client:
        print(f"The controller holds {client.count()} conversations, {before} before")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
