"""A served controller that behaves as the public one, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sekha import SyncSekhaClient
from support.recorded_controller import Scene, scene


@pytest.fixture
def here() -> Iterator[Scene]:
    """A fresh controller with all its servers behind it."""
    with scene() as served:
        yield served


@pytest.fixture
def client(here: Scene) -> Iterator[SyncSekhaClient]:
    with SyncSekhaClient(here.config()) as opened:
        yield opened
