"""How the controller is, and how much it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sekha_api import models as api
from sekha_api.api.conversations import list_conversations
from sekha_api.api.retrieval import rebuild_embeddings
from sekha_api.api.system import get_metrics
from sekha_api.api.tools import memory_stats
from sekha_api.types import UNSET

from ..._core import validate
from ..._core.wire import rows
from ...errors import SekhaValidationError
from ..lookup import ask_health
from .base import Base

if TYPE_CHECKING:
    from ...models import Health, MemoryStats


class System(Base):
    """The controller as a whole."""

    def health(self) -> Health:
        """How the controller says it is. It looks at its database and its vector store only: dead
        embeddings stay unseen (compatibility row 32).

        Raises:
            SekhaConnectionError: it does not answer.
        """
        return ask_health(self._session.begin())

    def keeps_times(self) -> bool:
        """Whether the controller keeps when messages were said and where conversations came from, as
        the embedded one does and the public one does not (compatibility row 2)."""
        return self._session.begin().read(
            list_conversations,
            lambda body: "order" in body.get("honoured", ()),
            page=1,
            page_size=1,
            order=api.ListConversationsOrder.STORED,
        )

    def metrics(self) -> str:
        """The controller's metrics in Prometheus' text format."""
        return self._session.begin()(get_metrics)

    def stats(
        self, folder: str | None = None, label: str | None = None, *, months: bool = False
    ) -> MemoryStats:
        """How many conversations there are, in all or of one folder or one label, and how
        important they are on average (compatibility row 29).

        Args:
            months: count messages by the month in which they were said, too, and by source. Only the
                embedded controller knows that: elsewhere `months` of the answer is None.

        Raises:
            SekhaValidationError: folder and label are both given, and `months` is not asked for.
            SekhaAPIError: they are, and this controller does not know months.
        """
        validate.optional_text("folder", folder)
        validate.optional_text("label", label)
        both = folder is not None and label is not None
        if both and not months:
            raise SekhaValidationError("label", "give a folder or a label, not both")
        body = api.MemoryStatsRequest(
            folder=UNSET if folder is None else folder, label=UNSET if label is None else label
        )
        if months:
            body.months = True
        return rows.memory_stats(self._session.begin().tool(memory_stats, body=body))

    def rebuild_embeddings(self) -> None:
        """Have everything embedded anew. The embedded controller does it before it answers; the
        public one accepts the request and does nothing (compatibility row 28)."""
        self._session.begin()(rebuild_embeddings)
