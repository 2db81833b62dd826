"""Two clients of one controller: two writers that know nothing of each other. With --sekha-url, of a
live one too."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from attrs import frozen

from sekha import SekhaClient
from support.live import set_aside
from support.recorded_controller import Stack, scene
from support.targets import config_for, target_names


@frozen
class Writers:
    """Two clients of one controller; `keeps` says whether it cannot delete (row 22)."""

    one: SekhaClient
    other: SekhaClient
    keeps: bool
    degraded: bool = False


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "writers" in metafunc.fixturenames:
        live = metafunc.config.getoption("--sekha-url") is not None
        metafunc.parametrize("writers", target_names(live), indirect=True)


@pytest.fixture
async def writers(request: pytest.FixtureRequest, tmp_path: object) -> AsyncIterator[Writers]:
    if request.param == "embedded":
        path = f"{tmp_path}/memory.db"
        async with SekhaClient.local(path) as one, SekhaClient.local(path) as other:
            yield Writers(one, other, False)
        return
    if request.param == "live":
        config = config_for(
            request.getfixturevalue("live_url"), request.getfixturevalue("live_key")
        )
        set_aside(config)
        async with SekhaClient(config) as one, SekhaClient(config) as other:
            yield Writers(one, other, True)
        return
    stack = Stack.nothing() if request.param == "as-recorded-degraded" else Stack()
    with scene(stack=stack) as served:
        config = served.config()
        async with SekhaClient(config) as one, SekhaClient(config) as other:
            yield Writers(one, other, stack.embeds, not stack.embeds)


@pytest.fixture
async def client(writers: Writers) -> SekhaClient:
    if writers.degraded:
        pytest.skip("nothing is found by meaning there (row 16)")
    return writers.one
