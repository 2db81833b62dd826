"""Keeping a memory in order: labels, summaries, pruning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from attrs import evolve

from sekha_api import models as api
from sekha_api.api.conversations import archive_conversation
from sekha_api.api.curation import prune_dry_run, prune_execute, suggest_labels, summarize

from ..._core import validate
from ..._core.listing import Filter
from ..._core.pruning import pruning_suggestion
from ..._core.request.answers import not_found
from ..._core.wire import rows
from ...errors import SekhaNotFoundError
from ..session import Call
from .base import Base, known_id

if TYPE_CHECKING:
    from ...models import ConversationSummary, LabelSuggestion, PruningSuggestion


class Curation(Base):
    """What the controller suggests, and what is done about it."""

    def suggest_labels(self, conversation_id: str) -> list[LabelSuggestion]:
        """Labels that would suit a conversation (compatibility row 19).

        Raises:
            SekhaNotFoundError: there is none of this id.
        """
        body = api.SuggestLabelsRequest(conversation_id=known_id(conversation_id))
        return rows.label_suggestions(self._session.begin()(suggest_labels, body=body))

    def summarize(self, conversation_id: str, level: str = "daily") -> ConversationSummary:
        """A summary in the controller's words; without a language model a placeholder
        (compatibility row 27).

        Args:
            level: "daily", "weekly" or "monthly".

        Raises:
            SekhaNotFoundError: there is none of this id.
        """
        wanted = validate.one_of("level", level, ("daily", "weekly", "monthly"))
        body = api.SummarizeRequest(
            conversation_id=known_id(conversation_id), level=api.SummarizeRequestLevel(wanted)
        )
        return rows.summary(self._session.begin()(summarize, body=body))

    def get_pruning_suggestions(
        self,
        threshold_days: int = 30,
        importance_threshold: float = 5.0,
        *,
        previews: bool = False,
    ) -> list[PruningSuggestion]:
        """The conversations that could be archived, the longest unchanged first. Reckoned here
        from the list: no language model is needed (compatibility row 20).

        Args:
            threshold_days: whole days without a change, from 0.
            importance_threshold: importance up to which one is suggested; all that was stored
                without an importance has 5.
            previews: add what the controller's language model says would be lost; one call of the
                model for each conversation.
        """
        validate.integer("threshold_days", threshold_days, 0, validate.MAX_THRESHOLD_DAYS)
        threshold = validate.number("importance_threshold", importance_threshold)
        call = self._session.begin()
        now = datetime.now(timezone.utc)
        found = []
        for page in self._pages(Filter(), call=call):
            for conversation in page:
                suggestion = pruning_suggestion(
                    conversation,
                    now=now,
                    threshold_days=threshold_days,
                    importance_threshold=threshold,
                )
                if suggestion is not None:
                    found.append(suggestion)
        found.sort(key=lambda each: each.updated_at)
        return self._with_previews(call, found, threshold_days) if previews else found

    def _with_previews(
        self, call: Call, found: list[PruningSuggestion], threshold_days: int
    ) -> list[PruningSuggestion]:
        answer = call(prune_dry_run, body=api.PruneDryRunRequest(threshold_days=threshold_days))
        previews = {each.conversation_id: each.preview for each in answer.suggestions}
        return [evolve(each, preview=previews.get(each.id)) for each in found]

    def execute_prune(self, conversation_ids: Sequence[str]) -> None:
        """Archive these conversations.

        Raises:
            SekhaNotFoundError: some of the ids are none; the message names them. All others are
                archived (compatibility row 31).
        """
        ids = validate.texts("conversation_ids", conversation_ids, empty=True)
        ids = [known_id(each) for each in ids]
        if not ids:
            return
        call = self._session.begin()
        try:
            call(prune_execute, body=api.PruneExecuteRequest(conversation_ids=ids))
            return
        except SekhaNotFoundError:
            missing = [each for each in ids if not self._archived(call, each)]
        if missing:
            error = not_found(missing[0])
            error.message = f"no conversation {', '.join(missing)}; all others are archived"
            error.args = (error.message,)
            raise error

    def _archived(self, call: Call, conversation_id: str) -> bool:
        try:
            call(archive_conversation, conversation_id)
        except SekhaNotFoundError:
            return False
        return True
