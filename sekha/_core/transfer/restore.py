"""From a record of an export back to a conversation to store, and what gets lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ... import models
from ...errors import SekhaValidationError
from .. import validate
from ..wire.times import instant
from .format import SCHEMA, VERSION
from .records import Item, Unusable

if TYPE_CHECKING:
    from ...models import MessageDto

STATUSES = ("active", "archived")
OWN = (
    "id",
    "created_at",
    "updated_at",
    "message id",
    "message timestamp",
)
"""What the controller sets itself."""

OrderKey = tuple[str, str]


def refusal(header: object) -> str | None:
    """Why the document with this schema and version cannot be restored; None if it can."""
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        return f"it is no export of this package (its schema is not {SCHEMA})"
    if header.get("version") != VERSION:
        return (
            f"it is of version {header.get('version')!r} of the format, and this package reads "
            f"{VERSION}: a newer one may read it"
        )
    return None


def order(record: dict[str, Any]) -> OrderKey:
    """Orders records by their last change, the oldest first: stored in this order, a list shows
    them as it did."""
    changed = record.get("updated_at")
    return instant(changed) if isinstance(changed, str) else ("", "")


def item(record: dict[str, Any], where: str) -> Item | Unusable:
    """What to store for a record."""
    lost = list(_lost(record))
    importance = record.get("importance_score")
    if isinstance(importance, int) and not isinstance(importance, bool):
        low, high = validate.IMPORTANCE_RANGE
        if not low <= importance <= high:
            lost.append(f"importance_score outside {low} to {high}")
            importance = min(max(importance, low), high)
    else:
        importance = None
    try:
        # A controller stores empty labels and roles, so they may well come back.
        conversation = models.NewConversation(
            label=validate.text("label", record.get("label"), empty=True),
            folder=validate.text("folder", record.get("folder"), empty=True),
            messages=list(_messages(record.get("messages"))),
            importance_score=importance,
        )
    except SekhaValidationError as error:
        return Unusable(where, error.message)
    archive = record.get("status") == "archived"
    return Item(conversation, where, archive=archive, lost=tuple(lost))


def _messages(messages: object) -> Iterator[MessageDto]:
    if not isinstance(messages, list):
        raise SekhaValidationError("messages", "a list is needed")
    for index, each in enumerate(messages):
        if not isinstance(each, dict):
            raise SekhaValidationError(f"messages[{index}]", "an object is needed")
        role = validate.text(f"messages[{index}].role", each.get("role"), empty=True)
        content = validate.text(f"messages[{index}].content", each.get("content"), empty=True)
        yield models.MessageDto(role, content)


def _lost(record: dict[str, Any]) -> Iterator[str]:
    messages = record.get("messages")
    messages = messages if isinstance(messages, list) else []
    yield from (name for name in OWN[:3] if record.get(name))
    yield from (OWN[3:] if messages else ())
    if any(isinstance(each, dict) and each.get("metadata") for each in messages):
        yield "message metadata"
    if record.get("session_count", 1) != 1:
        yield "session_count"
    if record.get("status", STATUSES[0]) not in STATUSES:
        yield f"status {record['status']!r}"
