"""A fault server with a tiny backend."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sekha.testing import FaultServer
from support.tiny_backend import TinyBackend


@pytest.fixture
def backend() -> TinyBackend:
    return TinyBackend()


@pytest.fixture
def fault_server(backend: TinyBackend) -> Iterator[FaultServer]:
    with FaultServer(backend) as fault_server:
        yield fault_server
