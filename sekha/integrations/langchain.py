"""LangChain: a retriever over a memory.

```python
from sekha import SyncSekhaClient
from sekha.integrations.langchain import SekhaRetriever

with SyncSekhaClient.local("memory.db") as memory:
    documents = SekhaRetriever(client=memory, k=5).invoke("What is the boat called?")
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._async.client import SekhaClient
from .._core import validate
from .._sync.client import SyncSekhaClient
from ..errors import SekhaValidationError
from ._async.finding import recall_under as async_recall_under
from ._missing import requires
from ._sync.finding import recall_under

with requires("langchain"):
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

if TYPE_CHECKING:
    from langchain_core.callbacks.manager import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )

    from ..models import RecallResult

__all__ = ["SekhaRetriever"]


class SekhaRetriever(BaseRetriever):
    """The messages that answer a query best, by words and meaning together, as documents.

    A call costs what `client.recall` costs. A document's `id` is the message's; its metadata has
    `conversation_id`, `label`, `folder`, `role`, `timestamp` (ISO 8601 or None), `score`,
    `similarity` and `matched`, as `RecallResult` has them.

    Args:
        client: any client; it stays open. A sync one serves `invoke` and `ainvoke`, an async one
            `ainvoke`.
        k: how many documents at most, from 1; `invoke(query, k=...)` goes before it.
        under: a folder: only what is kept in it and below it; None is all of the memory.

    Raises:
        SekhaUnavailableError: the controller could not look by meaning.
    """

    client: Any
    k: int = 4
    under: str | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        if not isinstance(self.client, SyncSekhaClient):
            raise SekhaValidationError("client", "an async client: await ainvoke")
        return [
            _document(each) for each in recall_under(self.client, query, self._k(k), self.under)
        ]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        if not isinstance(self.client, SekhaClient):
            import asyncio

            found = await asyncio.to_thread(
                recall_under, self.client, query, self._k(k), self.under
            )
        else:
            found = await async_recall_under(self.client, query, self._k(k), self.under)
        return [_document(each) for each in found]

    def _k(self, k: int | None) -> int:
        return validate.integer("k", self.k if k is None else k, 1)


def _document(found: RecallResult) -> Document:
    metadata = {
        "conversation_id": found.conversation_id,
        "label": found.label,
        "folder": found.folder,
        "role": found.role,
        "timestamp": found.timestamp.isoformat() if found.timestamp else None,
        "score": found.score,
        "similarity": found.similarity,
        "matched": list(found.matched),
    }
    return Document(page_content=found.content, id=found.message_id, metadata=metadata)
