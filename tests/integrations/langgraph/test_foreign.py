"""The tests of LangGraph's SQLite store, on ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from sekha import SyncSekhaClient
from sekha.integrations.langgraph import SekhaStore

from ..foreign import load, take_over


class _Store(SekhaStore):
    """Made as the SQLite store is made: with a path, an index, and its setup."""

    @classmethod
    @contextmanager
    def from_conn_string(cls, path: str, *, index: Any = None) -> Iterator[_Store]:
        where = None if path == ":memory:" else f"{path}.memory"
        with SyncSekhaClient.local(where) as client:
            yield cls(client, index=(index or {}).get("text_fields"))

    def setup(self) -> None:
        pass


def _stand_in() -> None:
    """The suite imports its own store, which is not installed."""
    package, base = ModuleType("langgraph.store.sqlite"), ModuleType("langgraph.store.sqlite.base")
    package.SqliteStore = base.SqliteStore = _Store  # type: ignore[attr-defined]
    for name in (
        "BaseSqliteStore",
        "NS_MATCH_FUNCTION",
        "SqliteIndexConfig",
        "_escape_glob_literal",
        "_namespace_match_pattern",
    ):
        setattr(base, name, dict)
    sys.modules |= {package.__name__: package, base.__name__: base}


_stand_in()
suite: Any = load("langgraph-checkpoint-sqlite", "tests/test_store.py", "langgraph_store")

SQL = "looks at the SQLite store's own tables, queries and migrations"
OWN_VECTORS = "fixes the scores of the embeddings that it brings; ours are the memory's own"
SKIPPED = {
    "test_vector_store_initialization": SQL,
    "test_nonnull_migrations": SQL,
    "test_escape_glob_literal": SQL,
    "test_namespace_match_pattern": SQL,
    "test_list_namespaces_prefix_uses_indexable_condition": SQL,
    "test_scores": OWN_VECTORS,
    "test_embed_with_path": OWN_VECTORS,
}

take_over(suite, globals(), skipped=SKIPPED)
