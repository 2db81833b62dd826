"""A context for a language model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sekha_api import models as api
from sekha_api.api.retrieval import assemble_context

from ..._concurrency import async_gather
from ..._core import validate
from ..._core.context import assembly as context
from .base import Base
from .filters import When, filter_of

if TYPE_CHECKING:
    from ...models import ContextAssembly


class Context(Base):
    """Context assembly."""

    async def assemble_context(
        self,
        query: str,
        preferred_labels: Sequence[str] | None = None,
        context_budget: int = 8000,
        *,
        excluded_folders: Sequence[str] | None = None,
        label: str | None = None,
        folder: str | None = None,
        under: str | None = None,
        since: When = None,
        until: When = None,
        token_counter: context.TokenCounter | None = None,
    ) -> ContextAssembly:
        """What to put before a language model, filled to its budget and never over it.

        Args:
            query: what the model is about to be asked.
            preferred_labels: labels whose messages count as closer than they are.
            context_budget: tokens, from 1.
            excluded_folders: folders that nothing is taken from, nor from below them.
            label: only messages of conversations of exactly this label.
            folder: only messages of conversations in exactly this folder.
            under: only messages of conversations in this folder or below it.
            since: only messages said then or later: a datetime, a date, ISO text or text such as
                "2 weeks ago"; without a zone it is UTC.
            until: only messages said before then; a day, a month ("2025-03") or a year counts as a
                whole.
            token_counter: counts the tokens of a text; without one, 4 bytes of UTF-8 are a token,
                as the controller counts (compatibility row 18).

        Raises:
            SekhaUnavailableError: the controller could not look by meaning (rows 16, 32 and 33).
        """
        validate.text("query", query)
        labels = validate.texts("preferred_labels", preferred_labels or [])
        excluded = validate.texts("excluded_folders", excluded_folders or [])
        validate.integer("context_budget", context_budget, 1)
        filter = filter_of(label, folder, under, since, until)
        # Not at the top: few programs need it, and all would wait for it.
        from ..recall import find, read_whole

        call = self._session.begin()
        body = api.AssembleContextRequest(
            query=query,
            preferred_labels=labels,
            context_budget=context.budget_to_ask(context_budget),
            excluded_folders=excluded,
        )
        limit = context.candidates_to_ask(context_budget)
        found, assembled = await async_gather(
            lambda: find(call, query, limit, filter),
            lambda: call.read(assemble_context, context.assembled_rows, body=body),
            at_once=call.waits,
        )
        clean = self._clean
        recalled = found.context_messages(clean)
        known = {
            each.message_id
            for each in recalled
            if not excluded or not context.is_excluded(each.folder, excluded)
        }
        others = context.assembled_messages(assembled, known, clean)
        wanted = [each for each in others if context.is_wanted(each, filter)]
        ranked = context.rank(
            [*recalled, *wanted], preferred_labels=labels, excluded_folders=excluded
        )
        chosen = context.fill(ranked, context_budget, token_counter, found.worth)
        unread = context.conversations_to_order(chosen)
        await read_whole(call, found, [each for each in unread if not found.is_read(each)])
        return context.assembly(
            query, chosen, order=found.order(), budget=context_budget, counter=token_counter
        )
