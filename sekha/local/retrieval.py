"""Operations tagged `retrieval`: finding messages, and filling a context with them."""

from __future__ import annotations

from typing import Any

from sekha_api.models import (
    AssembleContextRequest,
    FullTextSearchRequest,
    FullTextSearchResults,
    MemorySearchRequest,
    QueryRequest,
    SearchResult,
    SearchResultMetadata,
    SearchResultPage,
    StoredMessage,
    StoredMessageMetadata,
)
from sekha_api.types import RawResponse, Unset

from . import answers, context, scopes, word_search
from .clock import wire_time
from .contract import Call
from .records import Conversation, Message, Scope
from .semantic import Hit
from .services import Handler, Services, given, given_or

DEFAULT_LIMIT = 10
_PREVIEW_LENGTH = 100


def search(
    services: Services,
    request: QueryRequest | MemorySearchRequest,
    separator: str = "T",
    within: Scope | None = None,
) -> tuple[list[SearchResult], int, int]:
    """A semantic search as REST and the tools have it in common.

    Args:
        within: only messages of this scope.
        separator: of date and time in the results' timestamps.

    Returns:
        The results, the limit and the offset.

    Raises:
        InvalidFilter: A filter has no meaning.
    """
    limit = int(given_or(request.limit, DEFAULT_LIMIT))
    offset = int(given_or(request.offset, 0))
    filters = given(request.filters)
    hits = services.semantic.search(
        request.query, limit, offset, {} if filters is None else filters.to_dict(), within
    )
    return [_result(hit, separator) for hit in hits], limit, offset


def semantic_query(services: Services, call: Call) -> RawResponse:
    request = QueryRequest.from_dict(call.body)
    within = scopes.scope_of(request.scope)
    results, limit, offset = search(services, request, within=within)
    answer = SearchResultPage(results, len(results), -(-offset // limit) if limit else 1, limit)
    if not isinstance(request.scope, Unset):
        answer.scoped = True
    return answers.model(200, answer)


def full_text_search(services: Services, call: Call) -> RawResponse:
    request = FullTextSearchRequest.from_dict(call.body)
    limit = int(given_or(request.limit, DEFAULT_LIMIT))
    within = scopes.scope_of(request.scope)
    queries, conversations = given(request.queries), given(request.conversations)
    with services.store.reading() as connection:
        if conversations is None or queries:
            found = word_search.search(
                connection, services.ranking, queries or [request.query], limit, within
            )
        else:
            found = word_search.search_conversations(
                connection, services.ranking, request.query, int(conversations), limit, within
            )
    results = [
        _stored(message, _belonging(found.conversations[message.conversation_id]))
        for message in found.union()
    ]
    answer = FullTextSearchResults(results, len(results), ranked=True)
    if queries:
        answer.matches = [[found.messages[key].id for key in each] for each in found.lists]
    elif conversations is not None:
        answer.grouped = True
    if not isinstance(request.scope, Unset):
        answer.scoped = True
    return answers.model(200, answer)


def assemble_context(services: Services, call: Call) -> RawResponse:
    request = AssembleContextRequest.from_dict(call.body)
    messages = context.assemble(
        services.store,
        services.semantic,
        request.query,
        request.preferred_labels,
        int(request.context_budget),
        given_or(request.excluded_folders, []),
    )
    return answers.models(200, [_stored(message, _citation(message)) for message in messages])


def rebuild_embeddings(services: Services, call: Call) -> RawResponse:
    services.semantic.rebuild()
    return answers.empty(202)


HANDLERS: dict[str, Handler] = {
    "semantic_query": semantic_query,
    "full_text_search": full_text_search,
    "assemble_context": assemble_context,
    "rebuild_embeddings": rebuild_embeddings,
}


def _result(hit: Hit, separator: str) -> SearchResult:
    message = hit.message
    metadata = SearchResultMetadata.from_dict(
        {
            "role": message.role,
            "timestamp": wire_time(message.timestamp),
            "conversation_id": message.conversation_id,
            "message_id": message.id,
            "content_preview": message.content[:_PREVIEW_LENGTH],
        }
    )
    return SearchResult(
        conversation_id=message.conversation_id,
        message_id=message.id,
        score=hit.distance,
        content=message.content,
        metadata=metadata,
        label=message.label,
        folder=message.folder,
        timestamp=wire_time(message.timestamp, separator),
    )


def _stored(message: Message, metadata: dict[str, Any]) -> StoredMessage:
    return StoredMessage(
        id=message.id,
        conversation_id=message.conversation_id,
        role=message.role,
        content=message.content,
        timestamp=wire_time(message.timestamp),
        embedding_id=None,
        metadata=StoredMessageMetadata.from_dict(metadata),
    )


def _belonging(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation": {
            "label": conversation.label,
            "folder": conversation.folder,
            "status": conversation.status,
            "importance_score": conversation.importance_score,
            "created_at": wire_time(conversation.created_at),
            "updated_at": wire_time(conversation.updated_at),
        }
    }


def _citation(message: Message) -> dict[str, Any]:
    timestamp = wire_time(message.timestamp, " ")
    return {"citation": {"label": message.label, "folder": message.folder, "timestamp": timestamp}}
