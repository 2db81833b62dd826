"""One recall: what is asked, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from sekha_api import models as api
from sekha_api.api.retrieval import full_text_search, semantic_query
from sekha_api.api.tools import memory_export

from .. import models
from .._concurrency import async_bounded_map
from .._core.recall import answers as recall_rows
from .._core.recall.candidates import Candidates, Found
from .._core.recall.weights import (
    FILTERED_VECTOR_HITS,
    FILTERED_WORD_HITS,
    FOCUSED_VECTOR_HITS,
    VECTOR_HITS,
    WORD_HITS,
)
from .._core.request.operations import Operation
from .._core.search import terms
from ..errors import SekhaNotFoundError
from .api.search import Search
from .session import Call, Session

if TYPE_CHECKING:
    from ..models import RecallResponse

ASKED_AT_ONCE = 4
"""How many requests a recall has under way: they are short, and threads are not free."""


def _filters(label: str | None, folder: str | None) -> dict[str, str]:
    asked = {"label": label, "folder": folder}
    return {name: value for name, value in asked.items() if value is not None}


@frozen
class _Question:
    """A request whose answer holds messages."""

    operation: Operation[..., object]
    body: object
    read: Callable[[Any], Found]


def _by_meaning(query: str, most: int, filters: dict[str, str]) -> _Question:
    """The filters save the controllers that know them from giving what is not wanted; the others
    leave them out of account (compatibility row 15)."""
    body = api.QueryRequest(query=query, limit=most)
    if filters:
        body.limit = max(most, FILTERED_VECTOR_HITS)
        body.filters = api.SearchFilters.from_dict(filters)
    return _Question(semantic_query, body, recall_rows.vector_hits)


def _by_word(word: str, most: int) -> _Question:
    body = api.FullTextSearchRequest(query=terms.quoted([word]), limit=most)
    return _Question(full_text_search, body, recall_rows.matches)


def _whole(conversation_id: str) -> _Question:
    body = api.MemoryExportRequest(conversation_id=conversation_id)
    return _Question(memory_export, body, recall_rows.exported)


class Recalling(Search):
    """What `recall` of a client does."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def recall(
        self, query: str, limit: int, label: str | None, folder: str | None
    ) -> RecallResponse:
        call = self._session.begin()
        candidates = Candidates(query, limit)
        filtered = label is not None or folder is not None
        await self._find(call, candidates, query, limit, label, folder)
        if filtered:
            candidates.place(await self._conversations(call, candidates.unplaced(), label))
            candidates.keep(label, folder)
        await self._look_closer(call, candidates, limit, label, folder)
        if filtered:
            candidates.keep(label, folder)
        if unplaced := candidates.best_unplaced():
            candidates.place(await self._conversations(call, unplaced, None))
        clean = self._clean
        results = (evolve(each, content=clean(each.content)) for each in candidates.results())
        return models.RecallResponse(query, tuple(results))

    async def _find(
        self,
        call: Call,
        candidates: Candidates,
        query: str,
        limit: int,
        label: str | None,
        folder: str | None,
    ) -> None:
        """Put what is close in meaning, and what holds the query's words, into the candidates."""
        filters = _filters(label, folder)
        most = max(limit, FILTERED_WORD_HITS if filters else WORD_HITS)
        asked = [_by_meaning(query, max(limit, VECTOR_HITS), filters)]
        asked += [_by_word(word, most) for word in candidates.terms.words]
        vector_hits, *matches = await self._all(call, asked)
        if not vector_hits.messages:
            await self._require_nothing_like(call, query, filters)
        candidates.add_vector_hits(vector_hits)
        for term, found in enumerate(matches):
            candidates.add_matches(term, found)

    async def _look_closer(
        self, call: Call, candidates: Candidates, limit: int, label: str | None, folder: str | None
    ) -> None:
        """Put the best conversations into the candidates, whole, and what is close in meaning to the
        query's rare words."""
        asked = [_whole(conversation_id) for conversation_id in candidates.best_conversations()]
        focused = candidates.focused_query()
        if focused is not None:
            most = max(limit, FOCUSED_VECTOR_HITS)
            asked.append(_by_meaning(focused, most, _filters(label, folder)))
        answers = await self._all(call, asked)
        if focused is not None:
            candidates.add_vector_hits(answers.pop(), focused=True)
        for found in answers:
            candidates.add_conversation(found)

    async def _require_nothing_like(self, call: Call, query: str, filters: dict[str, str]) -> None:
        """Raise unless it is sure that an empty answer means that there is nothing."""
        if filters:
            await self._query(call, query, 1)
        else:
            await self._require_nothing_to_find(call)

    async def _all(self, call: Call, asked: Sequence[_Question]) -> list[Found]:
        """The answers to all questions, in their order."""
        answers = []
        async for found in async_bounded_map(
            lambda question: self._ask(call, question), asked, ASKED_AT_ONCE
        ):
            answers.append(found)
        return answers

    async def _ask(self, call: Call, question: _Question) -> Found:
        """An answer, read without making models of it; nothing if it is about a conversation that
        was deleted meanwhile."""
        try:
            return await call.read(question.operation, question.read, body=question.body)
        except SekhaNotFoundError:
            return Found([])
