from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sekha.local import Controller
from support.local_api import Api


@pytest.fixture
def api() -> Iterator[Api]:
    """An empty memory without a file."""
    controller = Controller()
    yield Api(controller)
    controller.close()


@pytest.fixture
def memory_file(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def file_api(memory_file: Path) -> Iterator[Api]:
    """An empty memory in a file."""
    controller = Controller(memory_file)
    yield Api(controller)
    controller.close()
