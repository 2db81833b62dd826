"""Items in namespaces: got, put, listed and searched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from threading import Lock
from typing import Any

from attrs import frozen

from ..._async.client import SekhaClient
from ..._concurrency import async_bounded_map
from ...errors import SekhaNotFoundError
from .._core import folders
from .._core.codec import Said, copied
from .._core.namespaces import Namespace, fits, folder_of, item_folder, place_of
from .documents import Document, Documents
from .finding import recall_under, rows_under

READS_AT_ONCE = 8
CACHED_ITEMS = 1024
FOUND = 4
"""So many messages are asked for per item: an item may be found by several."""


@frozen
class Stored:
    """An item. `score` is of one search, 0 to 1; None for one that no search found."""

    namespace: Namespace
    key: str
    value: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    score: float | None = None


class Namespaces:
    """Items by namespace and key. Each is a document in a folder of its own.

    Args:
        client: any client.
        root: the folder that the namespaces are in.
    """

    def __init__(self, client: SekhaClient, root: str = folders.ROOT) -> None:
        self._client = client
        self._root = folders.root(root)
        self._documents = Documents(client)
        self._lock = Lock()
        # A version of a document never changes: reading it once is enough.
        self._cache: OrderedDict[str, dict[str, Any]] = OrderedDict()

    async def get(self, namespace: Sequence[str], key: str) -> Stored | None:
        """An item; 2 requests, 1 if its version was read before."""
        folder = item_folder(self._root, namespace, key)
        tried = ""
        while True:
            document = await self._documents.find(folder, key)
            # Where it is still the same one, nothing was ever stored in it.
            if document is None or document.row.id == tried:
                return None
            try:
                return _stored(tuple(namespace), key, await self._read(document))
            except SekhaNotFoundError:
                tried = document.row.id  # a new version has taken its place

    async def put(self, namespace: Sequence[str], key: str, value: Any, text: str) -> None:
        """Store an item in place of what has its key; 2 requests, and 1 or 2 for the old version.

        Args:
            text: what searches find it by.
        """
        folder = item_folder(self._root, namespace, key)
        old = (await self._documents.heads(folder)).get(key)
        now = datetime.now(timezone.utc).isoformat()
        created = now
        if old is not None:
            try:
                created = (await self._read(old))["created_at"]
            except SekhaNotFoundError:
                pass
        record = {"value": value, "created_at": created, "updated_at": now}
        await self._documents.put(folder, key, record, old=old, said=Said("item", text))

    async def delete(self, namespace: Sequence[str], key: str) -> None:
        """Take an item away; 1 request and 1 or 2 more."""
        found = await self._documents.heads(item_folder(self._root, namespace, key))
        if key in found:
            await self._documents.delete(found[key])

    async def search(
        self,
        prefix: Sequence[str],
        *,
        query: str | None,
        wanted: Mapping[str, Any] | None,
        limit: int,
        offset: int,
    ) -> list[Stored]:
        """The items of a namespace and all below it: those that answer a query best, then the
        others, the last changed first.

        A list, a recall if there is a query, and 1 request for each item that was not read before;
        a filter may read all.
        """
        under = folder_of(self._root, prefix) or self._root
        order = await self._in_order(under)
        scores: dict[str, float] = {}
        if query and query.strip() and order:
            asked = FOUND * (offset + limit)
            for hit in await recall_under(self._client, query, asked, under):
                scores.setdefault(hit.folder, hit.score)
            order.sort(key=lambda each: scores.get(each.row.folder, -1.0), reverse=True)
        found: list[Stored] = []
        reading = async_bounded_map(self._read_or_none, order, READS_AT_ONCE)
        try:
            async for document, record in reading:
                place = place_of(self._root, document.row.folder)
                if record is None or place is None or not fits(record["value"], wanted):
                    continue
                found.append(_stored(*place, record, scores.get(document.row.folder)))
                if len(found) >= offset + limit:
                    break
        finally:
            await reading.aclose()  # type: ignore[attr-defined]
        return found[offset : offset + limit]

    async def namespaces(self, is_wanted: Callable[[Namespace], bool]) -> list[Namespace]:
        """The namespaces that hold items, in order; 1 request for 1,000 conversations."""
        found = set()
        for each in await self._in_order(self._root):
            place = place_of(self._root, each.row.folder)
            if place is not None and is_wanted(place[0]):
                found.add(place[0])
        return sorted(found)

    async def _in_order(self, under: str) -> list[Document]:
        rows = [each async for each in rows_under(self._client, under)]
        found = []
        for folder, documents in self._documents.heads_by_folder(rows).items():
            place = place_of(self._root, folder)
            if place is not None and place[1] in documents:
                found.append(documents[place[1]])
        return sorted(found, key=_changed, reverse=True)

    async def _read_or_none(self, document: Document) -> tuple[Document, dict[str, Any] | None]:
        try:
            return document, await self._read(document)
        except SekhaNotFoundError:
            return document, None

    async def _read(self, document: Document) -> dict[str, Any]:
        with self._lock:
            record = self._cache.get(document.row.id)
        if record is None:
            record = await self._documents.read(document)
            with self._lock:
                self._cache[document.row.id] = record
                while len(self._cache) > CACHED_ITEMS:
                    self._cache.popitem(last=False)
        held: dict[str, Any] = copied([record])[0]
        return held


def _changed(each: Document) -> datetime:
    return each.row.updated_at or datetime.min.replace(tzinfo=timezone.utc)


def _stored(
    namespace: Namespace, key: str, record: dict[str, Any], score: float | None = None
) -> Stored:
    created, updated = (
        datetime.fromisoformat(record[name]) for name in ("created_at", "updated_at")
    )
    return Stored(namespace, key, record["value"], created, updated, score)
