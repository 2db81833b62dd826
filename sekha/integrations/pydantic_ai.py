"""Pydantic AI: a store of conversations, and a capability that recalls them.

```python
from pydantic_ai import Agent
from sekha import SekhaClient
from sekha.integrations.pydantic_ai import SekhaConversationStore, SekhaMemory

async with SekhaClient.local("memory.db") as memory:
    store = SekhaConversationStore(memory)
    agent = Agent(..., capabilities=[SekhaMemory(memory, "anna")])
    result = await agent.run("My boat is called Ada.")
    await store.save(result, scope="anna")
```
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from threading import Lock
from typing import Any

from .. import models
from .._async.client import SekhaClient
from .._core import validate
from ..errors import SekhaError, SekhaNotFoundError
from ._async.documents import Conflict, Document, Documents
from ._async.finding import recall_under, rows_under
from ._core import codec, folders, words
from ._core.codec import Said
from ._core.labels import BatchLabel
from ._missing import requires

with requires("pydantic-ai"):
    from pydantic import TypeAdapter
    from pydantic_ai import RunContext
    from pydantic_ai.capabilities import AbstractCapability
    from pydantic_ai.conversation_store import (
        ConversationConflict,
        ConversationEntry,
        ConversationRecord,
        ConversationStore,
    )
    from pydantic_ai.toolsets import FunctionToolset

__all__ = ["SekhaConversationStore", "SekhaMemory"]

CACHED = 1024
KNOWN_ENTRIES = 65_536
"""Entries of which it is known where they are stored; the others are looked for."""
NO_SCOPE = "=none"
_RECORD: TypeAdapter[ConversationRecord] = TypeAdapter(ConversationRecord)
_ENTRIES: TypeAdapter[list[ConversationEntry]] = TypeAdapter(list[ConversationEntry])

Log = list[tuple[str, list[str]]]
"""The stored batches of a conversation: each one's id, and its entries' ids."""


class SekhaConversationStore(ConversationStore):
    """A `ConversationStore` on a memory. The messages of a save are stored together, once; their text
    is found by every search, below the folder of the conversation's scope.

    A save is about 6 requests, a load 2 and 1 for each save that this object has not read before.
    Listing reads each record once. A delete takes the messages away that no other conversation
    shares, and reads all records for that; where the controller cannot delete, they are moved out of
    sight and archived (compatibility row 22).

    Args:
        client: any async client; it stays open.
        root: the folder that all adapters store below.
    """

    def __init__(self, client: SekhaClient, *, root: str = folders.ROOT) -> None:
        self._client = client
        self._root = folders.root(root)
        self._records = folders.join(self._root, "=pydantic-ai")
        self._documents = Documents(client, first_wins=True)
        self._lock = Lock()
        self._cache: OrderedDict[str, Any] = OrderedDict()
        self._where: OrderedDict[str, str] = OrderedDict()

    async def read_record(self, conversation_id: str) -> ConversationRecord | None:
        """A conversation's record; 2 requests, 1 if it was read before."""
        found = await self._held(conversation_id)
        return None if found is None else found[1]

    async def read_records(
        self, *, scope: str | None = None, limit: int | None = None
    ) -> Sequence[ConversationRecord]:
        """The records, the last saved first; 1 request for 1,000 conversations, and 1 for each
        record that was not read before."""
        records = [record for record, _ in await self._all()]
        wanted = [each for each in records if scope is None or each.scope == scope]
        wanted.sort(key=lambda each: each.updated_at, reverse=True)
        return wanted[:limit]

    async def write_record(
        self,
        record: ConversationRecord,
        *,
        new_entries: Sequence[ConversationEntry] = (),
        expected_revision: str | None,
    ) -> None:
        """Store a record with its new entries; of several writers the first one stays."""
        held = await self._held(record.conversation_id)
        revision = None if held is None else held[1].revision
        if revision != expected_revision:
            raise ConversationConflict(record.conversation_id)
        log: Log = [] if held is None else list(held[2])
        ids = {entry.id for entry in new_entries}
        if record.head_id is not None and record.head_id not in ids:
            log = await self._log_with(record, log)
        batch = await self._store(record, new_entries) if new_entries else None
        if batch is not None:
            log.append((batch.id, [entry.id for entry in new_entries]))
        value = {"record": _RECORD.dump_python(record, mode="json"), "log": log}
        folder, key = self._folder_of(record.conversation_id), record.conversation_id
        old = None if held is None else held[0]
        try:
            await self._documents.put_expected(folder, key, value, old=old)
        except Conflict:
            if batch is not None:
                await self._documents.rows.remove(batch)
            raise ConversationConflict(record.conversation_id) from None
        self._know(log)

    async def delete_record(self, conversation_id: str, *, expected_revision: str) -> None:
        """Delete a record, and the entries that no other record reaches."""
        held = await self._held(conversation_id)
        if held is None or held[1].revision != expected_revision:
            raise ConversationConflict(conversation_id)
        document, record, log = held
        await self._documents.delete(document)
        if await self._held(conversation_id) is not None:
            raise ConversationConflict(conversation_id)
        shared = {batch for _, other in await self._all() for batch, _ in other}
        folder = self._text_folder(record)
        for batch, _ in log:
            if batch not in shared:
                row = models.Conversation(id=batch, label=conversation_id, folder=folder)
                await self._documents.rows.remove(row)

    async def read_entry(self, entry_id: str) -> ConversationEntry:
        """An entry; 1 request if its batch was not read before."""
        return (await self._batch_of(entry_id))[entry_id]

    async def _held(self, conversation_id: str) -> tuple[Document, ConversationRecord, Log] | None:
        folder, tried = self._folder_of(conversation_id), ""
        while True:
            document = await self._documents.find(folder, conversation_id)
            # Where it is still the same one, nothing was ever stored in it.
            if document is None or document.row.id == tried:
                return None
            try:
                return document, *await self._read_document(document)
            except SekhaNotFoundError:
                tried = document.row.id  # a new version has taken its place

    async def _all(self) -> list[tuple[ConversationRecord, Log]]:
        rows = [each async for each in rows_under(self._client, self._records)]
        found = []
        for documents in self._documents.heads_by_folder(rows).values():
            for document in documents.values():
                try:
                    found.append(await self._read_document(document))
                except SekhaNotFoundError:
                    pass  # deleted since it was listed
        return found

    async def _read_document(self, document: Document) -> tuple[ConversationRecord, Log]:
        value = self._cached(document.row.id)
        if value is None:
            value = self._keep(document.row.id, await self._documents.read(document))
        log: Log = [(batch, list(ids)) for batch, ids in value["log"]]
        self._know(log)
        return _RECORD.validate_python(value["record"]), log

    async def _log_with(self, record: ConversationRecord, log: Log) -> Log:
        """The log that holds the entry which a record without new entries points at."""
        head = record.head_id or ""
        if any(head in ids for _, ids in log):
            return log
        for _, other in await self._all():
            if any(head in ids for _, ids in other):
                try:
                    await self._batch_of(head)
                except LookupError:
                    break
                return other
        raise ConversationConflict(record.conversation_id)

    async def _store(
        self, record: ConversationRecord, entries: Sequence[ConversationEntry]
    ) -> models.Conversation:
        items = _ENTRIES.dump_python(list(entries), mode="json")
        label = BatchLabel(
            datetime.now(timezone.utc),
            secrets.token_hex(4),
            size=len(items),
            title=record.conversation_id,
        )
        new = models.NewConversation(
            label=str(label),
            folder=self._text_folder(record),
            messages=codec.encode(items, _describe),
        )
        return await self._client.create_conversation(new)

    async def _batch_of(self, entry_id: str) -> dict[str, ConversationEntry]:
        with self._lock:
            batch = self._where.get(entry_id)
        if batch is None:
            batch = await self._find_batch(entry_id)
        items = self._cached(batch)
        if items is None:
            try:
                stored = await self._client.get_conversation(batch)
            except SekhaNotFoundError:
                raise LookupError(entry_id) from None
            if folders.is_under(stored.folder, folders.REMOVED):
                raise LookupError(entry_id)
            items = self._keep(batch, codec.decode(stored.messages or ()))
        return {each.id: each for each in _ENTRIES.validate_python(items)}

    async def _find_batch(self, entry_id: str) -> str:
        for _, log in await self._all():
            for batch, ids in log:
                if entry_id in ids:
                    self._know([(batch, ids)])
                    return batch
        raise LookupError(entry_id)

    def _know(self, log: Iterable[tuple[str, Iterable[str]]]) -> None:
        with self._lock:
            for batch, ids in log:
                for entry in ids:
                    self._where[entry] = batch
                    self._where.move_to_end(entry)
            while len(self._where) > KNOWN_ENTRIES:
                self._where.popitem(last=False)

    def _cached(self, key: str) -> Any:
        with self._lock:
            return self._cache.get(key)

    def _keep(self, key: str, value: Any) -> Any:
        with self._lock:
            self._cache[key] = value
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return value

    def _folder_of(self, conversation_id: str) -> str:
        return folders.join(self._records, folders.segment("conversation_id", conversation_id))

    def _text_folder(self, record: ConversationRecord) -> str:
        scope = NO_SCOPE if record.scope is None else folders.segment("scope", record.scope)
        own = folders.segment("conversation_id", record.conversation_id)
        return folders.join(self._root, scope, own)


