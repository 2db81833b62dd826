"""Vector search and full-text search."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from attrs import evolve

from sekha_api import models as api
from sekha_api.api.retrieval import full_text_search

from ... import models
from ..._core import validate
from ..._core.listing import scope
from ..._core.search import terms
from ..._core.search.matches import best_conversations, described, in_order, matches
from ..._core.wire.rows import search_result
from ..._core.wire.times import parse_time
from ...errors import SekhaValidationError
from ..lookup import closest, locate
from .base import Base
from .filters import When, filter_of

if TYPE_CHECKING:
    from ...models import Conversation, QueryResponse

log = logging.getLogger("sekha")

MAX_MATCHES = 1000


class Search(Base):
    """Searches."""

    async def smart_query(
        self,
        query: str,
        limit: int = 10,
        *,
        label: str | None = None,
        folder: str | None = None,
        under: str | None = None,
        since: When = None,
        until: When = None,
    ) -> QueryResponse:
        """The messages closest in meaning, the closest first.

        Args:
            query: what to look for, in plain language.
            limit: how many messages at most, from 1.
            label: only messages of conversations of exactly this label.
            folder: only messages of conversations in exactly this folder.
            under: only messages of conversations in this folder or below it.
            since: only messages said then or later: a datetime, a date, ISO text or text such as
                "2 weeks ago"; without a zone it is UTC.
            until: only messages said before then; a day, a month ("2025-03") or a year counts as a
                whole.

        Raises:
            SekhaUnavailableError: the controller answered, but could not look (compatibility rows
                16 and 32): an empty response means that there is nothing to find.
        """
        validate.text("query", query)
        validate.integer("limit", limit, 1)
        filter = filter_of(label, folder, under, since, until)
        rows = await closest(self._session.begin(), query, limit, filter)
        clean = self._clean
        return models.QueryResponse(query, tuple(search_result(row, clean) for row in rows))

    async def search(
        self,
        query: str,
        label: str | None = None,
        limit: int = 10,
        *,
        folder: str | None = None,
        under: str | None = None,
        since: When = None,
        until: When = None,
        max_matches: int = MAX_MATCHES,
    ) -> list[Conversation]:
        """The conversations that hold all these words, the best match first.

        Args:
            query: words, of which each has to occur in a message, and "quoted phrases". Any other
                character is harmless (compatibility row 17).
            limit: how many conversations at most, from 1.
            label: only conversations of exactly this label.
            folder: only conversations in exactly this folder.
            under: only conversations in this folder or below it.
            since: only messages said then or later: a datetime, a date, ISO text or text such as
                "2 weeks ago"; without a zone it is UTC.
            until: only messages said before then; a day, a month ("2025-03") or a year counts as a
                whole.
            max_matches: how many matching messages are looked at most; if there are more, the log
                warns. A controller that ranks conversations itself, as the embedded one does, gives
                only those of the conversations that it returns.

        Returns:
            Conversations whose `messages` are those that matched, the best first.
        """
        validate.text("query", query)
        validate.integer("limit", limit, 1)
        validate.integer("max_matches", max_matches, 1)
        filter = filter_of(label, folder, under, since, until)
        query_terms = terms.parse(query)
        if not query_terms:
            raise SekhaValidationError("query", "holds no letter and no digit to search for")
        call = self._session.begin()
        body = api.FullTextSearchRequest(
            query=terms.quoted(query_terms), limit=max_matches + 1, conversations=limit
        )
        if not filter.is_any:
            body.scope = scope(filter)
        answer = await call(full_text_search, body=body)
        if len(answer.results) > max_matches:
            log.warning("search: more than %d messages match; the rest is left out", max_matches)
        clean = self._clean
        hits = [evolve(each, content=clean(each.content)) for each in answer.results[:max_matches]]
        if answer.scoped is not True and not filter.is_any_time:
            hits = [each for each in hits if filter.has_time(parse_time(each.timestamp))]
        groups = in_order(hits) if answer.ranked is True else matches(hits, query_terms)
        known = described(hits)
        if not filter.is_anywhere:
            told = known or await locate(call, [each.id for each in groups], filter)
            groups = [
                each
                for each in groups
                if each.id in told and filter.has_place(told[each.id].label, told[each.id].folder)
            ]
        best = groups[:limit]
        known = known or await locate(call, [each.id for each in best])
        return best_conversations(best, known)
