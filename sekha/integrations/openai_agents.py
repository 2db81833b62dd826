"""OpenAI Agents SDK: a session that outlives the process, and a tool that recalls other sessions.

```python
from agents import Agent, Runner
from sekha import SekhaClient
from sekha.integrations.openai_agents import SekhaSession, recall_tool

async with SekhaClient.local("memory.db") as memory:
    agent = Agent(name="Assistant", tools=[recall_tool(memory, "anna")])
    session = SekhaSession("chat-1", memory, "anna")
    await Runner.run(agent, "My boat is called Ada.", session=session)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._async.client import SekhaClient
from .._core import validate
from ..errors import SekhaError
from ._async.finding import recall_under
from ._async.session import Session
from ._core import folders, words
from ._missing import requires

with requires("openai-agents"):
    from agents import FunctionTool, SessionSettings, function_tool
    from agents.memory.session_settings import coerce_session_settings, resolve_session_limit

if TYPE_CHECKING:
    from agents import TResponseInputItem

__all__ = ["SekhaSession", "recall_tool"]


class SekhaSession:
    """The SDK's `Session` protocol on a memory. Items come back as they were given; their text is
    found by every search.

    Args:
        session_id: the session's name, unique for its user.
        client: any async client; it stays open.
        user_id: whose session it is.
        root: the folder that the users' folders are in.
        session_settings: the SDK's own; `limit` holds for `get_items` without one.

    Raises:
        SekhaValidationError: a name is empty, or no text.
    """

    def __init__(
        self,
        session_id: str,
        client: SekhaClient,
        user_id: str = "default",
        *,
        root: str = folders.ROOT,
        session_settings: SessionSettings | dict[str, Any] | None = None,
    ) -> None:
        self.session_id = session_id
        self.session_settings: SessionSettings | None = (
            SessionSettings()
            if session_settings is None
            else coerce_session_settings(session_settings)
        )
        own = folders.user_folder(folders.root(root), user_id)
        folder = folders.join(own, folders.segment("session_id", session_id))
        self._session = Session(client, folder, title=session_id, describe=words.item_words)

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """The last items, the oldest first; see `Session.items` for what it costs.

        Args:
            limit: how many at most; None is the limit of `session_settings`, or else all.
        """
        most = resolve_session_limit(limit, self.session_settings)
        items: list[TResponseInputItem] = await self._session.items(most)
        return items

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Add items at the end; 1 request for every 100 of them."""
        await self._session.add(items)

    async def pop_item(self) -> TResponseInputItem | None:
        """Take the last item away and return it; about 4 requests."""
        item: TResponseInputItem | None = await self._session.pop()
        return item

    async def clear_session(self) -> None:
        """Take all items away; 1 request for the list and 1 or 2 for each batch."""
        await self._session.clear()


def recall_tool(
    client: SekhaClient, user_id: str = "default", *, root: str = folders.ROOT, limit: int = 8
) -> FunctionTool:
    """A tool that looks in all sessions of a user, and in nobody else's.

    Args:
        client: any async client; it stays open.
        user_id: whose sessions it looks in.
        root: the folder that the users' folders are in.
        limit: how many messages the model gets at most.

    Raises:
        SekhaValidationError: a name is empty, or the limit is below 1.
    """
    under = folders.user_folder(folders.root(root), user_id)
    validate.integer("limit", limit, 1)

    async def recall(query: str) -> str:
        """Look in earlier conversations with this user for what answers a question.

        Args:
            query: What to look for, in plain words.
        """
        try:
            return words.found_lines(await recall_under(client, query, limit, under))
        except SekhaError as error:
            return f"The memory could not look: {error.message}"

    return function_tool(recall)
