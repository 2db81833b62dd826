"""Request of a create: over REST, or by the tool that keeps an importance (compatibility row 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sekha_api import models as api
from sekha_api.api.conversations import create_conversation
from sekha_api.api.tools import memory_store

from ..request.answers import conversation_id_or_none
from ..request.operations import Operation
from ..wire.schema import Mismatch
from .fingerprint import Fingerprint

if TYPE_CHECKING:
    from ...models import NewConversation

Body = api.CreateConversationRequest | api.MemoryStoreRequest
Answer = api.CreatedConversation | api.MemoryStoreResponse


def create_request(
    new: NewConversation, align: Callable[[str], str]
) -> tuple[Operation[..., Answer], Body]:
    """The operation that stores a conversation, and its body.

    Args:
        align: what is done to a content before it is sent.
    """
    messages = [api.MessageDto(each.role, align(each.content)) for each in new.messages]
    if new.importance_score is None:
        return create_conversation, api.CreateConversationRequest(new.label, new.folder, messages)
    body = api.MemoryStoreRequest(new.label, new.folder, messages, new.importance_score)
    return memory_store, body


def created_id(answer: object, expected: Fingerprint) -> str:
    """The id under which a create says that it stored.

    Raises:
        Mismatch: it is the answer to another create, or none.
    """
    made = answer.data if isinstance(answer, api.MemoryStoreResponse) else answer
    if not isinstance(made, api.CreatedConversation | api.StoredConversation):
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
