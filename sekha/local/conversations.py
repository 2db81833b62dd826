"""Operations tagged `conversations`: storing, listing and changing them."""

from __future__ import annotations

import json
from typing import Any

from sekha_api.models import (
    ConversationCount,
    ConversationSummary,
    CreateConversationRequest,
    CreatedConversation,
    MemoryStoreRequest,
    SearchResult,
    SearchResultMetadata,
    SearchResultPage,
    UpdateFolderRequest,
    UpdateLabelRequest,
)
from sekha_api.types import RawResponse

from . import answers, once, packing, scopes
from .clock import parse_wire_time, wire_time
from .contract import Call, ContractViolation
from .errors import AlreadyStored, ContentTooLarge
from .records import (
    ACTIVE,
    ARCHIVED,
    DEFAULT_IMPORTANCE,
    PINNED,
    Changes,
    Conversation,
    Draft,
    Selection,
)
from .services import Handler, Services, given, given_or

LARGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes of UTF-8 of one message's text."""
OPTIONAL = ("order", "source", "source_id", "content_hash")
"""What can be asked of a list, and not of the public controller's."""
CREATES_AT_ONCE = 16
"""Creates in flight that pay: while some are written, that many wait to be written together."""
_NIL_ID = "00000000-0000-0000-0000-000000000000"


def store_draft(services: Services, draft: Draft) -> tuple[Conversation, dict[str, Any]]:
    """Store a conversation with its vectors, which are made before the write lock is taken.

    Returns:
        what is stored, and what the answer says about what not every controller can do.

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
    semantic = services.semantic
    try:
        if draft.if_stored_at_most is not None:
            # Before its vectors are made, which takes the most time.
            with services.store.reading() as connection:
                once.check(connection, draft)
        semantic.ensure_current()
        vectors = semantic.embed([content for _, content in draft.messages])
        stored = services.store.create(draft, packing.pack(vectors), semantic.embedder_name)
    except AlreadyStored as there:
        return there.conversation, {**_told(there.conversation), "already_stored": True}
    return stored, stored_facts(draft, stored)


def draft_of(request: CreateConversationRequest | MemoryStoreRequest) -> Draft:
    """What either create asks to store.

    Raises:
        ContractViolation: a message has a time that is none.
    """
    return Draft(
        label=request.label,
        folder=request.folder,
        importance_score=int(given_or(request.importance_score, DEFAULT_IMPORTANCE)),
        messages=[(message.role, message.content) for message in request.messages],
        times=[
            _time_of(f"messages.{index}.timestamp", given(message.timestamp))
            for index, message in enumerate(request.messages)
        ],
        source=given(request.source),
        source_id=given(request.source_id),
        content_hash=given(request.content_hash),
        replaces=given(request.replaces),
        if_stored_at_most=given(request.if_stored_at_most),
        status=str(given_or(request.status, ACTIVE)),
        created_at=_time_of("created_at", given(request.created_at)),
        updated_at=_time_of("updated_at", given(request.updated_at)),
    )


def _time_of(where: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_wire_time(text)
    except ValueError:
        raise ContractViolation(422, f"{where}: it is no time") from None


def stored_facts(draft: Draft, conversation: Conversation) -> dict[str, Any]:
    """What the answer to a create says about what not every controller can do."""
    facts = _told(conversation)
    if any(time is not None for time in draft.times):
        facts["times_kept"] = True
    if draft.replaces is not None:
        facts["replaced"] = True
    return facts


def _told(conversation: Conversation) -> dict[str, Any]:
    return {
        "stored_at": wire_time(conversation.stored_at),
        "creates_at_once": CREATES_AT_ONCE,
    }


def whence(conversation: Conversation) -> dict[str, Any]:
    """Where it came from and what versions of it there were, as far as that is known."""
    facts: dict[str, Any] = {
        "source": conversation.source,
        "source_id": conversation.source_id,
        # Of what has no source, it serves a restore and tells nothing that is not there.
        "content_hash": conversation.content_hash if conversation.source else None,
        "former_hashes": json.loads(conversation.former_hashes) or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def create(services: Services, call: Call) -> RawResponse:
    request = CreateConversationRequest.from_dict(call.body)
    conversation, facts = store_draft(services, draft_of(request))
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
            **facts,
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
        source=call.query.get("source"),
        source_id=call.query.get("source_id"),
        content_hash=call.query.get("content_hash"),
    )
    conversations, total = services.store.page(
        selection,
        page_size,
        (page - 1) * page_size,
        as_stored=call.query.get("order") == "stored",
    )
    results = [_row(conversation) for conversation in conversations]
    honoured = [name for name in OPTIONAL if name in call.query]
    answer = SearchResultPage(results, total, page, page_size, settled=True)
    if asked:
        answer.scoped = True
    if honoured:
        answer.honoured = honoured
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
            "created_at": wire_time(conversation.created_at),
            "message_count": conversation.message_count,
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
        stored_at=wire_time(conversation.stored_at),
        **whence(conversation),
    )
