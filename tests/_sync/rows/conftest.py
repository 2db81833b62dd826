"""A served controller that behaves as the public one, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from as_recorded import Scene, scene

from sekha import SyncSekhaClient


@pytest.fixture
def here() -> Iterator[Scene]:
    """A fresh controller with all its servers behind it."""
    with scene() as served:
        yield served


@pytest.fixture
def client(here: Scene) -> Iterator[SyncSekhaClient]:
    with SyncSekhaClient(here.config()) as opened:
        yield opened
