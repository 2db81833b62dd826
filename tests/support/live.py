"""A live controller that tests share."""

from __future__ import annotations

from sekha import ClientConfig, SyncSekhaClient
from sekha.integrations._core import folders
from sekha.integrations._sync.rows import Rows


def set_aside(config: ClientConfig) -> None:
    """Move what other tests left out of the sight of the next one: it cannot be deleted (row 22)."""
    with SyncSekhaClient(config) as client:
        rows = client.list_conversations(limit=10_000)
        left = [each for each in rows if not folders.is_under(each.folder, folders.REMOVED)]
        Rows(client).remove_all(left)
