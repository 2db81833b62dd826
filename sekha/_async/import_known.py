"""What of an import is stored already: asked of the controller, if it keeps where conversations came
from; else of an index on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, frozen

from sekha_api import models as api
from sekha_api.api.conversations import (
    archive_conversation,
    get_conversation,
    list_conversations,
)
from sekha_api.api.tools import memory_update
from sekha_api.types import UNSET

from .._core.listing import PAGE_SIZE
from .._core.request.answers import conversation_id_or_none
from .._core.transfer import format as exports
from .._core.transfer.identity import EARLIER, Age, Version, age, version
from .._core.transfer.records import Item
from .._core.wire.rows import DEFAULT_IMPORTANCE
from .._core.wire.times import parse_time
from ..errors import SekhaNotFoundError
from .session import Session

if TYPE_CHECKING:
    from .._storage.import_index import ImportIndex, Indexed


@frozen
class Whence:
    """What a record is known by.

    Attributes:
        occurrence: how many records without an id that say the same came before it.
        row_id: its id in the memory that it was exported from.
    """

    source: str
    source_id: str | None
    version: Version
    occurrence: int = 0
    row_id: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Equal for records that may be the same conversation."""
        return self.source, self.source_id or f"hash {self.version.hash}"


@frozen
class Look:
    """What is to be done with a record.

    Attributes:
        verdict: "store" it, it is stored in the "same" or in a newer version ("older"), or it may
            be ("doubt").
        item: as it is to be sent.
        id: the row that is stored.
        begun: since when it may be stored.
        replaced_id: the row of the earlier version.
        pk: its entry in the index.
        conditional: whether its create does nothing if it is stored meanwhile, as on a controller
            that keeps where conversations came from.
    """

    verdict: Literal["store", "same", "older", "doubt"]
    item: Item
    whence: Whence
    id: str | None = None
    begun: datetime | None = None
    replaced_id: str | None = None
    pk: int | None = None
    conditional: bool = False


