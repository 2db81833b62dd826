"""A memory behind a port of this machine, for an application's tests."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import field, frozen

from .._async.client import SekhaClient
from .._core.request import retry
from .._limits.process import Limits
from .._sync.client import SyncSekhaClient
from .._sync.session import Session
from .._sync.transports.local_transport import LocalTransport
from ..config import ClientConfig
from ..local import Controller
from .faults import Fault
from .schedules import Script
from .server import FaultServer

SHORT_WAITS = {"BACKOFF_START": 0.02, "BACKOFF_CAP": 0.2, "THROTTLE_CAP": 0.05}
"""Seconds, in the place of what `sekha._core.request.retry` has."""


@frozen(eq=False)
class ServedMemory:
    """An embedded controller that answers over HTTP.

    Attributes:
        url: where it answers, such as "http://127.0.0.1:40123".
        key: its key.
        memory: a client of the same memory that goes past the server: to put something there, and
            to see what is there, without a request that a test would count.
    """

    url: str
    key: str = field(repr=False)
    memory: SyncSekhaClient = field(repr=False)

    def config(self, **settings: Any) -> ClientConfig:
        """Settings for a client of it.

        Args:
            settings: any argument of ClientConfig but `api_key` and `base_url`. Without
                `rate_limit_requests` there is no rate limit.
        """
        given = {"rate_limit_requests": None, **settings}
        return ClientConfig(api_key=self.key, base_url=self.url, **given)

    def client(self, **settings: Any) -> SyncSekhaClient:
        """A client of it, to be closed; settings as for `config`."""
        return SyncSekhaClient(self.config(**settings))

    def async_client(self, **settings: Any) -> SekhaClient:
        """The same, the async one."""
        return SekhaClient(self.config(**settings))

    @property
    def environment(self) -> dict[str, str]:
        """What an application finds in its environment to use it: SEKHA_BASE_URL and
        SEKHA_API_KEY."""
        return {"SEKHA_BASE_URL": self.url, "SEKHA_API_KEY": self.key}


@frozen(eq=False)
class FaultyMemory(ServedMemory):
    """The same behind a fault server. It checks no key.

    Attributes:
        server: the fault server: what arrived, what was carried out, how many at a time.
    """

    server: FaultServer = field(repr=False)
    _script: Script = field(factory=Script, repr=False)

    def next(self, *faults: Fault | None) -> None:
        """These befall the next requests, one each and in this order; None lets one pass."""
        self._script.add(*faults)
        self.server.follow(self._script)

    @property
    def left(self) -> int:
        """How many of the faults were met by no request yet."""
        return self._script.left


@contextmanager
def served_memory() -> Iterator[ServedMemory]:
    """An empty memory as `sekha-memory serve` serves it, for as long as the block runs.

    Raises:
        SekhaMissingExtraError: the extra `local` is not installed.
    """
    controller = Controller()
    from ..local.server import running_server

    key = secrets.token_hex(32)
    with running_server(controller, api_key=key) as url:
        yield ServedMemory(url, key, _client_of(controller))


@contextmanager
def faulty_memory() -> Iterator[FaultyMemory]:
    """An empty memory behind a fault server, for as long as the block runs.

    Raises:
        SekhaMissingExtraError: the extra `local` is not installed.
    """
    controller = Controller()
    try:
        with FaultServer(controller.handle) as server:
            key = secrets.token_hex(32)
            yield FaultyMemory(server.base_url, key, _client_of(controller), server)
    finally:
        controller.close()


@contextmanager
def short_waits() -> Iterator[None]:
    """Retries and 429s wait for hundredths of a second, in this process, while the block runs."""
    usual = {name: getattr(retry, name) for name in SHORT_WAITS}
    try:
        for name, seconds in SHORT_WAITS.items():
            setattr(retry, name, seconds)
        yield
    finally:
        for name, seconds in usual.items():
            setattr(retry, name, seconds)


def _client_of(controller: Controller) -> SyncSekhaClient:
    client = SyncSekhaClient.__new__(SyncSekhaClient)
    client._session = Session(ClientConfig.embedded(), LocalTransport(controller), Limits())
    return client
