"""Reading a record of this project's own export, and what gets lost on its way back.

The one reader of such records: for `restore`, which takes a file of them back, and for
`sekha.importers`, to which they are one format among others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ... import models
from ...errors import SekhaValidationError
from .. import validate
from ..wire.times import instant
from .format import SCHEMA, VERSION
from .identity import version_of
from .records import Item, Unusable

if TYPE_CHECKING:
    from ...models import MessageDto, NewConversation

STATUSES = ("active", "archived")
TIMES = ("created_at", "updated_at")
"""What only some controllers take over."""
OUT_OF_RANGE = "importance_score outside {} to {}".format(*validate.IMPORTANCE_RANGE)
METADATA = "message metadata"

OrderKey = tuple[str, str]


@frozen
class Exported:
    """A record of an export, read.

    Attributes:
        conversation: to be stored. An importance out of range is brought into it: what was above 10
            was pinned, and stays so.
        changed: what of the record cannot be stored as it is.
    """

    conversation: NewConversation
    id: str | None
    status: str | None
    created_at: str | None
    updated_at: str | None
    content_hash: str | None
    changed: tuple[str, ...]

    @property
    def archived(self) -> bool:
        """Whether it is to be archived."""
        return self.status == STATUSES[1]


def refusal(header: object) -> str | None:
    """Why the document with this schema and version cannot be read; None if it can."""
    if not isinstance(header, Mapping) or header.get("schema") != SCHEMA:
        return f"it is no export of this package (its schema is not {SCHEMA})"
    version = header.get("version")
    if type(version) is not int or version != VERSION:
        return (
            f"it is version {version!r} of {SCHEMA}, and this package reads version {VERSION}: a "
            "newer sekha-memory may read it"
        )
    return None


def read(record: Mapping[str, Any]) -> Exported:
    """A record.

    Raises:
        SekhaValidationError: it has no label, folder or list of messages with role and content.
    """
    changed: list[str] = []
    importance = record.get("importance_score")
    if isinstance(importance, int) and not isinstance(importance, bool):
        low, high = validate.IMPORTANCE_RANGE
        if not low <= importance <= high:
            changed.append(OUT_OF_RANGE)
            importance = min(max(importance, low), high)
    else:
        importance = None
    # A controller stores empty labels and roles, so they may well come back.
    conversation = models.NewConversation(
        label=validate.text("label", record.get("label"), empty=True),
        folder=validate.text("folder", record.get("folder"), empty=True),
        messages=list(_messages(record.get("messages"))),
        importance_score=importance,
        source=_text(record.get("source")),
        source_id=_text(record.get("source_id")),
    )
    messages: list[dict[str, Any]] = record["messages"]
    if any(each.get("metadata") for each in messages):
        changed.append(METADATA)
    if record.get("session_count", 1) != 1:
        changed.append("session_count")
    status = record.get("status", STATUSES[0])
    if status not in STATUSES:
        changed.append(f"status {status!r}")
    return Exported(
        conversation,
        id=_text(record.get("id")),
        status=_text(record.get("status")),
        created_at=_text(record.get("created_at")),
        updated_at=_text(record.get("updated_at")),
        content_hash=_text(record.get("content_hash")),
        changed=tuple(changed),
    )


def order(record: Mapping[str, Any]) -> OrderKey:
    """Orders records by their last change, the oldest first: stored in this order, a list shows
    them as it did."""
    changed = record.get("updated_at")
    return instant(changed) if isinstance(changed, str) else ("", "")


def item(record: Mapping[str, Any], where: str) -> Item | Unusable:
    """What `restore` stores for a record."""
    try:
        exported = read(record)
    except SekhaValidationError as error:
        return Unusable(where, error.message)
    messages = exported.conversation.messages
    lost = [name for name, value in {"id": exported.id, "message id": messages}.items() if value]
    return Item(
        exported.conversation,
        where,
        archive=exported.archived,
        lost=(*lost, *exported.changed),
        lost_times=tuple(_times(exported)),
        facts=_facts(exported),
        row_id=exported.id,
        dated="stored_at" in record,
    )


def _times(exported: Exported) -> Iterator[str]:
    own = (exported.created_at, exported.updated_at)
    yield from (name for name, value in zip(TIMES, own, strict=True) if value)
    if any(each.timestamp is not None for each in exported.conversation.messages):
        yield "message timestamp"


def _facts(exported: Exported) -> dict[str, str | int]:
    """What is sent beside the conversation, for controllers that take it over."""
    times = {"created_at": exported.created_at, "updated_at": exported.updated_at}
    facts: dict[str, str | int] = {
        name: value for name, value in times.items() if value and _is_time(value)
    }
    if exported.content_hash:
        facts["content_hash"] = exported.content_hash
    elif exported.conversation.source is None:
        # By which an import of the same export knows it again.
        facts["content_hash"] = version_of(exported.conversation).hash
    if exported.archived:
        facts["status"] = STATUSES[1]
    return facts


def _messages(messages: object) -> Iterator[MessageDto]:
    if not isinstance(messages, list):
        raise SekhaValidationError("messages", "a list is needed")
    for index, each in enumerate(messages):
        if not isinstance(each, dict):
            raise SekhaValidationError(f"messages[{index}]", "an object is needed")
        role = validate.text(f"messages[{index}].role", each.get("role"), empty=True)
        content = validate.text(f"messages[{index}].content", each.get("content"), empty=True)
        said = _text(each.get("timestamp"))
        yield models.MessageDto(role, content, said if said and _is_time(said) else None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _is_time(text: str) -> bool:
    try:
        validate.timestamp("timestamp", text)
    except SekhaValidationError:
        return False
    return True