class KnownConversations:
    """What is known of the conversations of an import.

    Args:
        open_index: opens the index; called if the controller does not keep where they came from.

    Attributes:
        has_record: whether a row belongs to a record of the journal.
    """

    def __init__(self, session: Session, open_index: Callable[[], ImportIndex]) -> None:
        self._session = session
        self._open_index = open_index
        self._opening = threading.Lock()
        self._free: dict[tuple[str, str], tuple[int, int]] = {}
        self._wanted: dict[tuple[str, str], int] = {}
        self._vacant: dict[str, bool] = {}
        self._claimed: set[str] = set()
        self.index: ImportIndex | None = None
        self.has_record: Callable[[str], bool] = lambda conversation_id: False

    async def look(self, item: Item, whence: Whence, *, assume: bool = False) -> Look:
        """Look for a record.

        Args:
            assume: do not ask for one of a source of which nothing was stored when the run began:
                its create is conditional.

        Raises:
            SekhaError: it cannot be told.
        """
        if whence.row_id is not None and await self._is_row(whence.row_id):
            return Look("same", item, whence, whence.row_id)
        if self.index is None:
            if assume and await self._is_vacant(whence):
                self._free.setdefault(whence.key, (0, 0))
                return self._conditional(item, whence, self._earlier(whence))
            rows = await self._rows(whence)
            if rows is not None:
                return await self._among(rows, item, whence)
            with self._opening:
                self.index = self.index or self._open_index()
        return await self._indexed(self.index, item, whence)

    async def _is_row(self, conversation_id: str) -> bool:
        """Whether a conversation has this id: what it says never changes."""
        if conversation_id_or_none(conversation_id) is None:
            return False
        try:
            await self._session.begin()(get_conversation, conversation_id)
        except SekhaNotFoundError:
            return False
        return True

    async def _is_vacant(self, whence: Whence) -> bool:
        """Whether nothing of its source was stored when this was first asked."""
        known = self._vacant.get(whence.source)
        if known is None:
            rows = await self._listed(1, source=whence.source)
            known = self._vacant[whence.source] = rows == []
        return known and whence.row_id is None

    async def _rows(self, whence: Whence) -> list[Any] | None:
        """The rows from this source, the last stored first; None if the controller cannot tell."""
        return await self._listed(
            PAGE_SIZE,
            source=whence.source,
            source_id=whence.source_id,
            content_hash=whence.version.hash if whence.source_id is None else None,
        )

    async def _listed(
        self,
        page_size: int,
        *,
        source: str | None = None,
        source_id: str | None = None,
        content_hash: str | None = None,
    ) -> list[Any] | None:
        filters = {"source": source, "source_id": source_id, "content_hash": content_hash}
        asked = {"order", *(name for name, value in filters.items() if value is not None)}

        def read(body: Any) -> list[Any] | None:
            return body["results"] if asked <= set(body.get("honoured", ())) else None

        return await self._session.begin().read(
            list_conversations,
            read,
            page=1,
            page_size=page_size,
            order=api.ListConversationsOrder.STORED,
            source=UNSET if source is None else source,
            source_id=UNSET if source_id is None else source_id,
            content_hash=UNSET if content_hash is None else content_hash,
        )

    async def _among(self, rows: list[Any], item: Item, whence: Whence) -> Look:
        """Look among the rows of its source."""
        if whence.source_id is None:
            ids = [row["conversation_id"] for row in rows]
            look = self._counted(ids, item, whence)
            if look.verdict == "same":
                return look
            earlier = self._earlier(whence) + self._free[whence.key][1]
            if len(ids) > earlier:
                # Another import has stored them meanwhile.
                return Look("same", item, whence, ids[0])
            return self._conditional(item, whence, earlier)
        for row in rows:
            if row.get("content_hash") == whence.version.hash:
                return Look("same", item, whence, row["conversation_id"])
            if whence.version.hash in row.get("former_hashes", ()):
                return Look("older", item, whence, row["conversation_id"])
        for row in rows[:1]:
            old = await self._read(row["conversation_id"])
            if old is None:
                # Gone since the list: what took its place may be there by now.
                rows = rows[1:]
                break
            said = ((each["role"], each["content"]) for each in old["messages"])
            times = (parse_time(each["timestamp"]) for each in old["messages"])
            match age(whence.version, version(said, times)):
                case Age.SAME:
                    return Look("same", item, whence, old["id"])
                case Age.OLDER:
                    return Look("older", item, whence, old["id"])
            return self._conditional(_in_place_of(old, item), whence, len(rows) - 1, replaced=old)
        if whence.row_id is not None and (restored := await self._restored(whence)):
            return Look("same", item, whence, restored)
        return self._conditional(item, whence, len(rows))

    async def _restored(self, whence: Whence) -> str | None:
        """A row that says the same as what was exported and has another id by now."""
        rows = await self._listed(PAGE_SIZE, content_hash=whence.version.hash)
        for row in rows or ():
            # What was imported has a source, and is known by that.
            if "source" not in row and (found := row["conversation_id"]) not in self._claimed:
                self._claimed.add(found)
                return str(found)
        return None

    @staticmethod
    def _conditional(
        item: Item, whence: Whence, others: int, *, replaced: Mapping[str, Any] | None = None
    ) -> Look:
        """To be stored, unless another import has stored it by then.

        Args:
            others: rows of its source and id that are there beside the one that is replaced.
        """
        facts: dict[str, str | int] = {
            **item.facts,
            "content_hash": whence.version.hash,
            "if_stored_at_most": others,
        }
        if replaced is None:
            return Look("store", evolve(item, facts=facts), whence, conditional=True)
        facts |= {"replaces": replaced["id"], "status": replaced["status"]}
        item = evolve(item, facts=facts)
        return Look("store", item, whence, replaced_id=replaced["id"], conditional=True)

    async def _indexed(self, index: ImportIndex, item: Item, whence: Whence) -> Look:
        """Look in the index."""
        if whence.source_id is None:
            equal = index.equal(whence.source, whence.version.hash)
            if not equal and (found := index.unclaimed(whence.version)):
                if found.version == whence.version or found.version.hash == whence.version.hash:
                    index.claim(found, whence.source, None)
                    equal = [found]
            for each in equal:
                if each.id is None:
                    return _in_doubt(each, item, whence)
            return self._counted([each.id for each in equal], item, whence)
        known = index.versions(whence.source, whence.source_id)
        if not any(each.version.hash == whence.version.hash for each in known):
            found = index.unclaimed(whence.version)
            if found and (not known or _is_nearer(found, whence.version, known)):
                index.claim(found, whence.source, whence.source_id)
                known = [found, *known]
        for each in known:
            if each.version.hash == whence.version.hash:
                if each.id is None:
                    return _in_doubt(each, item, whence)
                return Look("same", item, whence, each.id)
        stored = next((each for each in known if each.id is not None), None)
        former = index.former(whence.source, whence.source_id)
        if stored is None or stored.id is None:
            older = whence.version.hash in former
            return Look("older" if older else "store", item, whence)
        if age(whence.version, stored.version, former) is Age.OLDER:
            return Look("older", item, whence, stored.id)
        old = await self._read(stored.id)
        if old is None:
            return Look("store", item, whence)
        return Look("store", _in_place_of(old, item), whence, replaced_id=stored.id)

    def _earlier(self, whence: Whence) -> int:
        """How many that say the same may be there when one is stored, whichever of those that came
        so far it is."""
        earlier = max(whence.occurrence, self._wanted.get(whence.key, 0))
        self._wanted[whence.key] = earlier
        return earlier

    def _counted(self, stored: Sequence[str | None], item: Item, whence: Whence) -> Look:
        """What has no id is stored as often as the source has it, and no more often."""
        free = [each for each in stored if each is None or not self.has_record(each)]
        before, _ = self._free.setdefault(whence.key, (len(free), len(stored) - len(free)))
        if whence.occurrence >= before:
            return Look("store", item, whence)
        # The last stored come first, and the last of them may be what the journal is in doubt of.
        place = -1 - whence.occurrence % len(free) if free else None
        return Look("same", item, whence, None if place is None else free[place])

    async def _read(self, conversation_id: str) -> dict[str, Any] | None:
        try:
            export = await self._session.begin().export(conversation_id)
        except SekhaNotFoundError:
            return None
        return exports.record(export, aligned=self._session.config.align_multibyte)

    def begin(self, look: Look, begun: datetime) -> Look:
        """It is about to be sent."""
        if self.index is None or look.pk is not None:
            return look
        new = look.item.conversation
        pk = self.index.begin(
            look.whence.source,
            look.whence.source_id,
            look.whence.version,
            label=new.label,
            folder=new.folder,
            begun=begun,
            replaced_id=look.replaced_id,
        )
        return evolve(look, pk=pk)

    def failed(self, look: Look) -> None:
        """It was not stored."""
        if self.index is not None and look.pk is not None:
            self.index.drop(look.pk)

    async def stored(self, look: Look, conversation_id: str, *, replaced: bool) -> None:
        """It is stored: its earlier version is put aside, where it is still there.

        Args:
            replaced: whether the controller says that it is gone.

        Raises:
            SekhaError: that failed; with an index it is made up for by the next run.
        """
        if self.index is not None and look.pk is not None:
            self.index.stored(look.pk, conversation_id)
        if look.replaced_id is None:
            return
        if not replaced:
            await self._put_aside(look.replaced_id)
        if self.index is not None and look.pk is not None:
            self.index.put_aside(look.pk)

    async def make_up(self) -> None:
        """Put aside what a run that was stopped left."""
        for each in self.index.to_put_aside() if self.index is not None else ():
            if each.replaced_id is not None:
                await self._put_aside(each.replaced_id)
                self.index.put_aside(each.pk) if self.index is not None else None

    async def _put_aside(self, conversation_id: str) -> None:
        """Archive and mark what was replaced: some controllers cannot delete (row 22)."""
        old = await self._read(conversation_id)
        if old is None:
            return
        call = self._session.begin()
        if not old["label"].endswith(EARLIER):
            body = api.MemoryUpdateRequest(conversation_id, label=old["label"] + EARLIER)
            await call.tool(memory_update, body=body)
        await call(archive_conversation, conversation_id)

    def close(self) -> None:
        """Let go of the index."""
        if self.index is not None:
            self.index.close()


