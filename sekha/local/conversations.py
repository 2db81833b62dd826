"""Operations tagged `conversations`: storing, listing and changing them."""

from __future__ import annotations

from sekha_api.models import (
    ConversationCount,
    ConversationSummary,
    CreateConversationRequest,
    CreatedConversation,
    SearchResult,
    SearchResultMetadata,
    SearchResultPage,
    UpdateFolderRequest,
    UpdateLabelRequest,
)
from sekha_api.types import RawResponse

from . import answers, scopes
from .clock import wire_time
from .contract import Call
from .errors import ContentTooLarge
from .records import (
    ARCHIVED,
    DEFAULT_IMPORTANCE,
    PINNED,
    Changes,
    Conversation,
    Draft,
    Selection,
)
from .services import Handler, Services, given_or

LARGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes of UTF-8 of one message's text."""
_NIL_ID = "00000000-0000-0000-0000-000000000000"


def store_draft(services: Services, draft: Draft) -> Conversation:
    """Store a conversation with its vectors, which are made before the write lock is taken.

    Raises:
        ContentTooLarge: one of its messages is.
        RequestCancelled: nobody waits for it any more; it was not stored.
    """
    for index, (_, content) in enumerate(draft.messages):
        # A character has four bytes at most.
        if 4 * len(content) > LARGEST_MESSAGE and len(content.encode()) > LARGEST_MESSAGE:
            raise ContentTooLarge(
                f"messages.{index} has {len(content.encode())} bytes of text; "
                f"at most {LARGEST_MESSAGE} are stored: store it in parts"
            )
    services.semantic.ensure_current()
    vectors = services.semantic.embed([content for _, content in draft.messages])
    semantic = services.semantic
    return services.store.create(draft, semantic.pack(vectors), semantic.embedder_name)


def create(services: Services, call: Call) -> RawResponse:
    request = CreateConversationRequest.from_dict(call.body)
    conversation = store_draft(
        services,
        Draft(
            label=request.label,
            folder=request.folder,
            importance_score=int(given_or(request.importance_score, DEFAULT_IMPORTANCE)),
            messages=[(message.role, message.content) for message in request.messages],
        ),
    )
    return answers.model(
        201,
        CreatedConversation(
            id=conversation.id,
            conversation_id=conversation.id,
            label=conversation.label,
            folder=conversation.folder,
            status=conversation.status,
            message_count=conversation.message_count,
            created_at=wire_time(conversation.created_at),
        ),
    )


def list_page(services: Services, call: Call) -> RawResponse:
    page, page_size = call.query.get("page", 1), call.query.get("page_size", 50)
    asked = {name: call.query[name] for name in ("under", "since", "until") if name in call.query}
    selection = Selection(
        label=call.query.get("label"),
        folder=call.query.get("folder"),
        pinned=call.query.get("pinned"),
        archived=call.query.get("archived"),
        scope=scopes.scope(**asked),
    )
    conversations, total = services.store.page(selection, page_size, (page - 1) * page_size)
    results = [_row(conversation) for conversation in conversations]
    answer = SearchResultPage(results, total, page, page_size, settled=True)
    if asked:
        answer.scoped = True
    return answers.model(200, answer)


def count(services: Services, call: Call) -> RawResponse:
    label, folder = call.query.get("label"), call.query.get("folder")
    if label is not None and folder is not None:
        both = ConversationCount(count=0, error="Cannot specify both label and folder")
        return answers.model(200, both)
    found = services.store.statistics(Selection(label=label, folder=folder))
    return answers.model(200, ConversationCount(found.count, label, folder))


def get(services: Services, call: Call) -> RawResponse:
    conversation = services.store.find(_id(call))
    return answers.model(
        200,
        ConversationSummary(
            id=conversation.id,
            label=conversation.label,
            folder=conversation.folder,
            status=conversation.status,
            message_count=conversation.message_count,
            created_at=wire_time(conversation.created_at),
        ),
    )


def delete(services: Services, call: Call) -> RawResponse:
    services.store.delete(_id(call))
    return answers.empty(200)


def update_label(services: Services, call: Call) -> RawResponse:
    request = UpdateLabelRequest.from_dict(call.body)
    return _change(services, call, Changes(label=request.label, folder=request.folder))


def update_folder(services: Services, call: Call) -> RawResponse:
    request = UpdateFolderRequest.from_dict(call.body)
    return _change(services, call, Changes(folder=request.folder))


def pin(services: Services, call: Call) -> RawResponse:
    return _change(services, call, Changes(importance_score=PINNED))


def archive(services: Services, call: Call) -> RawResponse:
    return _change(services, call, Changes(status=ARCHIVED))


HANDLERS: dict[str, Handler] = {
    "create_conversation": create,
    "list_conversations": list_page,
    "count_conversations": count,
    "get_conversation": get,
    "delete_conversation": delete,
    "update_label": update_label,
    "update_folder": update_folder,
    "pin_conversation": pin,
    "archive_conversation": archive,
}


def _change(services: Services, call: Call, changes: Changes) -> RawResponse:
    services.store.change([_id(call)], changes)
    return answers.empty(200)


def _id(call: Call) -> str:
    conversation_id: str = call.path["conversation_id"]
    return conversation_id.lower()


def _row(conversation: Conversation) -> SearchResult:
    metadata = SearchResultMetadata.from_dict(
        {
            "folder": conversation.folder,
            "status": conversation.status,
            "importance_score": conversation.importance_score,
        }
    )
    return SearchResult(
        conversation_id=conversation.id,
        message_id=_NIL_ID,
        score=1.0,
        content=conversation.label,
        metadata=metadata,
        label=conversation.label,
        folder=conversation.folder,
        timestamp=wire_time(conversation.updated_at),
    )
