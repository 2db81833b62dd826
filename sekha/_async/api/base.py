"""What every part of the client's surface stands on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from copy import copy
from typing import TYPE_CHECKING, Self

from sekha_api.api.conversations import count_conversations, list_conversations
from sekha_api.types import UNSET

from ..._core.create.padding import unpad
from ..._core.listing import SCAN_PAGE_SIZE, Filter, Reading, Row
from ..._core.request.answers import conversation_id_or_none, not_found
from ..._core.shown import shown
from ..._core.wire.rows import listed, row_conversation
from ...errors import SekhaResponseError
from ..session import Call, Session

if TYPE_CHECKING:
    from ...models import Conversation

READS_AT_ONCE = 8
"""How many conversations one call reads at the same time."""


def known_id(conversation_id: object) -> str:
    """The id as the controller spells it; one that can be no id is not found, without a request
    (compatibility row 14)."""
    canonical = conversation_id_or_none(conversation_id)
    if canonical is None:
        raise not_found(
            conversation_id if isinstance(conversation_id, str) else shown(conversation_id)
        )
    return canonical


class Base:
    """A part of the client's surface."""

    _session: Session

    def _telling(self, on_throttle: Callable[[float], object]) -> Self:
        """A copy that tells when a request waits for the rate limit, and for how many seconds."""
        other = copy(self)
        other._session = self._session.telling(on_throttle)
        return other

    @property
    def _clean(self) -> Callable[[str], str]:
        """Takes off what `align_multibyte` puts before a text."""
        return unpad if self._session.config.align_multibyte else str

    async def _pages(
        self, filter: Filter, *, call: Call | None = None, page_size: int = SCAN_PAGE_SIZE
    ) -> AsyncGenerator[list[Conversation]]:
        """The conversations that match, last changed first, page by page (compatibility row 6).

        The controller's own filter is asked first. If it gives nothing, counting tells whether
        there is anything to scan for, and then all pages are read and matched here.

        Args:
            call: the call whose deadline holds for all; without one each page has its own.
        """
        asked, reading = filter, Reading(filter, page_size)
        rows, total = await self._page(call, asked, reading)
        if not filter.is_any and not any(map(filter.matches, rows)):
            if await self._surely_none(call or self._session.begin(), filter):
                return
            asked, reading = Filter(), Reading(filter, SCAN_PAGE_SIZE)
            rows, total = await self._page(call, asked, reading)
        while True:
            yield [row_conversation(row) for row in reading.take(rows, total)]
            if reading.complete:
                return
            if reading.endless:
                reason = "list_conversations: pages that bring nothing new, and no end"
                raise SekhaResponseError(reason, status_code=200)
            rows, total = await self._page(call, asked, reading)

    async def _page(
        self, call: Call | None, asked: Filter, reading: Reading
    ) -> tuple[list[Row], int]:
        call = call or self._session.begin()
        return await call.read(
            list_conversations,
            listed,
            label=UNSET if asked.label is None else asked.label,
            folder=UNSET if asked.folder is None else asked.folder,
            pinned=UNSET if asked.pinned is None else asked.pinned,
            archived=UNSET if asked.archived is None else asked.archived,
            page=reading.page,
            page_size=reading.page_size,
        )

    async def _surely_none(self, call: Call, filter: Filter) -> bool:
        """Whether counting alone shows that nothing matches. The controller's count of a label
        means "contains": 0 of it is 0 (compatibility row 8)."""
        if filter.label is not None:
            if (await call(count_conversations, label=filter.label)).count == 0:
                return True
        if filter.folder is not None:
            return (await call(count_conversations, folder=filter.folder)).count == 0
        return False
