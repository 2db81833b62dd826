"""What a reading yields, and the half-way form that each format's module makes of a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b

from attrs import Factory, define, evolve, field, frozen

from .._core import validate
from ..models import MessageDto, NewConversation
from . import texts
from .texts import Notes
from .times import written

Choice = str | Callable[["ImportRecord"], str] | None
"""A text for all records, or a function of the record; None for the format's own way."""


@frozen
class ImportRecord:
    """A conversation to store, and where it came from.

    Attributes:
        conversation: what to store.
        format: the name of the export's format, "chatgpt" or another of FORMAT_NAMES.
        where: its file and its place in it, for people to read.
        source_id: its id in the export.
        title: its title in the export.
        status: "archived" or "active" if the export says; a create cannot set it.
        created_at: when it began, aware UTC; the controller cannot keep it (compatibility row 2).
        updated_at: when it last changed, aware UTC.
        message_times: the time of each message of `conversation`, or None.
        notes: what was changed or left out, and how often each.
    """

    conversation: NewConversation
    format: str
    where: str
    source_id: str | None = None
    title: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    message_times: tuple[datetime | None, ...] = field(default=(), repr=False)
    notes: Mapping[str, int] = Factory(dict)

    @property
    def has_times(self) -> bool:
        """Whether the export gave any time."""
        own = self.created_at is not None or self.updated_at is not None
        return own or any(time is not None for time in self.message_times)


@frozen
class Skip:
    """Why a record is not a conversation that can be stored."""

    reason: str
    detail: str = ""


@frozen
class Reservation:
    """A message of a draft."""

    role: str
    text: str
    time: datetime | None = None


@define
class Draft:
    """A record of any format in one form. `label` and `folder` are the export's own, if it has
    such; a draft may be `empty` only where an empty conversation is meant."""

    turns: list[Reservation]
    source_id: str | None = None
    title: str | None = None
    label: str | None = None
    folder: str | None = None
    importance: int | None = None
    status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    notes: Notes = Factory(Counter)
    empty: bool = False


@frozen
class Options:
    """What the caller chose for all records of a reading."""

    label: Choice = None
    folder: Choice = None
    times_in_text: bool = False


def finish(
    draft: Draft, *, format: str, folder: str, where: str, options: Options
) -> ImportRecord | Skip:
    """The record that is yielded; Skip if nothing is left to store.

    Args:
        folder: the format's folder, where neither the caller nor the draft has another.
    """
    if not draft.turns and not draft.empty:
        return Skip("no messages")
    label = draft.label or texts.label(
        draft.title, [(turn.role, turn.text) for turn in draft.turns]
    )
    messages = [
        MessageDto(role=texts.storable(turn.role), content=texts.storable(text))
        for turn, text in zip(draft.turns, _texts(draft, options.times_in_text), strict=True)
    ]
    record = ImportRecord(
        conversation=NewConversation(
            label=texts.storable(label),
            folder=texts.storable(draft.folder or folder),
            messages=messages,
            importance_score=draft.importance,
        ),
        format=format,
        where=where,
        source_id=draft.source_id,
        title=draft.title,
        status=draft.status,
        created_at=draft.created_at,
        updated_at=draft.updated_at,
        message_times=tuple(turn.time for turn in draft.turns),
        notes=dict(draft.notes),
    )
    return _chosen(record, options)


def _texts(draft: Draft, times_in_text: bool) -> list[str]:
    turns = draft.turns
    if not times_in_text:
        return [turn.text for turn in turns]
    times = [turn.time for turn in turns]
    if times and times[0] is None:
        times[0] = draft.created_at
    return [
        turn.text if time is None else f"[{written(time)}]\n{turn.text}"
        for turn, time in zip(turns, times, strict=True)
    ]


def _chosen(record: ImportRecord, options: Options) -> ImportRecord:
    conversation = record.conversation
    if options.label is not None:
        label = options.label(record) if callable(options.label) else options.label
        conversation = evolve(conversation, label=validate.text("label", label))
    if options.folder is not None:
        folder = options.folder(record) if callable(options.folder) else options.folder
        conversation = evolve(conversation, folder=validate.text("folder", folder))
    return evolve(record, conversation=conversation)


def digest(record: ImportRecord) -> bytes:
    """What tells that two files of an export hold the same conversation."""
    hashed = blake2b(
        texts.storable(f"{record.format}\0{record.source_id}").encode(), digest_size=16
    )
    for message in record.conversation.messages:
        hashed.update(f"\0{message.role}\0{message.content}".encode())
    return hashed.digest()
