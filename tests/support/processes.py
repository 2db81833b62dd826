"""What the processes of a fleet do. Each is started afresh and gets its settings as a pickle."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from typing import Any

from sekha import ClientConfig, SyncSekhaClient
from sekha._limits import shared
from support.served import talk

CONTEXT = multiprocessing.get_context("spawn")


def store(
    config: ClientConfig,
    name: str,
    count: int,
    threads: int,
    timing: dict[str, float],
    made: SimpleQueue[list[str]],
) -> None:
    """Store some conversations; their ids go into the queue.

    Args:
        timing: constants of the shared limits to change, by name.
    """
    for constant, value in timing.items():
        assert hasattr(shared, constant)
        setattr(shared, constant, value)
    with SyncSekhaClient(config) as client, ThreadPoolExecutor(threads) as pool:
        stored = pool.map(
            lambda number: client.create_conversation(talk(f"{name} {number}")).id, range(count)
        )
        made.put(list(stored))


@contextmanager
def running(count: int, *arguments: Any) -> Iterator[tuple[list[BaseProcess], SimpleQueue[Any]]]:
    """Some processes that store; those that still run at the end are killed.

    Args:
        arguments: of `store`, between name and queue; before them, the config.
    """
    config, *rest = arguments
    made: SimpleQueue[list[str]] = CONTEXT.SimpleQueue()
    processes = [
        CONTEXT.Process(target=store, args=(config, f"process {number}", *rest, made))
        for number in range(count)
    ]
    try:
        for process in processes:
            process.start()
        yield processes, made
    finally:
        for process in processes:
            process.kill()
            process.join()
            process.close()
