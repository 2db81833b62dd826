"""Hybrid retrieval: what one recall asks for, and in which order.

`find` gathers the candidates of a query; `recall` and `assemble_context` of the client both stand on
it. Ranking them is `_core/recall`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from sekha_api import models as api
from sekha_api.api.retrieval import full_text_search, semantic_query
from sekha_api.api.tools import memory_export

from .._concurrency import bounded_map, gather
from .._core.listing import Filter, scope
from .._core.recall import answers
from .._core.recall.candidates import Candidates, Found
from .._core.recall.terms import Texts
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
from .lookup import closest, locate, require_nothing_to_find
from .session import Call

ASKED_AT_ONCE = 4
"""How many requests a recall has under way: they are short, and threads are not free."""


@frozen
class _Question:
    """A request whose answer holds messages."""

    operation: Operation[..., object]
    body: Any
    read: Callable[[Any], Found]


def find(call: Call, query: str, limit: int, filter: Filter) -> Candidates:
    """The candidates of a query, with all that their scores are made of.

    Args:
        limit: how many of the best are to be told where they are kept.
        filter: which conversations they are to be of.

    Raises:
        SekhaUnavailableError: the controller answered, but could not look by meaning.
    """
    if call.known.texts is None:
        call.known.texts = Texts()
    candidates = Candidates(query, limit, call.known.texts)
    _find_hits(call, candidates, filter)
    if not filter.is_anywhere:
        candidates.place(locate(call, candidates.unplaced(), filter))
    if not filter.is_any:
        candidates.keep(filter)
    _look_closer(call, candidates, filter)
    if not filter.is_any:
        candidates.keep(filter)
    if unplaced := candidates.best_unplaced():
        candidates.place(locate(call, unplaced))
    return candidates


def _find_hits(call: Call, candidates: Candidates, filter: Filter) -> None:
    """Put what is close in meaning, and what holds the query's words, into the candidates."""
    limit = candidates.limit
    by_meaning = _by_meaning(candidates.query, max(limit, VECTOR_HITS), filter)
    words = list(candidates.terms.words)
    most = max(limit, WORD_HITS if filter.is_any else FILTERED_WORD_HITS)
    lists: list[Found] = []
    if len(words) > 1 and call.known.answers_many is not False:
        vector_hits, (first, many) = gather(
            lambda: _ask(call, by_meaning),
            lambda: _ask_many(call, words, most, filter),
            at_once=call.waits,
        )
        lists = [first] if many is None else many
        candidates.add(first)
        rest = _all(call, [_by_word(each, most, filter) for each in words[len(lists) :]])
    else:
        asked = [_by_word(each, most, filter) for each in words]
        vector_hits, *rest = _all(call, [by_meaning, *asked])
    if not vector_hits.messages:
        _require_nothing_like(call, candidates.query, filter)
    candidates.add_vector_hits(vector_hits, asked=by_meaning.body.limit)
    for term, found in enumerate([*lists, *rest]):
        candidates.add_matches(term, found)


def _look_closer(call: Call, candidates: Candidates, filter: Filter) -> None:
    """Put the best conversations into the candidates, whole, and what is close in meaning to the
    query's rare words."""
    focused = candidates.focused_query()
    best = candidates.best_conversations()
    if focused is None:
        read_whole(call, candidates, best)
        return
    by_meaning = _by_meaning(focused, max(candidates.limit, FOCUSED_VECTOR_HITS), filter)
    _, found = gather(
        lambda: read_whole(call, candidates, best),
        lambda: _ask(call, by_meaning),
        at_once=call.waits,
    )
    candidates.add_vector_hits(found, focused=True, asked=by_meaning.body.limit)


def read_whole(call: Call, candidates: Candidates, ids: Sequence[str]) -> None:
    """Put all messages of these conversations into the candidates, in order."""
    read: Sequence[Found] = ()
    if len(ids) > 1 and call.known.exports_many is not False:
        read, known = _read_many(call, ids)
        ids = [each for each in ids if each not in known]
    for conversation in [*read, *_all(call, [_whole(each) for each in ids])]:
        candidates.add_conversation(conversation)


def _ask_many(
    call: Call, words: Sequence[str], most: int, filter: Filter
) -> tuple[Found, list[Found] | None]:
    """What one request finds: messages with the first word, and by word if all were answered."""
    question = _by_word(words[0], most, filter)
    question.body.queries = [terms.quoted([each]) for each in words]
    found, lists = call.read(full_text_search, answers.many_matches, body=question.body)
    call.known.answers_many = lists is not None
    return found, lists


def _read_many(call: Call, ids: Sequence[str]) -> tuple[list[Found], set[str]]:
    """Conversations out of one request, and which of those asked for need not be asked for again."""
    body = api.MemoryExportRequest(conversation_id=ids[0], others=list(ids[1:]))
    try:
        first, others = call.read(memory_export, answers.many_exported, body=body)
    except SekhaNotFoundError:
        # It was deleted meanwhile: the others are asked for one by one.
        return [], {ids[0]}
    call.known.exports_many = others is not None
    if others is None:
        return [first], {ids[0]}
    return [first, *others], set(ids)


def _require_nothing_like(call: Call, query: str, filter: Filter) -> None:
    """Raise unless it is sure that an empty answer means that there is nothing."""
    if filter.is_any:
        require_nothing_to_find(call)
    else:
        closest(call, query, 1)


def _all(call: Call, asked: Sequence[_Question]) -> list[Found]:
    """The answers to all questions, in their order."""
    found = []
    for each in bounded_map(
        lambda question: _ask(call, question), asked, ASKED_AT_ONCE if call.waits else 1
    ):
        found.append(each)
    return found


def _ask(call: Call, question: _Question) -> Found:
    """An answer, read without making models of it; nothing if it is about a conversation that
    was deleted meanwhile."""
    try:
        return call.read(question.operation, question.read, body=question.body)
    except SekhaNotFoundError:
        return Found([])


def _by_meaning(query: str, most: int, filter: Filter) -> _Question:
    """The filters save the controllers that know them from giving what is not wanted; the others
    leave them out of account (compatibility row 15)."""
    body = api.QueryRequest(query=query, limit=most)
    if not filter.is_any:
        body.limit = max(most, FILTERED_VECTOR_HITS)
        asked = {"label": filter.label, "folder": filter.folder}
        if told := {name: value for name, value in asked.items() if value is not None}:
            body.filters = api.SearchFilters.from_dict(told)
        body.scope = scope(filter)
    return _Question(semantic_query, body, answers.vector_hits)


def _by_word(word: str, most: int, filter: Filter) -> _Question:
    body = api.FullTextSearchRequest(query=terms.quoted([word]), limit=most)
    if not filter.is_any:
        body.scope = scope(filter)
    return _Question(full_text_search, body, answers.matches)


def _whole(conversation_id: str) -> _Question:
    body = api.MemoryExportRequest(conversation_id=conversation_id)
    return _Question(memory_export, body, answers.exported)
