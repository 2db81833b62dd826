"""Answers matched to their requests: one about something else than was asked for is no result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sekha_api.types import Request

from ..wire.schema import Mismatch
from .answers import conversation_id_or_none

_CONVERSATION: dict[str, Callable[[Any], str | None]] = {
    "get_conversation": lambda body: body["id"],
    "summarize": lambda body: body["conversation_id"],
    "suggest_labels": lambda body: body["conversation_id"],
    "memory_update": lambda body: body["data"] and body["data"]["conversation_id"],
    "memory_get_context": lambda body: body["data"] and body["data"]["conversation_id"],
    "memory_export": lambda body: body["data"] and body["data"]["conversation"]["id"],
}
"""The conversation that an answer is about, where it tells."""


def require_match(name: str, request: Request, conversation_id: str | None, body: Any) -> None:
    """Raise Mismatch if an answer tells that it belongs to another request.

    Args:
        name: the operation.
        conversation_id: the conversation that was asked for, if it was one.
        body: the answer's JSON, which the contract's schema has passed.
    """
    if name in _CONVERSATION and conversation_id is not None:
        told = _CONVERSATION[name](body)
        if told is not None and not _is_same(told, conversation_id):
            raise Mismatch("an answer about another conversation than was asked for")
    elif name == "list_conversations":
        for parameter in ("page", "page_size"):
            if request.params.get(parameter, str(body[parameter])) != str(body[parameter]):
                raise Mismatch("an answer with another page than was asked for")
    elif name == "count_conversations":
        for parameter in ("label", "folder"):
            told = body.get(parameter)
            if told is not None and told != request.params.get(parameter):
                raise Mismatch("an answer about another label or folder than was asked for")


def _is_same(one: str, other: str) -> bool:
    return one == other or (conversation_id_or_none(one) or one) == conversation_id_or_none(other)
