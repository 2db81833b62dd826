"""A served controller that behaves as the public one, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from sekha import SekhaClient
from support.recorded_controller import Scene, scene


@pytest.fixture
def here() -> Iterator[Scene]:
    """A fresh controller with all its servers behind it."""
    with scene() as served:
        yield served


@pytest.fixture
async def client(here: Scene) -> AsyncIterator[SekhaClient]:
    async with SekhaClient(here.config()) as opened:
        yield opened
