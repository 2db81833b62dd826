"""Forks with an embedded memory: what a child has stored stays, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from sekha import MessageDto, NewConversation, SekhaClient, SyncSekhaClient

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

SECONDS = 60


def new(label: str) -> NewConversation:
    return NewConversation(
        label=label, folder="/f", messages=[MessageDto("user", f"a text of {label}")]
    )


def labels(client: SyncSekhaClient) -> set[str]:
    return {each.label for each in client.iter_conversations()}


def in_child(work: Callable[[], object]) -> Callable[[], int]:
    """Begin this in a forked child; what comes back waits for its end, and gives its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(SECONDS)  # ends the process
            work()
            code = 0
        finally:
            # Nothing is closed, as in a process that is killed.
            os._exit(code)
    return lambda: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_a_child_stores_after_its_parent_has_closed_is_not_lost(tmp_path: Path) -> None:
    client = SyncSekhaClient.local(tmp_path / "memory.db")
    client.create_conversation(new("before"))
    closed, close = os.pipe()

    def store() -> None:
        os.read(closed, 1)
        client.create_conversation(new("child"))
        assert labels(client) == {"before", "parent", "child"}

    wait = in_child(store)
    client.create_conversation(new("parent"))
    client.close()
    os.write(close, b"x")
    assert wait() == 0
    os.close(closed)
    os.close(close)
    with SyncSekhaClient.local(tmp_path / "memory.db") as again:
        assert labels(again) == {"before", "parent", "child"}


def test_a_child_that_ends_closes_nothing_of_its_parent(tmp_path: Path) -> None:
    client = SyncSekhaClient.local(tmp_path / "memory.db")
    client.create_conversation(new("before"))

    def close() -> None:
        client.create_conversation(new("child"))
        client.close()

    assert in_child(close)() == 0
    client.create_conversation(new("parent"))
    assert labels(client) == {"before", "child", "parent"}
    client.close()


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_fork_while_threads_store(tmp_path: Path, in_memory: bool) -> None:
    """The locks that they hold at that moment nobody in the child would release."""
    client = SyncSekhaClient.local(None if in_memory else tmp_path / "memory.db")
    client.create_conversation(new("before"))
    ending = threading.Event()
    stored: list[str] = []

    def store_on(name: str) -> None:
        while not ending.is_set():
            label = f"{name} {len(stored)}"
            client.create_conversation(new(label))
            client.count(label=label)
            stored.append(label)

    threads = [threading.Thread(target=store_on, args=(str(number),)) for number in range(3)]
    for each in threads:
        each.start()
    try:
        for number in range(4):
            label = f"child {number}"

            def store(label: str = label) -> None:
                known = client.count()
                client.create_conversation(new(label))
                assert client.count() > known
                assert label in labels(client)
                assert client.recall(label)

            assert in_child(store)() == 0
            if not in_memory:
                stored.append(label)
    finally:
        ending.set()
        for each in threads:
            each.join()
    # A child's copy of what is in memory is its own.
    assert labels(client) == {"before", *stored}
    client.close()


async def test_an_async_client_in_a_child(tmp_path: Path) -> None:
    client = SekhaClient.local(tmp_path / "memory.db")
    await client.create_conversation(new("before"))

    def store() -> None:
        async def store() -> None:
            await client.create_conversation(new("child"))

        asyncio.run(store())

    def fork() -> int:
        return in_child(store)()

    assert await asyncio.to_thread(fork) == 0
    assert await client.count() == 2
    await client.aclose()
