"""LlamaIndex: a block of long-term memory, and a retriever.

```python
from llama_index.core.memory import Memory
from sekha import SekhaClient
from sekha.integrations.llama_index import SekhaMemoryBlock

client = SekhaClient.local("memory.db")
memory = Memory.from_defaults(
    session_id="chat-1", memory_blocks=[SekhaMemoryBlock(client=client, user_id="anna")]
)
```
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .._async.client import SekhaClient
from .._core import validate
from .._sync.client import SyncSekhaClient
from ..errors import SekhaValidationError
from ._async.finding import recall_under as async_recall_under
from ._async.session import Session
from ._async.sessions import Sessions
from ._core import folders, words
from ._core.codec import Said
from ._missing import requires
from ._sync.finding import recall_under

with requires("llama-index"):
    from llama_index.core.base.llms.types import ChatMessage, MessageRole
    from llama_index.core.bridge.pydantic import Field, PrivateAttr
    from llama_index.core.memory import BaseMemoryBlock
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

if TYPE_CHECKING:
    from ..models import RecallResult

__all__ = ["SekhaMemoryBlock", "SekhaRetriever"]

SESSION = "session_id"


class SekhaMemoryBlock(BaseMemoryBlock[str]):
    """Keeps what leaves the short-term memory, and gives back what answers the last question.

    A put is 1 request for every 100 messages of a session; a get is a recall among all that the
    user has said, in any session and any framework, and in nothing of anybody else.

    Args:
        client: any async client; it stays open.
        user_id: whose memory it is.
        root: the folder that the users' folders are in.
        limit: how many messages at most, from 1.
    """

    name: str = "sekha"
    description: str | None = "Earlier messages that bear on the last one."
    client: Any = Field(exclude=True)
    user_id: str = "default"
    root: str = folders.ROOT
    limit: int = 8
    _sessions: Sessions = PrivateAttr(default_factory=Sessions)

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        if not isinstance(self.client, SekhaClient):
            raise SekhaValidationError("client", "a SekhaClient is needed")
        validate.integer("limit", self.limit, 1)
        self._folder()

    async def _aget(self, messages: list[ChatMessage] | None = None, **block_kwargs: Any) -> str:
        asked = [each for each in messages or [] if each.role == MessageRole.USER and each.content]
        if not asked:
            return ""
        query = asked[-1].content or ""
        # What the model sees anyway need not be told again.
        seen = {each.content for each in messages or []}
        most = self.limit + len(seen)
        found = await async_recall_under(self.client, query, most, self._folder())
        told = [each for each in found if each.content not in seen][: self.limit]
        return words.found_lines(told) if told else ""

    async def _aput(self, messages: list[ChatMessage]) -> None:
        by_session: dict[str, list[Any]] = {}
        for message in messages:
            session = str(message.additional_kwargs.get(SESSION) or "default")
            by_session.setdefault(session, []).append(message.model_dump(mode="json"))
        for name, items in by_session.items():
            await self._session(name).add(items)

    async def atruncate(self, content: str, tokens_to_truncate: int) -> str | None:
        """The best lines that still fit, a token taken for four characters."""
        room = len(content) - 4 * tokens_to_truncate
        kept = content[: max(0, room)].rpartition("\n")[0]
        return kept or None

    def _session(self, name: str) -> Session:
        folder = folders.join(self._folder(), folders.segment(SESSION, name))
        return self._sessions.of(self.client, folder, title=name, describe=_describe)

    def _folder(self) -> str:
        return folders.user_folder(folders.root(self.root), self.user_id)


class SekhaRetriever(BaseRetriever):
    """The messages that answer a query best, as nodes; a call costs what `client.recall` costs.

    Args:
        client: any client; it stays open. A sync one serves both kinds of calls, an async one
            `aretrieve`.
        similarity_top_k: how many nodes at most, from 1.
        under: a folder: only what is kept in it and below it; None is all of the memory.
    """

    def __init__(
        self,
        client: SyncSekhaClient | SekhaClient,
        *,
        similarity_top_k: int = 4,
        under: str | None = None,
        **options: Any,
    ) -> None:
        self._client = client
        self._limit = validate.integer("similarity_top_k", similarity_top_k, 1)
        self._under = under
        super().__init__(**options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if not isinstance(self._client, SyncSekhaClient):
            raise SekhaValidationError("client", "an async client: await aretrieve")
        found = recall_under(self._client, query_bundle.query_str, self._limit, self._under)
        return [_node(each) for each in found]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if not isinstance(self._client, SekhaClient):
            return await asyncio.to_thread(self._retrieve, query_bundle)
        query = query_bundle.query_str
        found = await async_recall_under(self._client, query, self._limit, self._under)
        return [_node(each) for each in found]


def _describe(item: Any) -> Said:
    return Said(str(item["role"]), words.item_words({"blocks": item["blocks"]}).text)


def _node(found: RecallResult) -> NodeWithScore:
    metadata = {
        "conversation_id": found.conversation_id,
        "label": found.label,
        "folder": found.folder,
        "role": found.role,
        "timestamp": found.timestamp.isoformat() if found.timestamp else None,
    }
    node = TextNode(id_=found.message_id, text=found.content, metadata=metadata)
    return NodeWithScore(node=node, score=found.score)
