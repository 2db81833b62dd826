"""Request of a create: over REST, or by the tool that keeps an importance (compatibility row 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from sekha_api import models as api
from sekha_api.api.conversations import create_conversation
from sekha_api.api.tools import memory_store
from sekha_api.types import UNSET

from ..request.answers import conversation_id_or_none
from ..request.operations import Operation
from ..wire.schema import Mismatch
from ..wire.times import timestamp_text
from .fingerprint import Fingerprint

if TYPE_CHECKING:
    from ...models import NewConversation

    # Not at run time: models are imported when they are first asked for.
    Body = api.CreateConversationRequest | api.MemoryStoreRequest
    Answer = api.CreatedConversation | api.MemoryStoreResponse
    Made = api.CreatedConversation | api.StoredConversation


def create_request(
    new: NewConversation,
    align: Callable[[str], str],
    facts: Mapping[str, str | int] = MappingProxyType({}),
) -> tuple[Operation[..., Answer], Body]:
    """The operation that stores a conversation, and its body.

    Args:
        align: what is done to a content before it is sent.
        facts: further optional fields of the body: `content_hash`, `replaces`,
            `if_stored_at_most`, `status`, `created_at`, `updated_at`.
    """
    messages = [
        api.MessageDto(
            each.role,
            align(each.content),
            UNSET if each.timestamp is None else timestamp_text(each.timestamp),
        )
        for each in new.messages
    ]
    body: Body
    if new.importance_score is None:
        body = api.CreateConversationRequest(new.label, new.folder, messages)
    else:
        body = api.MemoryStoreRequest(new.label, new.folder, messages, new.importance_score)
    whence = {"source": new.source, "source_id": new.source_id}
    for name, value in {**whence, **facts}.items():
        if value is not None:
            setattr(body, name, value)
    if isinstance(body, api.CreateConversationRequest):
        return create_conversation, body
    return memory_store, body


def made_by(answer: object) -> Made | None:
    """What an answer says was made, whichever operation it answers; None if it says nothing of it."""
    made = answer.data if isinstance(answer, api.MemoryStoreResponse) else answer
    if isinstance(made, api.CreatedConversation | api.StoredConversation):
        return made
    return None


def created_id(answer: object, expected: Fingerprint) -> str:
    """The id under which a create says that it stored.

    Raises:
        Mismatch: it is the answer to another create, or none.
    """
    made = made_by(answer)
    if made is None:
        raise Mismatch("an answer that names no conversation")
    count = len(expected.messages)
    if isinstance(made, api.CreatedConversation):
        count = made.message_count
    told = made.label, made.folder, count
    if told != (expected.label, expected.folder, len(expected.messages)):
        raise Mismatch("an answer about another conversation than was to be stored")
    if made.id != made.conversation_id or conversation_id_or_none(made.id) is None:
        raise Mismatch("an answer with an id that is none")
    return made.id