def _is_nearer(found: Indexed, version: Version, known: Sequence[Indexed]) -> bool:
    """Whether a version of unknown source is this one, or begins it at greater length than what is
    known of it: a rebuilt index has what was put aside, too, and knows of neither where it is from.
    """
    if found.version.hash == version.hash:
        return True
    longest = max(len(each.version.chain) for each in known)
    return found.version.hash in version.chain and len(found.version.chain) > longest


def _in_doubt(indexed: Indexed, item: Item, whence: Whence) -> Look:
    """As it was sent by a run that was stopped."""
    new = evolve(item.conversation, label=indexed.label, folder=indexed.folder)
    return Look(
        "doubt",
        evolve(item, conversation=new),
        whence,
        begun=indexed.begun,
        replaced_id=indexed.replaced_id,
        pk=indexed.pk,
    )


def _in_place_of(old: dict[str, Any], item: Item) -> Item:
    """A version as it takes the place of an earlier one: with the label, the folder, the importance
    and the status that this has got meanwhile."""
    importance = old["importance_score"]
    usable = importance != DEFAULT_IMPORTANCE and 1 <= importance <= 10
    new = evolve(
        item.conversation,
        label=old["label"],
        folder=old["folder"],
        importance_score=importance if usable else item.conversation.importance_score,
    )
    return evolve(item, conversation=new, archive=old["status"] == "archived")
