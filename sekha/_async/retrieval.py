"""Finding messages: by meaning, by word, and as a context for a language model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from sekha_api import models as api
from sekha_api.api.conversations import count_conversations
from sekha_api.api.retrieval import assemble_context, full_text_search, semantic_query
from sekha_api.api.tools import memory_export, memory_get_context

from .. import models
from .._concurrency import async_both, async_bounded_map
from .._core import context, terms, validate
from .._core.answers import tool_data
from .._core.listing import SCAN_PAGE_SIZE, Filter
from .._core.matches import best_conversations, described, in_order, matches
from .._core.outage import MAX_CONVERSATIONS_TO_CHECK, outage
from .._core.rows import detailed_conversation, found_message, search_result
from ..errors import SekhaNotFoundError, SekhaValidationError
from .base import READS_AT_ONCE, Base
from .pipeline import Call
from .system import ask_health

if TYPE_CHECKING:
    from ..models import ContextAssembly, Conversation, QueryResponse

log = logging.getLogger("sekha")

MAX_MATCHES = 1000


class Retrieval(Base):
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
        page = await self._query(self._pipeline.begin(), query, limit)
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
            answer = await call(
                memory_export, body=api.MemoryExportRequest(conversation_id=conversation_id)
            )
        except SekhaNotFoundError:
            return False
        return bool(tool_data("memory_export", answer).messages)

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
        wanted = terms.parse(query)
        if not wanted:
            raise SekhaValidationError("query", "holds no letter and no digit to search for")
        call = self._pipeline.begin()
        body = api.FullTextSearchRequest(query=terms.quoted(wanted), limit=max_matches + 1)
        answer = await call(full_text_search, body=body)
        if len(answer.results) > max_matches:
            log.warning("search: more than %d messages match; the rest is left out", max_matches)
        clean = self._clean
        hits = [evolve(each, content=clean(each.content)) for each in answer.results[:max_matches]]
        groups = in_order(hits) if answer.ranked is True else matches(hits, wanted)
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
            answer = await call(
                memory_get_context,
                body=api.MemoryGetContextRequest(conversation_id=conversation_id),
            )
        except SekhaNotFoundError:
            return None
        return detailed_conversation(tool_data("memory_get_context", answer))

    async def assemble_context(
        self,
        query: str,
        preferred_labels: Sequence[str] | None = None,
        context_budget: int = 8000,
        *,
        excluded_folders: Sequence[str] | None = None,
        token_counter: context.TokenCounter | None = None,
    ) -> ContextAssembly:
        """What to put before a language model, filled to its budget and never over it.

        Args:
            query: what the model is about to be asked.
            preferred_labels: labels whose messages count as closer than they are.
            context_budget: tokens, from 1.
            excluded_folders: folders that nothing is taken from, nor from below them.
            token_counter: counts the tokens of a text; without one, 4 bytes of UTF-8 are a token,
                as the controller counts (compatibility row 18).

        Raises:
            SekhaUnavailableError: the controller could not look by meaning (rows 16, 32 and 33).
        """
        validate.text("query", query)
        labels = validate.texts("preferred_labels", preferred_labels or [])
        excluded = validate.texts("excluded_folders", excluded_folders or [])
        validate.integer("context_budget", context_budget, 1)
        call = self._pipeline.begin()
        body = api.AssembleContextRequest(
            query=query,
            preferred_labels=labels,
            context_budget=context.budget_to_ask(context_budget),
            excluded_folders=excluded,
        )
        assembled, by_meaning = await async_both(
            lambda: call(assemble_context, body=body),
            lambda: self._query(call, query, context.CANDIDATES),
        )
        clean = self._clean
        candidates = [found_message(each, clean) for each in by_meaning.results]
        candidates += [context.assembled_message(each, clean) for each in assembled]
        ranked = context.rank(
            candidates,
            preferred_labels=labels,
            excluded_folders=excluded,
        )
        chosen = context.fill(ranked, context_budget, token_counter)
        order = await self._order(call, context.conversations_to_order(chosen))
        return context.assembly(
            query, chosen, order=order, budget=context_budget, counter=token_counter
        )

    async def _order(self, call: Call, ids: Sequence[str]) -> dict[str, int]:
        """The places of these conversations' messages: their times do not tell (row 2)."""
        order: dict[str, int] = {}
        async for messages in async_bounded_map(
            lambda conversation_id: self._message_ids(call, conversation_id), ids, READS_AT_ONCE
        ):
            order.update({message_id: place for place, message_id in enumerate(messages)})
        return order

    async def _message_ids(self, call: Call, conversation_id: str) -> list[str]:
        try:
            answer = await call(
                memory_export, body=api.MemoryExportRequest(conversation_id=conversation_id)
            )
        except SekhaNotFoundError:
            return []
        return [each.id for each in tool_data("memory_export", answer).messages]
