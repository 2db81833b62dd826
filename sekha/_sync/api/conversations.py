"""Storing, reading, listing and changing conversations."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from attrs import evolve

from sekha_api import models as api
from sekha_api.api.conversations import (
    archive_conversation,
    count_conversations,
    delete_conversation,
    pin_conversation,
)
from sekha_api.api.tools import memory_get_context, memory_update
from sekha_api.types import UNSET

from ..._core import validate
from ..._core.listing import SCAN_PAGE_SIZE, Filter
from ..._core.wire.rows import created_conversation, exported_conversation, stored_conversation
from ...errors import SekhaError
from ..create import store
from ..session import Call
from .base import Base, known_id
from .filters import When, filter_of

if TYPE_CHECKING:
    from ...models import Conversation, NewConversation


class Conversations(Base):
    """The conversations themselves."""

    def create_conversation(self, conversation: NewConversation) -> Conversation:
        """Store a conversation with its messages, once.

        If the answer is lost, the client looks whether the conversation was stored before it does
        anything else (compatibility rows 5 and 34). At most 4 creates per controller are in flight
        in a process (row 4); further ones wait for their turn.

        Args:
            conversation: with an `importance_score` it is stored by a tool that keeps it (row 1).

        Returns:
            The stored conversation. With an importance its times and status come from a second
            request; should only that fail, they are None.

        Raises:
            SekhaValidationError: something in the conversation cannot be stored; nothing was sent.
            SekhaUnstorableTextError: a text makes this controller drop the connection (row 3).
            SekhaUnknownOutcomeError: it was stored in part, or that cannot be told: no answer came
                in time, for example, and a controller that does not vouch for the contrary may
                still be at work on it.
            SekhaError: any other failure, SekhaTimeoutError included; it was not stored.
        """
        new = validate.conversation(conversation)
        call = self._session.begin()
        stored = store(self._session, call, new)
        if isinstance(stored, api.CreatedConversation):
            return created_conversation(new, stored)
        body = api.MemoryGetContextRequest(conversation_id=stored.id)
        try:
            details = call.tool(memory_get_context, body=body)
        except SekhaError:
            # It is stored: an error here would invite a second create.
            details = None
        return stored_conversation(new, stored, details)

    def get_conversation(self, conversation_id: str) -> Conversation:
        """A conversation with all its messages, in order (compatibility row 9).

        Raises:
            SekhaNotFoundError: there is none of this id, or it is no UUID.
        """
        return self._read(self._session.begin(), known_id(conversation_id))

    def _read(self, call: Call, conversation_id: str) -> Conversation:
        return exported_conversation(call.export(conversation_id), self._clean)

    def list_conversations(
        self,
        label: str | None = None,
        limit: int = 50,
        *,
        folder: str | None = None,
        pinned: bool | None = None,
        archived: bool | None = None,
        under: str | None = None,
        since: When = None,
        until: When = None,
    ) -> list[Conversation]:
        """The conversations last changed, newest change first, without their messages.

        Args:
            label: only those of exactly this label, however far down they are (row 6).
            limit: how many at most, from 1.
            folder: only those of exactly this folder.
            pinned: only those that are pinned, or are not.
            archived: only those that are archived, or are not.
            under: only those in this folder or below it.
            since: only those with a message said then or later: a datetime, a date, ISO text or
                text such as "2 weeks ago". Where the controller cannot tell, the last change counts.
            until: only those with a message said before then; likewise.
        """
        filter = evolve(
            filter_of(label, folder, under, since, until), pinned=pinned, archived=archived
        )
        validate.integer("limit", limit, 1)
        found: list[Conversation] = []
        pages = self._pages(
            filter, call=self._session.begin(), page_size=min(limit, SCAN_PAGE_SIZE)
        )
        for page in pages:
            found.extend(page)
            if len(found) >= limit:
                pages.close()
                break
        return found[:limit]

    def iter_conversations(
        self,
        label: str | None = None,
        *,
        folder: str | None = None,
        pinned: bool | None = None,
        archived: bool | None = None,
        under: str | None = None,
        since: When = None,
        until: When = None,
    ) -> Generator[Conversation]:
        """All conversations that match, one after the other, each once.

        Others may write meanwhile: what is stored before the iteration begins and not deleted is
        handed out (compatibility row 36). Memory stays flat. A deadline holds for each page.
        """
        filter = evolve(
            filter_of(label, folder, under, since, until), pinned=pinned, archived=archived
        )
        for page in self._pages(filter):
            for conversation in page:
                yield conversation

    def count(
        self,
        label: str | None = None,
        folder: str | None = None,
        *,
        under: str | None = None,
        since: When = None,
        until: When = None,
    ) -> int:
        """How many conversations there are, of exactly this label and folder if given (row 8).

        Args:
            label: only those of exactly this label.
            folder: only those in exactly this folder.
            under: as for `list_conversations`.
            since: likewise.
            until: likewise.
        """
        filter = filter_of(label, folder, under, since, until)
        call = self._session.begin()
        if filter == Filter(folder=folder):
            answer = call(count_conversations, folder=UNSET if folder is None else folder)
            return answer.count
        total = 0
        for page in self._pages(filter, call=call):
            total += len(page)
        return total

    def update_label(self, conversation_id: str, label: str, folder: str | None = None) -> None:
        """Give a conversation another label, and another folder if one is given (row 11).

        Raises:
            SekhaNotFoundError: there is none of this id.
        """
        validate.text("label", label)
        validate.optional_text("folder", folder)
        body = api.MemoryUpdateRequest(
            conversation_id=known_id(conversation_id),
            label=label,
            folder=UNSET if folder is None else folder,
        )
        self._session.begin().tool(memory_update, body=body)

    def move(self, conversation_id: str, folder: str) -> None:
        """Put a conversation into another folder; its label stays (compatibility row 10).

        Raises:
            SekhaNotFoundError: there is none of this id.
        """
        validate.text("folder", folder)
        body = api.MemoryUpdateRequest(conversation_id=known_id(conversation_id), folder=folder)
        self._session.begin().tool(memory_update, body=body)

    def pin(self, conversation_id: str) -> None:
        """Pin a conversation: it is never suggested for pruning. Its importance becomes 10, the
        former one is lost, and there is no unpinning (compatibility row 30).

        Raises:
            SekhaNotFoundError: there is none of this id.
        """
        self._session.begin()(pin_conversation, known_id(conversation_id))

    def archive(self, conversation_id: str) -> None:
        """Archive a conversation. It stays readable and searchable.

        Raises:
            SekhaNotFoundError: there is none of this id.
        """
        self._session.begin()(archive_conversation, known_id(conversation_id))

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation and its messages.

        Raises:
            SekhaNotFoundError: there is none of this id.
            SekhaDeleteError: this controller cannot delete one that has embeddings; nothing was
                deleted (compatibility row 22).
        """
        self._session.begin()(delete_conversation, known_id(conversation_id))
