"""Vector search and full-text search."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from sekha_api import models as api
from sekha_api.api.conversations import count_conversations
from sekha_api.api.retrieval import full_text_search, semantic_query
from sekha_api.api.tools import memory_get_context

from ... import models
from ..._concurrency import async_bounded_map
from ..._core import validate
from ..._core.listing import SCAN_PAGE_SIZE, Filter
from ..._core.search import terms
from ..._core.search.matches import best_conversations, described, in_order, matches
from ..._core.search.outage import MAX_CONVERSATIONS_TO_CHECK, outage
from ..._core.wire.rows import detailed_conversation, search_result
from ...errors import SekhaNotFoundError, SekhaValidationError
from ..session import Call
from .base import READS_AT_ONCE, Base
from .system import ask_health

if TYPE_CHECKING:
    from ...models import Conversation, QueryResponse

log = logging.getLogger("sekha")

MAX_MATCHES = 1000


class Search(Base):
    """Searches."""

    async def smart_query(self, query: str, limit: int = 10) -> QueryResponse:
        """The messages closest in meaning, the closest first.

        Args:
            query: what to look for, in plain language.
            limit: how many messages at most, from 1.

        Raises:
            SekhaUnavailableError: the controller answered, but could not look (compatibility rows
                16 and 32): an empty response means that there is nothing to find.
        """
        validate.text("query", query)
        validate.integer("limit", limit, 1)
        page = await self._query(self._session.begin(), query, limit)
        clean = self._clean
        return models.QueryResponse(query, tuple(search_result(row, clean) for row in page.results))

    async def _query(self, call: Call, query: str, limit: int) -> api.SearchResultPage:
        page = await call(semantic_query, body=api.QueryRequest(query=query, limit=limit))
        if not page.results:
            await self._require_nothing_to_find(call)
        return page

    async def _require_nothing_to_find(self, call: Call) -> None:
        """Raise unless it is sure that an empty answer means that nothing is stored."""
        health = await ask_health(call)
        stored = (await call(count_conversations)).count if health.healthy else 0
        has_messages = stored > MAX_CONVERSATIONS_TO_CHECK
        if health.healthy and 0 < stored <= MAX_CONVERSATIONS_TO_CHECK:
            async for page in self._pages(Filter(), call=call):
                for row in page:
                    has_messages = has_messages or await self._has_messages(call, row.id)
        problem = outage(health, stored=stored, has_messages=has_messages)
        if problem is not None:
            raise problem

    async def _has_messages(self, call: Call, conversation_id: str) -> bool:
        try:
            return bool((await call.export(conversation_id))["messages"])
        except SekhaNotFoundError:
            return False

    async def search(
        self,
        query: str,
        label: str | None = None,
        limit: int = 10,
        *,
        max_matches: int = MAX_MATCHES,
    ) -> list[Conversation]:
        """The conversations that hold all these words, the best match first.

        Args:
            query: words, of which each has to occur in a message, and "quoted phrases". Any other
                character is harmless (compatibility row 17).
            label: only conversations of exactly this label.
            limit: how many conversations at most, from 1.
            max_matches: how many matching messages are ranked at most; if there are more, the log
                warns.

        Returns:
            Conversations whose `messages` are those that matched, the best first.
        """
        validate.text("query", query)
        validate.optional_text("label", label)
        validate.integer("limit", limit, 1)
        validate.integer("max_matches", max_matches, 1)
        query_terms = terms.parse(query)
        if not query_terms:
            raise SekhaValidationError("query", "holds no letter and no digit to search for")
        call = self._session.begin()
        body = api.FullTextSearchRequest(query=terms.quoted(query_terms), limit=max_matches + 1)
        answer = await call(full_text_search, body=body)
        if len(answer.results) > max_matches:
            log.warning("search: more than %d messages match; the rest is left out", max_matches)
        clean = self._clean
        hits = [evolve(each, content=clean(each.content)) for each in answer.results[:max_matches]]
        groups = in_order(hits) if answer.ranked is True else matches(hits, query_terms)
        known = described(hits)
        if label is not None:
            told = known or await self._conversations(call, [each.id for each in groups], label)
            groups = [each for each in groups if each.id in told and told[each.id].label == label]
        best = groups[:limit]
        known = known or await self._conversations(call, [each.id for each in best], None)
        return best_conversations(best, known)

    async def _conversations(
        self, call: Call, ids: Sequence[str], label: str | None
    ) -> dict[str, Conversation]:
        """These conversations without their messages, of this label; those that were deleted
        meanwhile are missing. Read one by one, or from the list if that takes fewer requests."""
        if len(ids) > 4:
            stored = (await call(count_conversations)).count
            if stored / SCAN_PAGE_SIZE < len(ids):
                return await self._from_list(call, ids, label)
        found = {}
        async for each in async_bounded_map(
            lambda conversation_id: self._details(call, conversation_id), ids, READS_AT_ONCE
        ):
            if each is not None and (label is None or each.label == label):
                found[each.id] = each
        return found

    async def _from_list(
        self, call: Call, ids: Sequence[str], label: str | None
    ) -> dict[str, Conversation]:
        wanted = set(ids)
        found = {}
        async for page in self._pages(Filter(label=label), call=call):
            found.update({each.id: each for each in page if each.id in wanted})
        return found

    async def _details(self, call: Call, conversation_id: str) -> Conversation | None:
        try:
            details = await call.tool(
                memory_get_context,
                body=api.MemoryGetContextRequest(conversation_id=conversation_id),
            )
        except SekhaNotFoundError:
            return None
        return detailed_conversation(details)
