"""The tests of the SDK's own filesystem tool, on ours."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import pytest

from sekha import SekhaClient, SyncSekhaClient
from sekha.integrations.anthropic import AsyncSekhaMemoryTool, SekhaMemoryTool

from ..foreign import load, take_over

suite: Any = load(
    "anthropic", "tests/lib/tools/memory_tools/test_filesystem.py", "anthropic_filesystem"
)


class _Path:
    """A file or folder of the tool, as the suite looks at those of the filesystem."""

    known: dict[str, _Path] = {}

    def __init__(self, memory: SyncSekhaClient, path: str = "/memories") -> None:
        self._files, self._path = SekhaMemoryTool(memory, "anna")._files, path
        self.known[str(self)] = self

    def __str__(self) -> str:
        return f"<{self._path} of {id(self._files)}>"

    def __truediv__(self, name: str) -> _Path:
        other = copy(self)
        other._path = f"{self._path}/{name}"
        return other

    def write_bytes(self, data: bytes) -> None:
        self._files.create(self._path, data.decode())

    def read_bytes(self) -> bytes:
        return self._files.contents()[self._path].encode()

    def mkdir(self, **options: bool) -> None:
        pass

    def is_dir(self) -> bool:
        return self._path == "/memories"


class _AsyncPath(_Path):
    async def is_dir(self) -> bool:  # type: ignore[override]
        return self._path == "/memories"


def snapshot(path: str) -> dict[str, str]:
    files = _Path.known[path]._files.contents()
    return {path.removeprefix("/"): content for path, content in files.items()}


suite.get_directory_snapshot = snapshot
suite.Path = _Path.known.__getitem__


@pytest.fixture
def sync_local_filesystem_tool(tmp_path: Any) -> Iterator[SekhaMemoryTool]:
    with SyncSekhaClient.local(tmp_path / "memory.db") as memory:
        tool: Any = SekhaMemoryTool(memory, "anna")
        tool.base_path = tool.memory_root = _Path(memory)
        yield tool


@pytest.fixture
async def async_local_filesystem_tool(tmp_path: Any) -> Any:
    path = tmp_path / "memory.db"
    async with SekhaClient.local(path) as memory:
        with SyncSekhaClient.local(path) as beside:
            tool: Any = AsyncSekhaMemoryTool(memory, "anna")
            tool.base_path = tool.memory_root = _AsyncPath(beside)
            yield tool


NO_FILES = "there are no files of an operating system, and so no links, modes or descriptors"
ON_DISK = [
    "test_mkdir_parents_not_world_writable_under_permissive_umask",
    "test_read_rejects_symlink_created_after_validation",
    "test_read_rejects_file_replaced_with_symlink_before_open",
    "test_view_rejects_directory_symlink_created_after_validation",
    "test_symlink_validation_reject_symlink_pointing_outside_memories",
    "test_view_lists_symlinks_only_when_they_stay_inside_memories",
    "test_symlink_validation_reject_creating_files_through_symlink_pointing_outside",
    "test_symlink_validation_reject_parent_directory_that_is_symlink_pointing_outside",
]
SYNC, ASYNC = "TestBetaLocalFilesystemMemoryTool", "TestBetaAsyncLocalFilesystemMemoryTool"
SKIPPED = {f"{each}.{name}": NO_FILES for each in (SYNC, ASYNC) for name in ON_DISK}
SKIPPED[f"{ASYNC}.test_validate_path_returns_resolved_path_not_symlink_target"] = NO_FILES

take_over(suite, globals(), skipped=SKIPPED)
