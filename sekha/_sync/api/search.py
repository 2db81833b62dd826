"""Vector search and full-text search."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from attrs import evolve

from sekha_api import models as api
from sekha_api.api.retrieval import full_text_search

from ... import models
from ..._core import validate
from ..._core.search import terms
from ..._core.search.matches import best_conversations, described, in_order, matches
from ..._core.wire.rows import search_result
from ...errors import SekhaValidationError
from ..lookup import locate, vector_page
from .base import Base

if TYPE_CHECKING:
    from ...models import Conversation, QueryResponse

log = logging.getLogger("sekha")

MAX_MATCHES = 1000


class Search(Base):
    """Searches."""

    def smart_query(self, query: str, limit: int = 10) -> QueryResponse:
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
        page = vector_page(self._session.begin(), query, limit)
        clean = self._clean
        return models.QueryResponse(query, tuple(search_result(row, clean) for row in page.results))

    def search(
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
        answer = call(full_text_search, body=body)
        if len(answer.results) > max_matches:
            log.warning("search: more than %d messages match; the rest is left out", max_matches)
        clean = self._clean
        hits = [evolve(each, content=clean(each.content)) for each in answer.results[:max_matches]]
        groups = in_order(hits) if answer.ranked is True else matches(hits, query_terms)
        known = described(hits)
        if label is not None:
            told = known or locate(call, [each.id for each in groups], label)
            groups = [each for each in groups if each.id in told and told[each.id].label == label]
        best = groups[:limit]
        known = known or locate(call, [each.id for each in best], None)
        return best_conversations(best, known)
