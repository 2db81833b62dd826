"""Finding messages by words and meaning together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from ... import models
from ..._core import validate
from ..._core.listing import Filter
from .base import Base

if TYPE_CHECKING:
    from ...models import RecallResponse


class Recall(Base):
    """The search that takes everything together."""

    def recall(
        self,
        query: str,
        limit: int = 10,
        label: str | None = None,
        folder: str | None = None,
    ) -> RecallResponse:
        """The messages that answer a query best, by words and meaning together.

        It asks for what is close in meaning and, at the same time, for each telling word of the
        query; then for what is close to the rarest of these words, and reads the best conversations
        for what stands beside each message; and ranks here. That is 2 requests by meaning, up to 12
        by word and up to 12 for conversations, a few more with a label or a folder.

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
        # Not at the top: few programs need it, and all would wait for it.
        from ..recall import find

        filter = Filter(label=label, folder=folder)
        candidates = find(self._session.begin(), query, limit, filter)
        clean = self._clean
        results = (evolve(each, content=clean(each.content)) for each in candidates.results())
        return models.RecallResponse(query, tuple(results))
