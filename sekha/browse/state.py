"""What the page knows while it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from attrs import Factory, define, frozen
from starlette.requests import Request

from .._async.client import SekhaClient
from ..models import Conversation
from .catalogue import Catalogue
from .undo import Undo

if TYPE_CHECKING:
    from .uploads import Uploads

READ_KEPT = 8
"""Conversations whose messages are kept, for the next piece of them that is scrolled to."""


@frozen
class Settings:
    """How it was started.

    Attributes:
        target: whom it shows, for people.
        read_only: whether nothing can be changed.
        takes_key: whether there is a session that can be ended (a key lets in).
    """

    target: str
    read_only: bool = False
    takes_key: bool = False


@define
class Browse:
    """A memory that is shown."""

    client: SekhaClient
    catalogue: Catalogue
    uploads: Uploads
    undo: Undo = Factory(Undo)
    _read: dict[str, Conversation] = Factory(dict)

    async def conversation(self, conversation_id: str, *, anew: bool = False) -> Conversation:
        """A conversation with its messages.

        Raises:
            SekhaNotFoundError: there is none.
        """
        known = None if anew else self._read.pop(conversation_id, None)
        found = known or await self.client.get_conversation(conversation_id)
        self._read[conversation_id] = found
        if len(self._read) > READ_KEPT:
            self._read.pop(next(iter(self._read)))
        return found

    def forget(self, ids: list[str]) -> None:
        """What was read of these holds no more."""
        for each in ids:
            self._read.pop(each, None)


def browse_of(request: Request) -> Browse:
    """The memory that is shown."""
    return cast(Browse, request.app.state.browse)


def settings_of(request: Request) -> Settings:
    """How it was started."""
    return cast(Settings, request.app.state.settings)
