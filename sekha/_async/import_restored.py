"""What a restore stores, noted for imports that come after it: in the index on this machine, where the
controller does not keep where conversations came from."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from sekha_api import models as api
from sekha_api.api.conversations import list_conversations

from .._core.transfer.records import Item
from ..errors import SekhaError
from .session import Session

if TYPE_CHECKING:
    from .._storage.import_index import ImportIndex

log = logging.getLogger("sekha")


class RestoredConversations:
    """Notes what is restored.

    It is no part of the restore: if it fails, the log says so, and `rebuild_import_index` makes up
    for it.

    Args:
        open_index: opens the index; called if the controller does not keep where they came from.
    """

    def __init__(self, session: Session, open_index: Callable[[], ImportIndex]) -> None:
        self._session = session
        self._open_index = open_index
        self._lock = threading.Lock()
        self._is_needed: bool | None = None
        self._index: ImportIndex | None = None

    async def note(self, item: Item, conversation_id: str) -> None:
        """A record is stored under this id; noted already, it is not noted again."""
        try:
            if self._is_needed is None:
                self._is_needed = not await self._keeps_sources()
            if not self._is_needed:
                return
            with self._lock:
                self._index = self._index or self._open_index()
            self._index.add(item, conversation_id)
        except SekhaError as error:
            self._is_needed = False
            log.warning(
                "what is restored is not known to a later import until the import index is "
                "rebuilt: %s",
                error.message,
            )

    async def _keeps_sources(self) -> bool:
        def read(body: object) -> bool:
            return isinstance(body, dict) and "source" in body.get("honoured", ())

        return await self._session.begin().read(
            list_conversations,
            read,
            page=1,
            page_size=1,
            order=api.ListConversationsOrder.STORED,
            source="sekha",
        )

    def close(self) -> None:
        """Let go of the index."""
        if self._index is not None:
            self._index.close()
