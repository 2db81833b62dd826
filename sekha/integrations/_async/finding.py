"""Finding for one user, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from ..._async.client import SekhaClient
from ..._core.wire.roles import RECORD_ROLE
from .._core import folders

if TYPE_CHECKING:
    from ...models import Conversation, RecallResult

RECORDS = 4
"""Of so many messages that are found at most one is a record, as a rule: so many more are asked for."""
MOST = 10_000


async def recall_under(
    client: SekhaClient, query: str, limit: int, under: str | None
) -> list[RecallResult]:
    """The messages of a folder, and of all below it, that answer a query best; what a recall costs.

    Args:
        query: a question or what to look for, in plain language.
        limit: how many at most, from 1.
        under: the folder; None for all of the memory. Nothing kept elsewhere is given, whatever
            the controller answers, and nothing that was removed.

    Raises:
        SekhaValidationError: the query is empty.
        SekhaUnavailableError: the controller could not look by meaning.
    """
    asked = limit + max(2, limit // RECORDS)
    while True:
        response = await client.recall(query, asked, under=under)
        found = [each for each in response if _is_wanted(each, under)]
        if len(found) >= limit or len(response) < asked or asked >= MOST:
            return found[:limit]
        asked = min(asked * 10, MOST)


async def rows_under(client: SekhaClient, under: str) -> AsyncGenerator[Conversation]:
    """The rows of a folder and of all below it, the last changed first."""
    async for row in client.iter_conversations(under=under):
        if folders.is_under(row.folder, under):
            yield row


def _is_wanted(found: RecallResult, under: str | None) -> bool:
    if found.role == RECORD_ROLE or folders.is_under(found.folder, folders.REMOVED):
        return False
    return under is None or folders.is_under(found.folder, under)
