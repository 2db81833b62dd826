"""A client whose every request is answered from a cassette, or, while recording, by a controller."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from pytest_socket import disable_socket, enable_socket
from recording import PLAYBACK_URL, Tape

from sekha import ClientConfig, SekhaClient


@pytest.fixture
def tape(request: pytest.FixtureRequest) -> Iterator[Tape]:
    recording = request.config.getoption("--record")
    if not recording:
        # The event loop's own pair of sockets is no network.
        disable_socket(allow_unix_socket=True)
    try:
        with Tape.of(request.node.name, recording=recording) as tape:
            yield tape
    finally:
        enable_socket()


@pytest.fixture
async def client(tape: Tape) -> AsyncIterator[SekhaClient]:
    config = ClientConfig(
        api_key=tape.key, base_url=tape.url or PLAYBACK_URL, rate_limit_requests=None, max_retries=0
    )
    async with SekhaClient(config) as client:
        yield client
