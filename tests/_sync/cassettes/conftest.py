"""A client whose every request is answered from a cassette, or, while recording, by a controller."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket
from recording import PLAYBACK_URL, Tape

from sekha import ClientConfig, SyncSekhaClient


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
def client(tape: Tape) -> Iterator[SyncSekhaClient]:
    config = ClientConfig(
        api_key=tape.key, base_url=tape.url or PLAYBACK_URL, rate_limit_requests=None, max_retries=0
    )
    with SyncSekhaClient(config) as client:
        yield client
