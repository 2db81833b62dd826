"""What a reading yields, and the half-way form that each format's module makes of a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b

from attrs import Factory, evolve, field, frozen

from .._core import validate
from ..models import MessageDto, NewConversation
from . import texts
from .drafts import NOT_SHOWN, Draft, Skip, Turn, Wishes
from .times import written

__all__ = ["Choice", "Draft", "ImportRecord", "Options", "Skip", "Turn", "digest", "finish"]

NO_MESSAGES = "no messages"

Choice = str | Callable[["ImportRecord"], str] | None
"""A text for all records, or a function of the record; None for the format's own way."""


@frozen
class ImportRecord:
    """A conversation to store, and where it came from.

    Attributes:
        conversation: what to store.
        format: the name of the export's format, "chatgpt" or another of FORMAT_NAMES.
        where: its file and its place in it, for people to read.
        source_id: the source's own id of it, the same in every export; None if it has none.
        title: its title in the export.
        status: "archived" or "active" if the export says; a create cannot set it.
        created_at: when it began, aware UTC; the controller cannot keep it (compatibility row 2).
        updated_at: when it last changed, aware UTC.
        message_times: the time of each message of `conversation`, or None.
        models: the models that answered, each once.
        notes: what was changed or left out, and how often each.
        unshown: messages of it that say something which the reader cannot show.
        origin: where it was said before it came into the memory that was exported.
        exported_id: its id in that memory.
        once: the export repeats it with every conversation, and it is yielded once.
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
    models: tuple[str, ...] = ()
    notes: Mapping[str, int] = Factory(dict)
    unshown: tuple[str, ...] = ()
    origin: str | None = None
    exported_id: str | None = None
    once: bool = False

    @property
    def source(self) -> str:
        """Where it was said: the name of the format, or what an export of this package says, which
        with `source_id` tells it from all others."""
        return self.origin or self.format

    @property
    def has_times(self) -> bool:
        """Whether the export gave any time."""
        own = self.created_at is not None or self.updated_at is not None
        return own or any(time is not None for time in self.message_times)


@frozen
class Options:
    """What the caller chose for all records of a reading."""

    label: Choice = None
    folder: Choice = None
    times_in_text: bool = False
    wishes: Wishes = Factory(Wishes)


def finish(
    draft: Draft, *, format: str, folder: str, where: str, options: Options
) -> ImportRecord | Skip:
    """The record that is yielded; Skip if nothing is left to store.

    Args:
        folder: the format's folder, where neither the caller nor the draft has another.
    """
    if not draft.turns and not draft.empty:
        if draft.unshown:
            return Skip(NOT_SHOWN, f"{len(draft.unshown)} of its messages; is it of this format?")
        return Skip(NO_MESSAGES, harmless=True)
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
            folder=texts.storable(draft.folder or _below(folder, draft.project)),
            messages=messages,
            importance_score=draft.importance,
        ),
        format=format,
        where=where,
        source_id=_id(draft.source_id),
        title=draft.title,
        status=draft.status,
        created_at=draft.created_at,
        updated_at=draft.updated_at,
        message_times=tuple(turn.time for turn in draft.turns),
        models=draft.models,
        notes=dict(draft.notes),
        unshown=tuple(draft.unshown),
        origin=_id(draft.source),
        exported_id=_id(draft.exported_id),
        once=draft.once,
    )
    return _chosen(record, options)


def _id(given: str | None) -> str | None:
    """An id with its halves of characters, which cannot be stored, written out: they tell it from
    others."""
    return given if given is None else given.encode(errors="backslashreplace").decode()


def _below(folder: str, project: str | None) -> str:
    """The folder of a project, whatever stands in its name."""
    name = texts.one_line(project).replace("/", "-").strip(" .-")
    return f"{folder.rstrip('/')}/{name}" if name else folder


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
        texts.storable(f"{record.source}\0{record.exported_id or record.source_id}").encode(),
        digest_size=16,
    )
    for message in record.conversation.messages:
        hashed.update(f"\0{message.role}\0{message.content}".encode())
    return hashed.digest()
