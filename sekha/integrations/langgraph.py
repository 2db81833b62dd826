"""LangGraph: a long-term store for graphs, searched by words and meaning together.

```python
from sekha import SyncSekhaClient
from sekha.integrations.langgraph import SekhaStore

with SyncSekhaClient.local("memory.db") as memory:
    graph = builder.compile(store=SekhaStore(memory))
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

from .._async.client import SekhaClient
from .._sync.client import SyncSekhaClient
from ..errors import SekhaValidationError
from ._async.namespaces import Namespaces as AsyncNamespaces
from ._core import folders
from ._core.codec import strings_of
from ._core.namespaces import Namespace, check_filter, matches
from ._missing import requires
from ._sync.namespaces import Namespaces

with requires("langgraph"):
    from langgraph.store.base import (
        BaseStore,
        GetOp,
        Item,
        ListNamespacesOp,
        Op,
        PutOp,
        Result,
        SearchItem,
        SearchOp,
        get_text_at_path,
        validate_op_namespace,
    )

if TYPE_CHECKING:
    from ._async.namespaces import Stored as AsyncStored
    from ._sync.namespaces import Stored

__all__ = ["SekhaStore"]

Puts = dict[tuple[Namespace, str], PutOp]


class SekhaStore(BaseStore):
    """A `BaseStore` on a memory. A search with a query is a recall: no index, no embeddings and no
    key are to be set up.

    A namespace is a folder below `=langgraph` in the root: what a namespace holds is found for
    nobody who does not search it. Within one batch, reads come before writes, and of several
    writes of one key the last one counts. A get is 1 or 2 requests, a put 3, a search a list, a
    recall and 1 for each item; time to live is not supported.

    Args:
        client: any client; it stays open. A sync client serves both kinds of calls, an async one
            the async kind.
        root: the folder that all adapters store below.
        index: the paths of what searches find an item by, as `put` has them; None is all its text.
    """

    supports_ttl = False
    __slots__ = ("_async", "_index", "_sync")

    def __init__(
        self,
        client: SyncSekhaClient | SekhaClient,
        *,
        root: str = folders.ROOT,
        index: list[str] | None = None,
    ) -> None:
        root = folders.join(folders.root(root), "=langgraph")
        self._sync = Namespaces(client, root) if isinstance(client, SyncSekhaClient) else None
        self._async = AsyncNamespaces(client, root) if isinstance(client, SekhaClient) else None
        self._index = index

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations; their results in order.

        Raises:
            InvalidNamespaceError: a label cannot be one; nothing was done.
            SekhaValidationError: the store was made of an async client.
        """
        store = self._sync
        if store is None:
            raise SekhaValidationError("client", "an async client: await abatch, aget, aput, ...")
        reads, puts, results = _sorted(ops)
        for place, op in reads:
            match op:
                case GetOp():
                    results[place] = _item(store.get(op.namespace, op.key))
                case SearchOp():
                    found = store.search(
                        op.namespace_prefix,
                        query=op.query,
                        wanted=op.filter,
                        limit=op.limit,
                        offset=op.offset,
                    )
                    results[place] = [_search_item(each) for each in found]
                case ListNamespacesOp():
                    results[place] = _listed(op, store.namespaces(_wanted(op)))
        for (namespace, key), put in puts.items():
            if put.value is None:
                store.delete(namespace, key)
            else:
                store.put(namespace, key, dict(put.value), self._text(put))
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations; their results in order. With a sync client, in a thread."""
        store = self._async
        if store is None:
            import asyncio

            return await asyncio.to_thread(self.batch, list(ops))
        reads, puts, results = _sorted(ops)
        for place, op in reads:
            match op:
                case GetOp():
                    results[place] = _item(await store.get(op.namespace, op.key))
                case SearchOp():
                    found = await store.search(
                        op.namespace_prefix,
                        query=op.query,
                        wanted=op.filter,
                        limit=op.limit,
                        offset=op.offset,
                    )
                    results[place] = [_search_item(each) for each in found]
                case ListNamespacesOp():
                    results[place] = _listed(op, await store.namespaces(_wanted(op)))
        for (namespace, key), put in puts.items():
            if put.value is None:
                await store.delete(namespace, key)
            else:
                await store.put(namespace, key, dict(put.value), self._text(put))
        return results

    def _text(self, put: PutOp) -> str:
        index: Literal[False] | list[str] | None = put.index
        if index is False or put.value is None:
            return ""
        paths = self._index if index is None else index
        if paths is None:
            return "\n".join(strings_of(dict(put.value)))
        return "\n".join(text for path in paths for text in get_text_at_path(put.value, path))


def _sorted(ops: Iterable[Op]) -> tuple[list[tuple[int, Op]], Puts, list[Result]]:
    every: list[Op] = list(ops)
    for op in every:
        validate_op_namespace(op)
        if isinstance(op, SearchOp):
            check_filter(op.filter)
    reads: list[tuple[int, Op]] = [
        (place, op) for place, op in enumerate(every) if not isinstance(op, PutOp)
    ]
    puts: Puts = {}
    for op in every:
        if isinstance(op, PutOp):
            puts[tuple(op.namespace), op.key] = op
    return reads, puts, [None] * len(every)


def _wanted(op: ListNamespacesOp) -> Callable[[Namespace], bool]:
    conditions = op.match_conditions or ()
    return lambda namespace: all(
        matches(namespace, each.match_type, each.path) for each in conditions
    )


def _listed(op: ListNamespacesOp, found: list[Namespace]) -> list[Namespace]:
    cut = found if op.max_depth is None else [each[: op.max_depth] for each in found]
    return sorted(set(cut))[op.offset : op.offset + op.limit]


def _item(each: Stored | AsyncStored | None) -> Item | None:
    if each is None:
        return None
    return Item(
        value=each.value,
        key=each.key,
        namespace=each.namespace,
        created_at=each.created_at,
        updated_at=each.updated_at,
    )


def _search_item(each: Stored | AsyncStored) -> SearchItem:
    return SearchItem(
        each.namespace, each.key, each.value, each.created_at, each.updated_at, each.score
    )
