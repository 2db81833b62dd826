"""A client of an embedded controller in this process, and one that reaches it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sekha import ClientConfig, SyncSekhaClient
from sekha.local import Controller
from sekha.testing import FaultServer

KEY = "sekha-fake-key-that-must-stay-unseen-0001"


@pytest.fixture
def client() -> Iterator[SyncSekhaClient]:
    """On an empty memory."""
    with SyncSekhaClient.local() as opened:
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
def remote(fault_server: FaultServer) -> Iterator[SyncSekhaClient]:
    """A client of the fault server."""
    config = ClientConfig(api_key=KEY, base_url=fault_server.base_url, timeout=10.0)
    with SyncSekhaClient(config) as opened:
        yield opened


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full jitter that always falls on nothing: retries come at once."""
    monkeypatch.setattr("random.random", lambda: 0.0)
