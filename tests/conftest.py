"""What all tests share: no network but loopback, and servers that the tests start themselves."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_socket import socket_allow_hosts

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parent))

ON_BOTH_BACKENDS = {"_async", "_sync", "concurrency", "test_soak.py"}
"""Whose tests run once through httpx and once through the fast transport; all others through the latter,
for it is installed."""

LIVE_KEY = os.environ.get("SEKHA_TEST_KEY", "")
"""The key of the controller that --sekha-url names."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sekha-url", help="also run the scenarios on this live controller")
    parser.addoption("--record", action="store_true", help="record the cassettes anew")


def pytest_configure(config: pytest.Config) -> None:
    # What a shell starts in the background ignores Ctrl-C, and so would all that the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    folders = Path(metafunc.module.__file__ or "").relative_to(ROOT / "tests").parts
    in_process = "facade" in folders and not {"fault_server", "remote"} & set(metafunc.fixturenames)
    if folders[0] in ON_BOTH_BACKENDS and not in_process:
        backends = ["httpx"] if metafunc.config.getoption("--record") else ["httpx", "fast"]
        metafunc.parametrize("http_backend", backends, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A scenario that runs in this process knows no HTTP backends: once is enough."""
    twice = [item for item in items if _runs_in_process_again(item)]
    if twice:
        config.hook.pytest_deselected(items=twice)
        items[:] = [item for item in items if item not in set(twice)]


def _runs_in_process_again(item: pytest.Item) -> bool:
    params = (
        item.callspec.params
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else {}
    )
    return params.get("ground") == "embedded" and params.get("http_backend") == "fast"


def pytest_runtest_setup(item: pytest.Item) -> None:
    recorded = os.environ.get("SEKHA_BASE_URL") if item.config.getoption("--record") else None
    live = urlsplit(item.config.getoption("--sekha-url") or recorded or "").hostname
    hosts = ["127.0.0.1", "::1", *([live] if live else [])]
    socket_allow_hosts(hosts, allow_unix_socket=True)


@pytest.fixture
def live_url(pytestconfig: pytest.Config) -> str:
    """The live controller's URL; skips the test if none was named."""
    url: str | None = pytestconfig.getoption("--sekha-url")
    if url is None:
        pytest.skip("runs with --sekha-url only")
    return url


@pytest.fixture
def live_key() -> str:
    """The live controller's key."""
    assert LIVE_KEY, "--sekha-url needs SEKHA_TEST_KEY in the environment"
    return LIVE_KEY


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests see no key, no URL, no config file and no proxy of whoever runs them."""
    for name in list(os.environ):
        if name.startswith("SEKHA_") or name.lower().endswith("_proxy"):
            if name != "SEKHA_SCHEMATHESIS_EXAMPLES":
                monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def http_backend(
    request: pytest.FixtureRequest,
    no_settings_of_this_machine: None,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """What sends the requests of all clients, those in other processes too."""
    backend: str | None = getattr(request, "param", None)
    if backend is None:
        return "fast"
    monkeypatch.setenv("SEKHA_HTTP_BACKEND", backend)
    return backend
