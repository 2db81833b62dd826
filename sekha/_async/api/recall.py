"""Finding messages by words and meaning together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ..._core import validate
from .base import Base
from .filters import When, filter_of

if TYPE_CHECKING:
    from ...models import RecallResponse


class Recall(Base):
    """The search that takes everything together."""

    async def recall(
        self,
        query: str,
        limit: int = 10,
        label: str | None = None,
        folder: str | None = None,
        *,
        under: str | None = None,
        since: When = None,
        until: When = None,
    ) -> RecallResponse:
        """The messages that answer a query best, by words and meaning together.

        It asks for what is close in meaning and, at the same time, for each telling word of the
        query; then for what is close to the rarest of these words, and reads the best conversations
        for what stands beside each message; and ranks here. That is 2 requests by meaning, and up
        to 12 by word and 12 for conversations: 1 and 1 where the controller takes several words and
        conversations in one request, as the embedded one does. With a label or a folder it is a few
        more where the controller knows no such filter.

        Args:
            query: a question or what to look for, in plain language.
            limit: how many messages at most, from 1.
            label: only conversations of exactly this label.
            folder: only conversations in exactly this folder.
            under: only conversations in this folder or below it.
            since: only messages said then or later: a datetime, a date, ISO text or text such as
                "2 weeks ago"; without a zone it is UTC.
            until: only messages said before then; a day, a month ("2025-03") or a year counts as a
                whole.

        Raises:
            SekhaUnavailableError: the controller answered, but could not look by meaning
                (compatibility rows 16 and 32): an empty response means that there is nothing.
        """
        validate.text("query", query)
        validate.integer("limit", limit, 1)
        filter = filter_of(label, folder, under, since, until)
        # Not at the top: few programs need it, and all would wait for it.
        from ..recall import find

        candidates = await find(self._session.begin(), query, limit, filter)
        return models.RecallResponse(query, tuple(candidates.results(self._clean)))
