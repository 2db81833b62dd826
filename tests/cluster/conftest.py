"""One cluster of two processes for all tests of a module."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dask
import pytest
from distributed import Client, LocalCluster

WORKERS = 2
PATIENCE = 120.0


class Cluster:
    """A cluster's client, and the death of its workers."""

    def __init__(self, local: LocalCluster, client: Client) -> None:
        self._local = local
        self.client = client
        self.killed: list[int] = []
        self._gone: set[str] = set()

    def kill_one(self) -> None:
        """End a worker as the kernel does when memory is short. Its nanny starts another, but not
        for one that ended before it was there."""
        while not (there := self._there()):
            time.sleep(0.01)
        address, pid = there.popitem()
        self._gone.add(address)
        os.kill(pid, signal.SIGKILL)
        self.killed.append(pid)

    def _there(self) -> dict[str, int]:
        """Workers that have begun to work, by their addresses."""
        known = {*self._local.scheduler.workers} - self._gone
        nannies = [*self._local.workers.values()]
        return {
            each.worker_address: each.pid
            for each in nannies
            if each.worker_address in known and each.pid is not None
        }

    def settle(self) -> None:
        """Wait until all workers are there again."""
        until = time.monotonic() + PATIENCE
        while len(self._there()) < WORKERS:
            assert time.monotonic() < until, "a worker was not started again"
            time.sleep(0.01)


@pytest.fixture(scope="module")
def whole_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    settings: dict[str, Any] = {
        "distributed.scheduler.allowed-failures": 0,
        # A cluster on one machine drops a worker that is not back in time.
        "distributed.deploy.lost-worker-timeout": "1h",
        "distributed.worker.memory.terminate": False,
        "distributed.admin.low-level-log-length": 0,
        "temporary-directory": str(tmp_path_factory.mktemp("dask")),
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as local,
        Client(local) as client,
    ):
        yield Cluster(local, client)


@pytest.fixture
def cluster(whole_cluster: Cluster) -> Cluster:
    whole_cluster.settle()
    whole_cluster.killed.clear()
    return whole_cluster


@contextmanager
def killing(cluster: Cluster, *moments: Callable[[], bool]) -> Iterator[None]:
    """Kill a worker at each of these moments, one after the other, while the block runs."""
    over = threading.Event()

    def watch() -> None:
        for moment in moments:
            while not moment():
                if over.wait(0.01):
                    return
            cluster.kill_one()

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
