"""Microsoft Agent Framework: the history of sessions, kept in a memory.

```python
from agent_framework import Agent
from sekha import SekhaClient
from sekha.integrations.agent_framework import SekhaHistoryProvider

async with SekhaClient.local("memory.db") as memory:
    agent = Agent(client=..., context_providers=[SekhaHistoryProvider(memory, "anna")])
    await agent.run("My boat is called Ada.", session=agent.create_session(session_id="chat-1"))
```
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._async.client import SekhaClient
from .._core import validate
from ..errors import SekhaError
from ._async.finding import recall_under
from ._async.session import Session
from ._async.sessions import Sessions
from ._core import folders, words
from ._missing import requires

with requires("agent-framework"):
    from agent_framework import FunctionTool, HistoryProvider, Message, tool

__all__ = ["SekhaHistoryProvider", "recall_tool"]


class SekhaHistoryProvider(HistoryProvider):
    """Messages of a session, back as they were given; their text is found by every search.

    Loading costs what `Session.items` says: 1 request for the list and 1 for each batch that was
    not read before; saving 1 for every 100 messages.

    Args:
        client: any async client; it stays open.
        user_id: whose sessions they are.
        source_id: the framework's name for this provider.
        root: the folder that the users' folders are in.
        limit: how many messages are loaded at most, the last ones; None is all.
        options: of the framework's `HistoryProvider`, such as `store_outputs`.
    """

    def __init__(
        self,
        client: SekhaClient,
        user_id: str = "default",
        *,
        source_id: str = "sekha",
        root: str = folders.ROOT,
        limit: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(source_id, **options)
        self._client = client
        self._folder = folders.user_folder(folders.root(root), user_id)
        self._limit = None if limit is None else validate.integer("limit", limit, 1)
        self._sessions = Sessions()

    async def get_messages(
        self, session_id: str | None, *, state: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Message]:
        """The session's messages, the oldest first."""
        items = await self._session(session_id).items(self._limit)
        return [Message.from_dict(each) for each in items]

    async def save_messages(
        self,
        session_id: str | None,
        messages: Sequence[Message],
        *,
        state: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Add messages at the end of a session."""
        await self._session(session_id).add([each.to_dict() for each in messages])

    async def clear(self, session_id: str | None) -> None:
        """Take all messages of a session away."""
        await self._session(session_id).clear()

    def _session(self, session_id: str | None) -> Session:
        name = session_id or "default"
        folder = folders.join(self._folder, folders.segment("session_id", name))
        return self._sessions.of(self._client, folder, title=name, describe=words.item_words)


def recall_tool(
    client: SekhaClient, user_id: str = "default", *, root: str = folders.ROOT, limit: int = 8
) -> FunctionTool:
    """A tool that looks in all sessions of a user, and in nobody else's.

    Args:
        client: any async client; it stays open.
        user_id: whose sessions it looks in.
        root: the folder that the users' folders are in.
        limit: how many messages the model gets at most.
    """
    under = folders.user_folder(folders.root(root), user_id)
    validate.integer("limit", limit, 1)

    async def recall(query: str) -> str:
        """Look in earlier conversations with this user for what answers a question."""
        try:
            return words.found_lines(await recall_under(client, query, limit, under))
        except SekhaError as error:
            return f"The memory could not look: {error.message}"

    return tool(recall)
