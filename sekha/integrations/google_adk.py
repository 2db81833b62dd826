"""Google's Agent Development Kit: a memory service.

```python
from google.adk.runners import Runner
from sekha import SekhaClient
from sekha.integrations.google_adk import SekhaMemoryService

async with SekhaClient.local("memory.db") as memory:
    runner = Runner(..., memory_service=SekhaMemoryService(memory))
```
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .._async.client import SekhaClient
from .._core import validate
from ..errors import SekhaNotFoundError
from ._async.finding import recall_under, rows_under
from ._async.session import Session
from ._async.sessions import Sessions
from ._core import codec, folders, words
from ._core.codec import Said
from ._missing import requires

with requires("google-adk"):
    from google.adk.memory import BaseMemoryService
    from google.adk.memory.base_memory_service import SearchMemoryResponse
    from google.adk.memory.memory_entry import MemoryEntry
    from google.genai import types

if TYPE_CHECKING:
    from google.adk.events import Event
    from google.adk.sessions import Session as AdkSession

__all__ = ["SekhaMemoryService"]

NO_SESSION = "=none"
MEMORIES = "=memories"


class SekhaMemoryService(BaseMemoryService):
    """What was said in sessions, found by words and meaning for the same app and user only.

    Adding a session again adds what is new in it: 1 request for the list, 1 for each batch that
    this object has not read, 1 for every 100 new events. A search is a recall and 1 request for
    each conversation found.

    Args:
        client: any async client; it stays open.
        root: the folder that the apps' folders are in.
        limit: how many memories a search gives at most, from 1.
    """

    def __init__(self, client: SekhaClient, *, root: str = folders.ROOT, limit: int = 10) -> None:
        self._client = client
        self._root = folders.join(folders.root(root), "=adk")
        self._limit = validate.integer("limit", limit, 1)
        self._sessions = Sessions()

    async def add_session_to_memory(self, session: AdkSession) -> None:
        """Add what a session has said so far; what was added or deleted before is left out."""
        await self._add(session.app_name, session.user_id, session.id, session.events)

    async def add_events_to_memory(
        self,
        *,
        app_name: str,
        user_id: str,
        events: Sequence[Event],
        session_id: str | None = None,
        custom_metadata: Mapping[str, object] | None = None,
    ) -> None:
        """Add some events; `custom_metadata` is not used."""
        await self._add(app_name, user_id, session_id, events)

    async def add_memory(
        self,
        *,
        app_name: str,
        user_id: str,
        memories: Sequence[MemoryEntry],
        custom_metadata: Mapping[str, object] | None = None,
    ) -> None:
        """Add memories that no session said; `custom_metadata` goes into each one's own."""
        items = []
        for each in memories:
            item = each.model_dump(mode="json", exclude_none=True)
            item["id"] = each.id or str(uuid4())
            item["custom_metadata"] = {**each.custom_metadata, **(custom_metadata or {})}
            items.append(item)
        await self._session(app_name, user_id, MEMORIES).add(items)

    async def search_memory(
        self, *, app_name: str, user_id: str, query: str
    ) -> SearchMemoryResponse:
        """The memories of this user of this app that answer a query best, the best first."""
        if not query.strip():
            return SearchMemoryResponse()
        under = self._folder(app_name, user_id)
        found = await recall_under(self._client, query, self._limit, under)
        stored: dict[str, dict[str, Any]] = {}
        memories: dict[str, MemoryEntry] = {}
        for hit in found:
            owner = hit.conversation_id
            if owner not in stored:
                stored[owner] = await self._items(owner)
            item = stored[owner].get(hit.message_id)
            if item is not None and "content" in item:
                memories.setdefault(item["id"], MemoryEntry.model_validate(item))
        return SearchMemoryResponse(memories=list(memories.values()))

    async def delete_memory(
        self, *, app_name: str, user_id: str, memory_id: str | None = None
    ) -> None:
        """Take a memory away; adding its session again does not bring it back. It looks in all of
        the user's sessions."""
        if not memory_id:
            return
        for folder in await self._session_folders(self._folder(app_name, user_id)):
            session = self._in(folder)
            if await session.discard(lambda item: item.get("id") == memory_id):
                await session.add([{"deleted": memory_id}])

    async def _add(
        self, app_name: str, user_id: str, session_id: str | None, events: Iterable[Event]
    ) -> None:
        session = self._session(app_name, user_id, session_id)
        known = {item.get("id") or item.get("deleted") for item in await session.items()}
        new = {}
        for event in events:
            if event.content and event.content.parts and event.id not in known:
                new[event.id] = {
                    "id": event.id,
                    "author": event.author,
                    "timestamp": _iso(event.timestamp),
                    "content": event.content.model_dump(mode="json", exclude_none=True),
                }
        await session.add(list(new.values()))

    async def _items(self, conversation_id: str) -> dict[str, Any]:
        try:
            stored = await self._client.get_conversation(conversation_id)
        except SekhaNotFoundError:
            return {}
        return codec.by_message(stored.messages or ())

    async def _session_folders(self, under: str) -> set[str]:
        return {row.folder async for row in rows_under(self._client, under)}

    def _folder(self, app_name: str, user_id: str) -> str:
        app = folders.segment("app_name", app_name)
        return folders.join(self._root, app, folders.segment("user_id", user_id))

    def _session(self, app_name: str, user_id: str, session_id: str | None) -> Session:
        name = session_id or NO_SESSION
        own = name if name in (NO_SESSION, MEMORIES) else folders.segment("session_id", name)
        return self._in(folders.join(self._folder(app_name, user_id), own))

    def _in(self, folder: str) -> Session:
        title = folders.name(folder.rpartition("/")[2]).lstrip("=")
        return self._sessions.of(self._client, folder, title=title, describe=_describe)


def _describe(item: Any) -> Said:
    content = item.get("content") or {}
    parts = types.Content.model_validate(content).parts or []
    said = words.item_words({"parts": [part.model_dump(exclude_none=True) for part in parts]})
    return Said(item.get("author") or content.get("role") or "memory", said.text)


def _iso(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, timezone.utc).isoformat()
