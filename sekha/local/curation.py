"""Operations tagged `curation`: summaries, labels and pruning, all extractive."""

from __future__ import annotations

from sekha_api.models import (
    LabelSuggestion,
    LabelSuggestions,
    PruneDryRunRequest,
    PruneDryRunResults,
    PruneExecuteRequest,
    PruneSuggestion,
    SuggestLabelsRequest,
    SummarizeRequest,
    Summary,
)
from sekha_api.types import RawResponse

from . import answers, extractive, labels
from .clock import DAY, wire_time
from .contract import Call
from .records import ARCHIVED, DEFAULT_IMPORTANCE, PINNED, Changes, Conversation
from .services import Handler, Services
from .statements import find
from .store import messages_of

_PREVIEWED_MESSAGES = 3


def prune_suggestions(
    services: Services, threshold_days: int, importance: float, separator: str = "T"
) -> list[PruneSuggestion]:
    """What could be archived: active, unpinned, of at most this importance, unchanged for these
    days at least.

    Args:
        threshold_days: negative is allowed and finds everything.
        separator: of date and time in `last_accessed`.
    """
    unchanged_since = services.clock.now() - threshold_days * DAY
    found = services.store.prunable(unchanged_since, importance)
    return [_suggestion(services, conversation, separator) for conversation in found]


def summarize(services: Services, call: Call) -> RawResponse:
    request = SummarizeRequest.from_dict(call.body)
    with services.store.reading() as connection:
        conversation = find(connection, request.conversation_id.lower())
        messages = messages_of(connection, conversation)
    summary = extractive.summarize(messages, request.level.value, services.semantic.embed)
    generated_at = wire_time(services.clock.now())
    return answers.model(200, Summary(conversation.id, request.level.value, summary, generated_at))


def prune_dry_run(services: Services, call: Call) -> RawResponse:
    request = PruneDryRunRequest.from_dict(call.body)
    suggestions = prune_suggestions(services, int(request.threshold_days), PINNED)
    return answers.model(200, PruneDryRunResults(suggestions, len(suggestions)))


def prune_execute(services: Services, call: Call) -> RawResponse:
    request = PruneExecuteRequest.from_dict(call.body)
    ids = [conversation_id.lower() for conversation_id in request.conversation_ids]
    services.store.change(ids, Changes(status=ARCHIVED))
    return answers.empty(200)


def suggest_labels(services: Services, call: Call) -> RawResponse:
    conversation_id = SuggestLabelsRequest.from_dict(call.body).conversation_id.lower()
    suggestions = [
        LabelSuggestion(s.label, s.confidence, s.is_existing, s.reason)
        for s in labels.suggest(services.store, services.semantic, conversation_id)
    ]
    return answers.model(200, LabelSuggestions(conversation_id, suggestions))


HANDLERS: dict[str, Handler] = {
    "summarize": summarize,
    "prune_dry_run": prune_dry_run,
    "prune_execute": prune_execute,
    "suggest_labels": suggest_labels,
}


def _suggestion(services: Services, conversation: Conversation, separator: str) -> PruneSuggestion:
    with services.store.reading() as connection:
        opening = messages_of(connection, conversation, _PREVIEWED_MESSAGES)
    # What somebody rated above the default is worth a second look before it goes.
    ordinary = conversation.importance_score <= DEFAULT_IMPORTANCE
    return PruneSuggestion(
        conversation_id=conversation.id,
        conversation_label=conversation.label,
        last_accessed=wire_time(conversation.updated_at, separator),
        message_count=conversation.message_count,
        token_estimate=conversation.token_estimate,
        importance_score=float(conversation.importance_score),
        preview=extractive.preview(opening),
        recommendation="archive" if ordinary else "keep",
    )
