"""What goes into a call of a model from memory, and what is kept of it. A memory that is down or slow
is a line in the log, and never an error of the call."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

from ..._async.client import SekhaClient
from ..._core import validate
from ...errors import SekhaError
from .._core import exchange, folders, words
from .finding import recall_under
from .session import Session

log = logging.getLogger("sekha")

FOUND = 20


class Remembering:
    """The memory of one user's calls.

    Args:
        client: any client.
        user_id: whose calls they are.
        session_id: the session that they are kept in; None is a new one.
        budget: tokens of the context at most, 4 bytes each.
        patience: seconds that a memory may take before a call, and again after it.
    """

    def __init__(
        self,
        client: SekhaClient,
        user_id: str,
        *,
        session_id: str | None,
        root: str,
        budget: int,
        patience: float,
    ) -> None:
        validate.integer("budget", budget, 1)
        name = session_id or f"{datetime.now(timezone.utc):%Y-%m-%d %H.%M} {secrets.token_hex(3)}"
        self._client = client.options(deadline=patience, timeout=patience)
        self._under = folders.user_folder(folders.root(root), user_id)
        self._budget = budget
        folder = folders.join(self._under, folders.segment("session_id", name))
        self._session = Session(self._client, folder, title=name, describe=words.item_words)

    async def context(self, asked: object) -> str:
        """What is known about the question, to be put before it; empty if there is nothing.

        Args:
            asked: the messages of the call, in any form that it takes them in.
        """
        try:
            return await self._context(exchange.as_items(asked))
        except Exception as error:
            # Whatever it is, the call has to go on.
            log.warning("remember: going on without a context: %s", _told(error))
            return ""

    async def _context(self, items: Sequence[Any]) -> str:
        question = exchange.question(items)
        if not question:
            return ""
        found = await recall_under(self._client, question, FOUND, self._under)
        seen = exchange.told_already(items)
        told = [each for each in found if each.content.strip() not in seen]
        heading = len(exchange.context(""))
        most = self._budget * exchange.BYTES_PER_TOKEN - heading
        lines = words.fitting_lines(told, most)
        return exchange.context(lines) if lines else ""

    async def keep(self, asked: object, answer: Callable[[], Sequence[Any]]) -> None:
        """Keep what is new in a call, and its answer.

        Args:
            asked: as `context` takes it.
            answer: gives the answer's items; with none, nothing is kept.
        """
        try:
            items = answer()
            if items:
                await self._session.add([*exchange.new_items(exchange.as_items(asked)), *items])
        except Exception as error:
            log.warning("remember: the exchange was not kept: %s", _told(error))


def _told(error: Exception) -> str:
    return error.message if isinstance(error, SekhaError) else repr(error)
