"""Clients of the cassettes, and of the controllers that have to come out alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sekha import SyncSekhaClient
from support.recorded_controller import scene
from support.recording import Tape
from support.targets import Target, embedded, recorded


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "ground" in metafunc.fixturenames:
        others = [] if metafunc.config.getoption("--record") else ["embedded", "as-recorded"]
        metafunc.parametrize("ground", ["cassette", *others], indirect=True)


@pytest.fixture
def ground(request: pytest.FixtureRequest, http_backend: str) -> Iterator[Target]:
    if request.param == "embedded":
        yield embedded()
    elif request.param == "as-recorded":
        with scene() as served:
            yield recorded(served)
    else:
        recording = request.config.getoption("--record")
        over_loopback = http_backend != "httpx"
        name = request.node.name.replace("cassette", "").replace(http_backend, "")
        with Tape(name, recording=recording, over_loopback=over_loopback) as ground:
            yield ground


@pytest.fixture
def client(ground: Target) -> Iterator[SyncSekhaClient]:
    opened = SyncSekhaClient(ground.config) if ground.config else SyncSekhaClient.local()
    with opened:
        yield opened
