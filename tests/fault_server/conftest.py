"""A bench with a tiny backend."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.faults import FaultServer
from support.faults.backend import TinyBackend


@pytest.fixture
def backend() -> TinyBackend:
    return TinyBackend()


@pytest.fixture
def bench(backend: TinyBackend) -> Iterator[FaultServer]:
    with FaultServer(backend) as bench:
        yield bench
