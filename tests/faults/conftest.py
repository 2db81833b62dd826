"""A bench with a tiny backend."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import FaultBench
from .backend import TinyBackend


@pytest.fixture
def backend() -> TinyBackend:
    return TinyBackend()


@pytest.fixture
def bench(backend: TinyBackend) -> Iterator[FaultBench]:
    with FaultBench(backend) as bench:
        yield bench
