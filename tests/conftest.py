"""What all tests share: no network but loopback, and servers that the tests start themselves."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pytest_socket import disable_socket, socket_allow_hosts

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sekha-url", help="also run the scenarios on this live controller")


def pytest_runtest_setup() -> None:
    disable_socket(allow_unix_socket=True)
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests see no key, no URL, no config file and no proxy of whoever runs them."""
    for name in list(os.environ):
        if name.startswith("SEKHA_") or name.lower().endswith("_proxy"):
            if name != "SEKHA_SCHEMATHESIS_EXAMPLES":
                monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
