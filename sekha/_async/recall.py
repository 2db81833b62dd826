"""Finding messages by words and meaning together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from attrs import evolve

from sekha_api import models as api
from sekha_api.api.retrieval import full_text_search, semantic_query
from sekha_api.api.tools import memory_export
from sekha_api.types import Request

from .._concurrency import async_both, async_bounded_map
from .._core import recall_rows, terms, validate
from .._core.answers import unexpected
from .._core.recall import (
    FILTERED_MATCHES,
    FILTERED_MEANINGS,
    MATCHES,
    MEANINGS,
    Home,
    Passage,
    Pool,
)
from ..errors import SekhaNotFoundError
from ..models import RecallResponse
from .base import READS_AT_ONCE
from .pipeline import Call
from .retrieval import Retrieval

T = TypeVar("T")


class _Asks(Protocol):
    """An operation whose only argument is its body."""

    @property
    def __name__(self) -> str: ...

    @property
    def build_request(self) -> Callable[..., Request]: ...


class Recall(Retrieval):
    """The search that takes everything together."""

    async def recall(
        self,
        query: str,
        limit: int = 10,
        label: str | None = None,
        folder: str | None = None,
    ) -> RecallResponse:
        """The messages that answer a query best, by words and meaning together.

        It asks for what is close in meaning and, at the same time, for each telling word of the
        query; reads the best conversations for what stands beside each message; and ranks here.
        That is 1 + up to 12 + up to 12 requests, a few more with a label or a folder.

        Args:
            query: a question or what to look for, in plain language.
            limit: how many messages at most, from 1.
            label: only conversations of exactly this label.
            folder: only conversations in exactly this folder.

        Raises:
            SekhaUnavailableError: the controller answered, but could not look by meaning
                (compatibility rows 16 and 32): an empty response means that there is nothing.
        """
        validate.text("query", query)
        validate.integer("limit", limit, 1)
        validate.optional_text("label", label)
        validate.optional_text("folder", folder)
        call = self._pipeline.begin()
        pool = Pool(query)
        filtered = label is not None or folder is not None
        await self._find(call, pool, query, limit, label, folder)
        if filtered:
            pool.place(await self._conversations(call, pool.unplaced(), label))
            pool.keep(label, folder)
        await self._read_best(call, pool)
        if filtered:
            pool.keep(label, folder)
        if unplaced := pool.best_unplaced(limit):
            pool.place(await self._conversations(call, unplaced, None))
        clean = self._clean
        results = (evolve(each, content=clean(each.content)) for each in pool.results(limit))
        return RecallResponse(query, tuple(results))

    async def _find(
        self,
        call: Call,
        pool: Pool,
        query: str,
        limit: int,
        label: str | None,
        folder: str | None,
    ) -> None:
        """Put what is close in meaning, and what holds the query's words, into the pool."""
        asked = {"label": label, "folder": folder}
        filters = {name: value for name, value in asked.items() if value is not None}
        most = max(limit, FILTERED_MATCHES if filters else MATCHES)
        meanings, matches = await async_both(
            lambda: self._meanings(call, query, limit, filters),
            lambda: self._matches(call, pool.terms.words, most),
        )
        pool.add_meanings(meanings)
        for term, found in enumerate(matches):
            pool.add_matches(term, found)

    async def _meanings(
        self, call: Call, query: str, limit: int, filters: dict[str, str]
    ) -> list[tuple[Passage, Home]]:
        """Messages close in meaning. The filters save the controllers that know them from giving
        what is not wanted; the others leave them out of account (compatibility row 15)."""
        most = max(limit, FILTERED_MEANINGS if filters else MEANINGS)
        body = api.QueryRequest(query=query, limit=most)
        if filters:
            body.filters = api.SearchFilters.from_dict(filters)
        found = await self._read_rows(call, semantic_query, body, recall_rows.meanings)
        if not found and filters:
            await self._query(call, query, 1)
        elif not found:
            await self._require_nothing_to_find(call)
        return found

    async def _matches(self, call: Call, words: Sequence[str], most: int) -> list[list[Passage]]:
        """The messages that hold each of the words."""
        found = []
        async for passages in async_bounded_map(
            lambda word: self._read_rows(
                call,
                full_text_search,
                api.FullTextSearchRequest(query=terms.quoted([word]), limit=most),
                recall_rows.matches,
            ),
            words,
            READS_AT_ONCE,
        ):
            found.append(passages)
        return found

    async def _read_best(self, call: Call, pool: Pool) -> None:
        """Put the best conversations into the pool, whole."""
        async for found in async_bounded_map(
            lambda conversation_id: self._whole(call, conversation_id),
            pool.best_conversations(),
            READS_AT_ONCE,
        ):
            if found is not None:
                pool.add_conversation(*found)

    async def _whole(self, call: Call, conversation_id: str) -> tuple[Home, list[Passage]] | None:
        body = api.MemoryExportRequest(conversation_id=conversation_id)
        try:
            return await self._read_rows(call, memory_export, body, recall_rows.exported)
        except SekhaNotFoundError:
            return None

    async def _read_rows(
        self, call: Call, operation: _Asks, body: Any, read: Callable[[Any], T]
    ) -> T:
        """Carry out an operation and read its answer without making models of it."""
        name = operation.__name__.rpartition(".")[2]
        request = operation.build_request(body=body)
        subject = getattr(body, "conversation_id", None)
        response = await call.exchange(name, request, conversation_id=subject)
        try:
            return read(response.json())
        except (ValueError, KeyError, TypeError, AttributeError):
            reason = "a body that is not what was documented"
            raise unexpected(name, response, reason) from None
