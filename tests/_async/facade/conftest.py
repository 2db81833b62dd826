"""A client of an embedded controller in this process, and one that reaches it over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from sekha import ClientConfig, SekhaClient
from sekha.local import Controller
from sekha.testing import FaultServer

KEY = "sekha-fake-key-that-must-stay-unseen-0001"


@pytest.fixture
async def client() -> AsyncIterator[SekhaClient]:
    """On an empty memory."""
    async with SekhaClient.local() as opened:
        yield opened


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """An embedded controller on a port, with a list of every request and room for faults."""
    controller = Controller()
    try:
        with FaultServer(controller.handle) as opened:
            yield opened
    finally:
        controller.close()


@pytest.fixture
async def remote(fault_server: FaultServer) -> AsyncIterator[SekhaClient]:
    """A client of the fault server."""
    config = ClientConfig(api_key=KEY, base_url=fault_server.base_url, timeout=10.0)
    async with SekhaClient(config) as opened:
        yield opened


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full jitter that always falls on nothing: retries come at once."""
    monkeypatch.setattr("random.random", lambda: 0.0)
