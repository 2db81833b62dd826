"""What every part of the client's surface stands on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Self

from ..._core.create.padding import unpad
from ..._core.listing import SCAN_PAGE_SIZE, Filter
from ..._core.request.answers import conversation_id_or_none, not_found
from ..._core.shown import shown
from ..lookup import pages
from ..session import Call, Session

if TYPE_CHECKING:
    from ...models import Conversation


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
        return self._sharing(self._session.telling(on_throttle))

    def _sharing(self, session: Session) -> Self:
        """A client over the same connections; closing it leaves them open."""
        other = type(self).__new__(type(self))
        other._session = session
        return other

    @property
    def _clean(self) -> Callable[[str], str]:
        """Takes off what `align_multibyte` puts before a text."""
        return unpad if self._session.config.align_multibyte else str

    def _pages(
        self, filter: Filter, *, call: Call | None = None, page_size: int = SCAN_PAGE_SIZE
    ) -> Generator[list[Conversation]]:
        """The conversations that match, last changed first, page by page.

        Args:
            call: the call whose deadline holds for all; without one each page has its own.
        """
        begin = self._session.begin if call is None else lambda: call
        return pages(begin, filter, page_size)
