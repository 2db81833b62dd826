"""The pytest plugin: fixtures for applications that use sekha-memory.

pytest loads it wherever this distribution is installed. So it stands outside the package `sekha`, and
imports that only when a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sekha import SekhaClient, SyncSekhaClient
    from sekha.testing import FaultyMemory, ServedMemory


@pytest.fixture
def sekha_memory() -> Iterator[SyncSekhaClient]:
    """A client of an empty memory in this process, gone after the test."""
    from sekha import SyncSekhaClient

    with SyncSekhaClient.local() as client:
        yield client


@pytest.fixture
def async_sekha_memory() -> Iterator[SekhaClient]:
    """The same, the async client. Works with pytest-asyncio, with anyio and with `asyncio.run`."""
    import asyncio

    # No async fixture: then it belongs to none of them. A client is made and closed without I/O.
    from sekha import SekhaClient

    client = SekhaClient.local()
    try:
        yield client
    finally:
        closing = Thread(target=lambda: asyncio.run(client.aclose()), name="sekha-closing")
        closing.start()
        closing.join()


@pytest.fixture
def sekha_server() -> Iterator[ServedMemory]:
    """An empty memory served over HTTP on a port of this machine: its `url`, its `key`, its
    `environment`, and `memory`, a client that goes past the server."""
    from sekha.testing import served_memory

    with served_memory() as served:
        yield served


@pytest.fixture
def sekha_faults() -> Iterator[FaultyMemory]:
    """The same behind a fault server: `next(...)` says what befalls the next requests. Retries and
    429s wait for hundredths of a second."""
    from sekha.testing import faulty_memory, short_waits

    with short_waits(), faulty_memory() as faulty:
        yield faulty
