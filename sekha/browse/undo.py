"""Undo: what brings a conversation back to how it was.

A controller has no operation that takes back an archiving or a pin. Its `memory_update` is documented
to set status and importance; the public one says that it did and does not (compatibility row 12). So it
is asked, and then looked whether it is so. What was deleted is stored anew from an export, under a new id.
"""

from __future__ import annotations

import secrets
import tempfile
from collections import OrderedDict
from pathlib import Path

from attrs import define, frozen

from sekha_api import models as api
from sekha_api.api.tools import memory_update

from .._async.client import SekhaClient
from ..models import Conversation

KEPT = 100
MOST = 500
"""Conversations of one step whose former selves are kept."""


@frozen
class Step:
    """Something that was done.

    Attributes:
        what: in words, such as "Archived 3 conversations".
        before: the rows as they were.
        deleted: the exports of those that were deleted.
    """

    what: str
    before: tuple[Conversation, ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def can_be_undone(self) -> bool:
        return bool(self.before or self.deleted)


@define
class Undone:
    """What became of taking a step back.

    Attributes:
        changed: the ids of those that are as they were.
        stays: those that the controller left as they are.
        restored: how many of those deleted are back, under new ids.
    """

    changed: list[str]
    stays: list[str]
    restored: int = 0


class Undo:
    """The steps that can be taken back.

    Attributes:
        limited: whether the controller was found to keep archivings and pins, whatever it is told.
    """

    def __init__(self) -> None:
        self._steps: OrderedDict[str, Step] = OrderedDict()
        self.limited = False

    def add(self, step: Step) -> str | None:
        """Keep a step. The name under which it can be taken back, or None if it cannot."""
        if not step.can_be_undone:
            return None
        name = secrets.token_urlsafe(12)
        self._steps[name] = step
        if len(self._steps) > KEPT:
            self._steps.popitem(last=False)
        return name

    def take(self, name: str) -> Step | None:
        """The step of this name, once."""
        return self._steps.pop(name, None)


async def take_back(client: SekhaClient, step: Step) -> Undone:
    """Bring everything back to how it was, as far as the controller does that.

    Raises:
        SekhaError: it failed; what was done before stays done.
    """
    for row in step.before:
        body = api.MemoryUpdateRequest(
            conversation_id=row.id,
            label=row.label,
            folder=row.folder,
            status=row.status or "active",
            importance_score=5 if row.importance_score is None else row.importance_score,
        )
        await client.call(memory_update, body=body)
    now = await standing(client, [row.id for row in step.before])
    undone = Undone([], [])
    for row in step.before:
        (undone.changed if _is_as(now.get(row.id), row) else undone.stays).append(row.id)
    undone.restored = await _restore(client, step.deleted)
    return undone


async def standing(client: SekhaClient, ids: list[str]) -> dict[str, Conversation]:
    """How these are now, which were changed a moment ago."""
    if not ids:
        return {}
    wanted = set(ids)
    rows = await client.list_conversations(limit=2 * len(ids) + 50)
    return {row.id: row for row in rows if row.id in wanted}


def _is_as(now: Conversation | None, before: Conversation) -> bool:
    return now is not None and (now.label, now.folder, now.status, now.importance_score) == (
        before.label,
        before.folder,
        before.status,
        before.importance_score,
    )


async def _restore(client: SekhaClient, exports: tuple[str, ...]) -> int:
    stored = 0
    for each in exports:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "deleted.jsonl"
            path.write_text(each, "utf-8")
            stored += (await client.restore(path)).stored
    return stored
