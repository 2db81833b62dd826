"""Operations tagged `tools`: the Model Context Protocol's way to the same memory."""

from __future__ import annotations

from collections.abc import Sequence

from sekha_api.models import (
    ConversationDetails,
    ConversationExport,
    ExportedConversation,
    ExportedMessage,
    ExportedMessageMetadata,
    MemoryExportRequest,
    MemoryExportResponse,
    MemoryGetContextRequest,
    MemoryGetContextResponse,
    MemoryPruneRequest,
    MemoryPruneResponse,
    MemoryPruneResults,
    MemorySearchRequest,
    MemorySearchResponse,
    MemorySearchResults,
    MemoryStatistics,
    MemoryStatsRequest,
    MemoryStatsResponse,
    MemoryStoreRequest,
    MemoryStoreResponse,
    MemoryUpdateRequest,
    MemoryUpdateResponse,
    MonthStatistics,
    OtherConversation,
    StoredConversation,
    UpdatedConversation,
)
from sekha_api.types import UNSET, RawResponse

from . import answers, months
from .clock import wire_time
from .contract import Call
from .conversations import draft_of, store_draft, whence
from .curation import prune_suggestions
from .records import (
    DEFAULT_IMPORTANCE,
    Changes,
    Conversation,
    Message,
    Selection,
)
from .retrieval import search
from .services import Handler, Services, given, given_or
from .statements import find
from .store import conversations_by_id, messages_of_all

_DEFAULT_THRESHOLD_DAYS = 30


def memory_store(services: Services, call: Call) -> RawResponse:
    request = MemoryStoreRequest.from_dict(call.body)
    stored, facts = store_draft(services, draft_of(request))
    data = StoredConversation(
        stored.id,
        stored.id,
        stored.label,
        stored.folder,
        stored.status,
        **facts,
    )
    return answers.model(200, MemoryStoreResponse(True, data, None))


def memory_search(services: Services, call: Call) -> RawResponse:
    request = MemorySearchRequest.from_dict(call.body)
    results, limit, _ = search(services, request, separator=" ")
    data = MemorySearchResults(request.query, len(results), limit, results)
    return answers.model(200, MemorySearchResponse(True, data, None))


def memory_update(services: Services, call: Call) -> RawResponse:
    request = MemoryUpdateRequest.from_dict(call.body)
    conversation_id = request.conversation_id.lower()
    importance = given(request.importance_score)
    changes = Changes(
        label=given(request.label),
        folder=given(request.folder),
        status=given(request.status),
        importance_score=None if importance is None else int(importance),
    )
    updated = []
    if changes.label is not None or changes.folder is not None:
        updated.append("label/folder")
    if changes.status is not None:
        updated.append("status")
    if changes.importance_score is not None:
        updated.append("importance_score")
    if updated:
        services.store.change([conversation_id], changes)
        message = "Conversation updated"
    else:
        services.store.find(conversation_id)
        message = "Nothing to update"
    data = UpdatedConversation(conversation_id, updated, message)
    return answers.model(200, MemoryUpdateResponse(True, data, None))


def memory_prune(services: Services, call: Call) -> RawResponse:
    request = MemoryPruneRequest.from_dict(call.body)
    days = int(given_or(request.threshold_days, _DEFAULT_THRESHOLD_DAYS))
    importance = float(given_or(request.importance_threshold, float(DEFAULT_IMPORTANCE)))
    suggestions = prune_suggestions(services, days, importance, separator=" ")
    savings = sum(s.token_estimate for s in suggestions if s.recommendation == "archive")
    data = MemoryPruneResults(days, importance, len(suggestions), savings, suggestions)
    return answers.model(200, MemoryPruneResponse(True, data, None))


def memory_get_context(services: Services, call: Call) -> RawResponse:
    request = MemoryGetContextRequest.from_dict(call.body)
    conversation = services.store.find(request.conversation_id.lower())
    data = ConversationDetails(
        conversation_id=conversation.id,
        label=conversation.label,
        status=conversation.status,
        folder=conversation.folder,
        importance_score=conversation.importance_score,
        word_count=conversation.byte_count,
        session_count=conversation.session_count,
        created_at=wire_time(conversation.created_at, " "),
        updated_at=wire_time(conversation.updated_at, " "),
    )
    return answers.model(200, MemoryGetContextResponse(True, data, None))


def memory_export(services: Services, call: Call) -> RawResponse:
    request = MemoryExportRequest.from_dict(call.body)
    others = given(request.others)
    with services.store.reading() as connection:
        conversation = find(connection, request.conversation_id.lower())
        known = conversations_by_id(connection, [each.lower() for each in others or ()])
        known.pop(conversation.id, None)
        messages = messages_of_all(connection, [conversation, *known.values()])
    data = ConversationExport(
        conversation=_exported(conversation),
        messages=_exported_messages(messages[conversation.pk]),
        format_=given_or(request.format_, "json"),
        include_metadata=given_or(request.include_metadata, True),
    )
    if others is not None:
        data.others = [
            OtherConversation(_exported(each), _exported_messages(messages[each.pk]))
            for each in known.values()
        ]
    return answers.model(200, MemoryExportResponse(True, data, None))


def _exported(conversation: Conversation) -> ExportedConversation:
    return ExportedConversation(
        id=conversation.id,
        label=conversation.label,
        folder=conversation.folder,
        status=conversation.status,
        importance_score=conversation.importance_score,
        word_count=conversation.byte_count,
        session_count=conversation.session_count,
        created_at=wire_time(conversation.created_at, " "),
        updated_at=wire_time(conversation.updated_at, " "),
        stored_at=wire_time(conversation.stored_at, " "),
        **whence(conversation),
    )


def _exported_messages(messages: Sequence[Message]) -> list[ExportedMessage]:
    return [
        ExportedMessage(
            id=message.id,
            role=message.role,
            content=message.content,
            timestamp=wire_time(message.timestamp),
            metadata=ExportedMessageMetadata(),
        )
        for message in messages
    ]


def memory_stats(services: Services, call: Call) -> RawResponse:
    request = MemoryStatsRequest.from_dict(call.body)
    folder, label = given(request.folder), given(request.label)
    by_month = given(request.months) is True
    if folder is not None and label is not None and not by_month:
        both = MemoryStatsResponse(False, None, "Cannot specify both folder and label")
        return answers.model(200, both)
    found = services.store.statistics(Selection(label=label, folder=folder))
    folders = [folder] if folder is not None else services.store.folders()
    data = MemoryStatistics(
        total_conversations=found.count,
        average_importance=found.average_importance,
        folders=UNSET if label is not None else folders,
        labels=UNSET if label is None else [label],
    )
    if by_month:
        with services.store.reading() as connection:
            found_months = months.count(connection, label, folder)
        data.months = [MonthStatistics(*each) for each in found_months]
    return answers.model(200, MemoryStatsResponse(True, data, None))


HANDLERS: dict[str, Handler] = {
    "memory_store": memory_store,
    "memory_search": memory_search,
    "memory_update": memory_update,
    "memory_prune": memory_prune,
    "memory_get_context": memory_get_context,
    "memory_export": memory_export,
    "memory_stats": memory_stats,
}
