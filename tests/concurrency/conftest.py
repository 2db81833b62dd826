from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.served import Served, served


@pytest.fixture
def here() -> Iterator[Served]:
    with served() as world:
        world.store("the first one takes longer")
        yield world
