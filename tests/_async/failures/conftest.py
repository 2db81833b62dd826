"""What tests of one client, async or sync, share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from sekha import SekhaClient, testing
from support.certificates import Authority
from support.served import Served, served


@pytest.fixture
def here() -> Iterator[Served]:
    """A fresh controller behind a fault server."""
    with served() as world:
        yield world


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def session_module() -> ModuleType:
    """The module through which all requests of this client go."""
    return sys.modules[SekhaClient.__module__.rpartition(".")[0] + ".session"]


@pytest.fixture
def short_waits() -> Iterator[None]:
    """Retries and 429s wait for hundredths of a second."""
    with testing.short_waits():
        yield