class SekhaMemory(AbstractCapability[Any]):
    """A capability: a tool that looks in earlier conversations of a user, and in nobody else's.

    Args:
        client: any async client; it stays open.
        user_id: whose conversations (their `scope`), or a function that says it of a run's context.
        root: the folder that all adapters store below.
        limit: how many messages the model gets at most, from 1.
    """

    def __init__(
        self,
        client: SekhaClient,
        user_id: str | Callable[[RunContext[Any]], str],
        *,
        root: str = folders.ROOT,
        limit: int = 8,
    ) -> None:
        self._client = client
        self._user_id = user_id
        self._root = folders.root(root)
        self._limit = validate.integer("limit", limit, 1)
        if isinstance(user_id, str):
            folders.user_folder(self._root, user_id)

    def get_instructions(self) -> str:
        return "Look with `recall` before you answer what the user may have told you earlier."

    def get_toolset(self) -> FunctionToolset[Any]:
        async def recall(context: RunContext[Any], query: str) -> str:
            """Look in earlier conversations with this user for what answers a question.

            Args:
                query: What to look for, in plain words.
            """
            user = self._user_id if isinstance(self._user_id, str) else self._user_id(context)
            under = folders.user_folder(self._root, user)
            try:
                found = await recall_under(self._client, query, self._limit, under)
            except SekhaError as error:
                return f"The memory could not look: {error.message}"
            return words.found_lines(found)

        return FunctionToolset([recall])


def _describe(item: Any) -> Said:
    message = item["message"]
    parts = message.get("parts") or []
    kinds = {part.get("part_kind") for part in parts}
    if message.get("kind") == "response":
        role = "assistant"
    else:
        role = "user" if "user-prompt" in kinds or not kinds else "tool"
    spoken = [part for part in parts if part.get("part_kind") != "system-prompt"]
    text = words.item_words({"parts": [_named(part) for part in spoken]}).text
    return Said(role, text)


def _named(part: Any) -> Any:
    """The part with the name of the tool where other APIs have it."""
    return {"name": part["tool_name"], **part} if "tool_name" in part else part
