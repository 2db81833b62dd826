"""Several processes under one limit, through a real Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sekha import SekhaTimeoutError, SyncSekhaClient
from sekha._limits import shared
from sekha.testing import Delay, Stall
from support.processes import running
from support.redis_server import RedisServer
from support.served import Served, served, talk

PROCESSES = 4


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
def here() -> Iterator[Served]:
    with served() as world:
        yield world


@pytest.mark.slow
def test_together_they_stay_under_one_limit(here: Served, redis: RedisServer) -> None:
    # A window of one second instead of a minute; with its margin it is two.
    limit, each, window = 8, 6, 1.0
    config = here.config(rate_limit_requests=limit, shared_limits=redis.url)
    with running(PROCESSES, config, each, 2, {"WINDOW_SECONDS": window}) as (processes, made):
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0] * PROCESSES
        ids = [conversation_id for _ in processes for conversation_id in made.get()]
    assert sorted(ids) == sorted(here.rows()) and len(ids) == PROCESSES * each
    arrivals = here.fault_server.seen()
    assert len(arrivals) == PROCESSES * each
    assert here.fault_server.most_within(window) <= limit
    # Each for itself would have sent its six without any waiting.
    assert arrivals[-1].at - arrivals[0].at > 2 * window


@pytest.mark.slow
def test_together_they_have_four_creates_in_flight(here: Served, redis: RedisServer) -> None:
    here.fault_server.follow(lambda method, path, number: Delay(0.1, before=True))
    config = here.config(shared_limits=redis.url)
    with running(PROCESSES, config, 8, 4, {}) as (processes, made):
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0] * PROCESSES
        ids = [conversation_id for _ in processes for conversation_id in made.get()]
    assert sorted(ids) == sorted(here.rows()) and len(ids) == PROCESSES * 8
    assert 1 < here.fault_server.peak("creates") <= 4


@pytest.mark.slow
def test_a_killed_process_gives_its_places_back(here: Served, redis: RedisServer) -> None:
    assert shared.LEASE_TTL < 60 and 2 * shared.RENEWAL_INTERVAL < shared.LEASE_TTL
    ttl = 2.0
    here.store("the first one takes longer")
    here.befall(*[Stall(carried_out=False)] * 4)
    config = here.config(shared_limits=redis.url, timeout=60.0)
    timing = {"LEASE_TTL": ttl, "RENEWAL_INTERVAL": 0.5}
    with running(1, config, 4, 4, timing) as ((process,), _):
        here.fault_server.wait_for(lambda: len(here.fault_server.seen()) == 4, 30)
        # They are kept for as long as the process lives, however long that is.
        time.sleep(ttl + 1)
        with SyncSekhaClient(config.evolve(deadline=0.5)) as client:
            with pytest.raises(SekhaTimeoutError):
                client.create_conversation(talk("too early"))
            process.kill()
            killed = time.monotonic()
            client.options(deadline=20.0).create_conversation(talk("afterwards"))
        assert time.monotonic() - killed < ttl + 1.5
    assert here.rows("too early") == [] and len(here.rows("afterwards")) == 1
