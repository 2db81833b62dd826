"""One recall: what is asked, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from sekha_api import models as api
from sekha_api.api.retrieval import full_text_search, semantic_query
from sekha_api.api.tools import memory_export

from .. import models
from .._concurrency import bounded_map
from .._core import recall_rows, terms
from .._core.operations import Operation
from .._core.recall import Found, Pool
from .._core.recall_weights import (
    FILTERED_MATCHES,
    FILTERED_MEANINGS,
    FOCUSED_MEANINGS,
    MATCHES,
    MEANINGS,
)
from ..errors import SekhaNotFoundError
from .pipeline import Call, Pipeline
from .retrieval import Retrieval

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
        body.limit = max(most, FILTERED_MEANINGS)
        body.filters = api.SearchFilters.from_dict(filters)
    return _Question(semantic_query, body, recall_rows.meanings)


def _by_word(word: str, most: int) -> _Question:
    body = api.FullTextSearchRequest(query=terms.quoted([word]), limit=most)
    return _Question(full_text_search, body, recall_rows.matches)


def _whole(conversation_id: str) -> _Question:
    body = api.MemoryExportRequest(conversation_id=conversation_id)
    return _Question(memory_export, body, recall_rows.exported)


class Recalling(Retrieval):
    """What `recall` of a client does."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def recall(
        self, query: str, limit: int, label: str | None, folder: str | None
    ) -> RecallResponse:
        call = self._pipeline.begin()
        pool = Pool(query, limit)
        filtered = label is not None or folder is not None
        self._find(call, pool, query, limit, label, folder)
        if filtered:
            pool.place(self._conversations(call, pool.unplaced(), label))
            pool.keep(label, folder)
        self._look_closer(call, pool, limit, label, folder)
        if filtered:
            pool.keep(label, folder)
        if unplaced := pool.best_unplaced():
            pool.place(self._conversations(call, unplaced, None))
        clean = self._clean
        results = (evolve(each, content=clean(each.content)) for each in pool.results())
        return models.RecallResponse(query, tuple(results))

    def _find(
        self,
        call: Call,
        pool: Pool,
        query: str,
        limit: int,
        label: str | None,
        folder: str | None,
    ) -> None:
        """Put what is close in meaning, and what holds the query's words, into the pool."""
        filters = _filters(label, folder)
        most = max(limit, FILTERED_MATCHES if filters else MATCHES)
        asked = [_by_meaning(query, max(limit, MEANINGS), filters)]
        asked += [_by_word(word, most) for word in pool.terms.words]
        meanings, *matches = self._all(call, asked)
        if not meanings.messages:
            self._require_nothing_like(call, query, filters)
        pool.add_meanings(meanings)
        for term, found in enumerate(matches):
            pool.add_matches(term, found)

    def _look_closer(
        self, call: Call, pool: Pool, limit: int, label: str | None, folder: str | None
    ) -> None:
        """Put the best conversations into the pool, whole, and what is close in meaning to the
        query's rare words."""
        asked = [_whole(conversation_id) for conversation_id in pool.best_conversations()]
        focused = pool.focused_query()
        if focused is not None:
            most = max(limit, FOCUSED_MEANINGS)
            asked.append(_by_meaning(focused, most, _filters(label, folder)))
        answers = self._all(call, asked)
        if focused is not None:
            pool.add_meanings(answers.pop(), focused=True)
        for found in answers:
            pool.add_conversation(found)

    def _require_nothing_like(self, call: Call, query: str, filters: dict[str, str]) -> None:
        """Raise unless it is sure that an empty answer means that there is nothing."""
        if filters:
            self._query(call, query, 1)
        else:
            self._require_nothing_to_find(call)

    def _all(self, call: Call, asked: Sequence[_Question]) -> list[Found]:
        """The answers to all questions, in their order."""
        answers = []
        for found in bounded_map(lambda question: self._ask(call, question), asked, ASKED_AT_ONCE):
            answers.append(found)
        return answers

    def _ask(self, call: Call, question: _Question) -> Found:
        """An answer, read without making models of it; nothing if it is about a conversation that
        was deleted meanwhile."""
        try:
            return call.read(question.operation, question.read, body=question.body)
        except SekhaNotFoundError:
            return Found([])
