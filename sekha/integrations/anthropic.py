"""Anthropic's memory tool: Claude's notes as files in a memory, for `client.beta.messages.tool_runner`.

```python
from anthropic import Anthropic
from sekha import SyncSekhaClient
from sekha.integrations.anthropic import SekhaMemoryTool

with SyncSekhaClient.local("memory.db") as memory:
    runner = Anthropic().beta.messages.tool_runner(
        model=..., max_tokens=1024, messages=[...], tools=[SekhaMemoryTool(memory, "anna")]
    )
```
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from .._async.client import SekhaClient
from .._sync.client import SyncSekhaClient
from ..errors import SekhaError
from ._async.files import Files as AsyncFiles
from ._core import folders
from ._core.files import FileError
from ._missing import requires
from ._sync.files import Files

with requires("anthropic"):
    from anthropic.lib.tools import (
        BetaAbstractMemoryTool,
        BetaAsyncAbstractMemoryTool,
        ToolError,
    )

if TYPE_CHECKING:
    from anthropic.types.beta import BetaCacheControlEphemeralParam
    from anthropic.types.beta import BetaMemoryTool20250818CreateCommand as Create
    from anthropic.types.beta import BetaMemoryTool20250818DeleteCommand as Delete
    from anthropic.types.beta import BetaMemoryTool20250818InsertCommand as Insert
    from anthropic.types.beta import BetaMemoryTool20250818RenameCommand as Rename
    from anthropic.types.beta import BetaMemoryTool20250818StrReplaceCommand as StrReplace
    from anthropic.types.beta import BetaMemoryTool20250818ViewCommand as View

__all__ = ["AsyncSekhaMemoryTool", "SekhaMemoryTool"]


class SekhaMemoryTool(BetaAbstractMemoryTool):
    """The memory tool on a sync client. The model's files are text that searches find.

    A command costs 1 request for the list of files and 1 for a file's content, a change 3 or 4
    more. What cannot be done is a `ToolError` that the model reads; so is a memory that does not
    answer.

    Args:
        client: any sync client; it stays open.
        user_id: whose files they are; nobody else's tool sees them.
        root: the folder that the users' folders are in.
        cache_control: Anthropic's own setting of the tool.
    """

    def __init__(
        self,
        client: SyncSekhaClient,
        user_id: str,
        *,
        root: str = folders.ROOT,
        cache_control: BetaCacheControlEphemeralParam | None = None,
    ) -> None:
        super().__init__(cache_control=cache_control)
        self._files = Files(client, user_id, root)

    def view(self, command: View) -> str:
        return _told(lambda: self._files.view(command.path, command.view_range))

    def create(self, command: Create) -> str:
        return _told(lambda: self._files.create(command.path, command.file_text))

    def str_replace(self, command: StrReplace) -> str:
        return _told(
            lambda: self._files.str_replace(command.path, command.old_str, command.new_str)
        )

    def insert(self, command: Insert) -> str:
        return _told(
            lambda: self._files.insert(command.path, command.insert_line, command.insert_text)
        )

    def delete(self, command: Delete) -> str:
        return _told(lambda: self._files.delete(command.path))

    def rename(self, command: Rename) -> str:
        return _told(lambda: self._files.rename(command.old_path, command.new_path))

    def clear_all_memory(self) -> str:
        """Take all of the user's files away."""
        return _told(self._files.clear)


class AsyncSekhaMemoryTool(BetaAsyncAbstractMemoryTool):
    """The memory tool on an async client; otherwise as `SekhaMemoryTool`."""

    def __init__(
        self,
        client: SekhaClient,
        user_id: str,
        *,
        root: str = folders.ROOT,
        cache_control: BetaCacheControlEphemeralParam | None = None,
    ) -> None:
        super().__init__(cache_control=cache_control)
        self._files = AsyncFiles(client, user_id, root)

    async def view(self, command: View) -> str:
        return await _told_async(lambda: self._files.view(command.path, command.view_range))

    async def create(self, command: Create) -> str:
        return await _told_async(lambda: self._files.create(command.path, command.file_text))

    async def str_replace(self, command: StrReplace) -> str:
        return await _told_async(
            lambda: self._files.str_replace(command.path, command.old_str, command.new_str)
        )

    async def insert(self, command: Insert) -> str:
        return await _told_async(
            lambda: self._files.insert(command.path, command.insert_line, command.insert_text)
        )

    async def delete(self, command: Delete) -> str:
        return await _told_async(lambda: self._files.delete(command.path))

    async def rename(self, command: Rename) -> str:
        return await _told_async(lambda: self._files.rename(command.old_path, command.new_path))

    async def clear_all_memory(self) -> str:
        """Take all of the user's files away."""
        return await _told_async(self._files.clear)


def _told(command: Callable[[], str]) -> str:
    try:
        return command()
    except (FileError, SekhaError) as error:
        raise _tool_error(error) from error


async def _told_async(command: Callable[[], Awaitable[str]]) -> str:
    try:
        return await command()
    except (FileError, SekhaError) as error:
        raise _tool_error(error) from error


def _tool_error(error: FileError | SekhaError) -> ToolError:
    return ToolError(error.message if isinstance(error, SekhaError) else str(error))
