"""Limits shared through a real Redis: while it is there, while it is not, and while it stalls."""

from __future__ import annotations

import logging
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from sekha import (
    ClientConfig,
    SekhaConnectionError,
    SekhaMissingExtraError,
    SekhaSharedLimitsError,
    SekhaTimeoutError,
    SyncSekhaClient,
)
from sekha._limits import shared
from sekha._limits.process import origin_of
from support.redis_server import PASSWORD, RedisServer, free_port
from support.served import Served, talk


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server


def test_places_and_counts_are_in_redis_and_are_given_back(
    here: Served, redis: RedisServer
) -> None:
    config = here.config(rate_limit_requests=50, shared_limits=redis.url)
    with SyncSekhaClient(config) as client:
        for number in range(3):
            client.create_conversation(talk(f"{number}"))
    with Redis.from_url(redis.url) as server:
        keys = [key.decode() for key in server.scan_iter()]
    assert not [key for key in keys if "create" in key]
    assert len(keys) == 1 and keys[0] == f"sekha:requests:{origin_of(here.fault_server.base_url)}"


def test_the_limit_of_others_holds(
    here: Served, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "WINDOW_SECONDS", 1.0)
    origin = origin_of(here.fault_server.base_url)
    other = shared.SharedLimits(redis.url, origin, fallback=False)
    for _ in range(2):
        turn = other.try_request(2, timeout=5.0)
        assert turn.wait == 0
        other.end_request(turn)
    config = here.config(rate_limit_requests=2, shared_limits=redis.url)
    began = time.monotonic()
    with SyncSekhaClient(config) as client:
        with pytest.raises(SekhaTimeoutError):
            client.options(deadline=0.2).count()
        assert here.fault_server.seen() == []
        client.count()
    assert 0.5 < time.monotonic() - began < 10


def test_redis_down_is_a_clear_error_and_nothing_is_sent(
    here: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"redis://:{PASSWORD}@127.0.0.1:{free_port()}/0"
    began = time.monotonic()
    with SyncSekhaClient(here.config(rate_limit_requests=9, shared_limits=url)) as client:
        with pytest.raises(SekhaSharedLimitsError, match="127.0.0.1 does not answer") as caught:
            client.count()
        with pytest.raises(SekhaSharedLimitsError, match="shared_limits_fallback"):
            client.create_conversation(talk("new"))
        assert PASSWORD not in f"{client!r}{client.config!r}{caught.value!r}{caplog.text}"
    assert time.monotonic() - began < 5
    assert here.fault_server.seen() == []
    assert client._session.limits.creates.try_acquire(1)
    client._session.limits.creates.release()


def test_redis_down_can_mean_local_limits_with_a_warning(
    here: Served, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    config = here.config(shared_limits=url, shared_limits_fallback=True, rate_limit_requests=3)
    with SyncSekhaClient(config) as client:
        client.create_conversation(talk("new"))
        client.count()
        client.count()
        with pytest.raises(SekhaTimeoutError):
            client.options(deadline=1.0).count()
    warnings = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert len(warnings) == 1 and "only this process's own limits" in warnings[0].message
    assert len(here.fault_server.seen()) == 3


def test_redis_may_be_started_anew(here: Served, redis: RedisServer) -> None:
    with SyncSekhaClient(here.config(shared_limits=redis.url)) as client:
        client.create_conversation(talk("first"))
        redis.stop()
        with pytest.raises(SekhaSharedLimitsError):
            client.create_conversation(talk("second"))
        redis.start()
        client.create_conversation(talk("third"))
    assert [len(here.rows(label)) for label in ("first", "second", "third")] == [1, 0, 1]


def test_a_redis_that_stalls_keeps_no_call_beyond_its_deadline(here: Served) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        config = here.config(rate_limit_requests=9, shared_limits=url, deadline=0.3)
        with SyncSekhaClient(config) as client:
            began = time.monotonic()
            with pytest.raises((SekhaSharedLimitsError, SekhaConnectionError)):
                client.count()
            assert time.monotonic() - began < 1.5
            began = time.monotonic()
            with pytest.raises((SekhaSharedLimitsError, SekhaConnectionError)):
                client.create_conversation(talk("new"))
            assert time.monotonic() - began < 1.5
    assert here.fault_server.seen() == []


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    key = "obviously-fake-key-0123456789-abcdef"
    config = ClientConfig(api_key=key, shared_limits="redis://127.0.0.1:1/0")
    with pytest.raises(SekhaMissingExtraError, match=r'pip install "sekha-memory\[redis\]"'):
        SyncSekhaClient(config)
