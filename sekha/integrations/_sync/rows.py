"""Taking stored rows away, on controllers that delete and on those that cannot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..._sync.client import SyncSekhaClient
from ...errors import SekhaDeleteError, SekhaNotFoundError
from .._core import folders

if TYPE_CHECKING:
    from ...models import Conversation


class Rows:
    """Removes conversations so that no adapter gives or finds them again."""

    def __init__(self, client: SyncSekhaClient) -> None:
        self.client = client
        self._deletes = True

    def delete(self, row: Conversation) -> bool:
        """Delete a conversation, where the controller can; 1 request.

        Returns:
            whether this call deleted it, and not another one.

        Raises:
            SekhaDeleteError: the controller cannot delete what has embeddings (compatibility row
                22).
        """
        try:
            self.client.delete(row.id)
        except SekhaNotFoundError:
            return False
        except SekhaDeleteError:
            self._deletes = False
            raise
        return True

    def remove(self, row: Conversation) -> None:
        """Delete a conversation, or move it out of sight and archive it; 1 request, or 2 (the first
        time 3) where the controller cannot delete. One that is gone is no error."""
        if self._deletes:
            try:
                self.delete(row)
                return
            except SekhaDeleteError:
                pass
        try:
            # The move is what takes it away; a process that ends before the other call leaves no
            # trace where anybody looks.
            self.client.move(row.id, folders.removed(row.folder))
            self.client.archive(row.id)
        except SekhaNotFoundError:
            pass

    def remove_all(self, rows: Iterable[Conversation]) -> None:
        """Remove them one after the other, in this order."""
        for row in rows:
            self.remove(row)

    @property
    def deletes(self) -> bool:
        """Whether the controller deletes, as far as is known."""
        return self._deletes
