"""OpenAI's client with a memory: what is known goes into each call, and the exchange is kept.

```python
from openai import OpenAI
from sekha import SyncSekhaClient
from sekha.integrations.openai import remember

with SyncSekhaClient.local("memory.db") as memory:
    client = remember(OpenAI(), memory, "anna")
    client.chat.completions.create(model=..., messages=[{"role": "user", "content": "..."}])
```
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

from .._async.client import SekhaClient
from .._sync.client import SyncSekhaClient
from ..errors import SekhaValidationError
from ._async.remembering import Remembering as AsyncRemembering
from ._core import exchange, folders
from ._missing import requires
from ._sync.remembering import Remembering

with requires("openai"):
    from openai import AsyncOpenAI, AsyncStream, OpenAI, Stream

__all__ = ["remember"]

C = TypeVar("C", OpenAI, AsyncOpenAI)

RAW = "X-Stainless-Raw-Response"


def remember(
    client: C,
    memory: SyncSekhaClient | SekhaClient,
    user_id: str = "default",
    *,
    session_id: str | None = None,
    budget: int = 1_000,
    patience: float = 15.0,
    root: str = folders.ROOT,
) -> C:
    """A copy of an OpenAI client that remembers; the given one stays as it is.

    `chat.completions.create` and `.parse`, `responses.create` and `.parse` get what the memory knows
    about the user's last message: a system message in a chat, a part of the `instructions` of a
    response. What was new in the call and the whole answer are kept; of a stream once it was read to
    its end. That is a recall before each call and 1 request after it. `remember=False` in a call
    leaves the memory out of it; so do raw responses. A memory that is down is a warning in the log
    of `sekha`, never an error.

    Args:
        client: any client of the API, with any `base_url`.
        memory: a sync client for an `OpenAI`, an async one for an `AsyncOpenAI`; it stays open.
        user_id: whose calls they are: nothing of another user goes in.
        session_id: the session that they are kept in; None is a new one.
        budget: tokens of the context at most, 4 bytes each.
        patience: seconds that the memory may take before a call, and again after it.
        root: the folder that the users' folders are in.

    Raises:
        SekhaValidationError: the memory is not of the client's kind, or a name cannot be one.
    """
    options: dict[str, Any] = {
        "session_id": session_id,
        "root": root,
        "budget": budget,
        "patience": patience,
    }
    copy = client.copy()
    resources: list[tuple[Any, Kind]] = [
        (copy.chat.completions, _Chat),
        (copy.responses, _Responses),
    ]
    if isinstance(client, AsyncOpenAI) and isinstance(memory, SekhaClient):
        kept = AsyncRemembering(memory, user_id, **options)
        for resource, kind in resources:
            for name in ("create", "parse"):
                setattr(resource, name, _async_call(getattr(resource, name), kept, kind))
    elif isinstance(client, OpenAI) and isinstance(memory, SyncSekhaClient):
        known = Remembering(memory, user_id, **options)
        for resource, kind in resources:
            for name in ("create", "parse"):
                setattr(resource, name, _call(getattr(resource, name), known, kind))
    else:
        wanted = "SekhaClient" if isinstance(client, AsyncOpenAI) else "SyncSekhaClient"
        raise SekhaValidationError("memory", f"this client needs a {wanted}")
    return copy


class _Chat:
    """Where a chat call has its messages, and its answer."""

    Answer = exchange.ChatAnswer
    items = staticmethod(exchange.completion_items)

    @staticmethod
    def asked(call: dict[str, Any]) -> object:
        call["messages"] = list(call.get("messages") or [])
        return call["messages"]

    @staticmethod
    def tell(call: dict[str, Any], context: str) -> None:
        call["messages"] = exchange.with_context(call["messages"], context)


class _Responses:
    """Where a call of the responses API has them."""

    Answer = exchange.ResponseAnswer
    items = staticmethod(exchange.response_items)

    @staticmethod
    def asked(call: dict[str, Any]) -> object:
        if not isinstance(call.get("input"), str):
            call["input"] = list(call.get("input") or [])
        return call["input"]

    @staticmethod
    def tell(call: dict[str, Any], context: str) -> None:
        given = call.get("instructions")
        call["instructions"] = (
            f"{given}\n\n{context}" if isinstance(given, str) and given else context
        )


Kind = type[_Chat] | type[_Responses]


def _is_left_out(call: dict[str, Any]) -> bool:
    wanted = call.pop("remember", True)
    return not wanted or RAW in (call.get("extra_headers") or {})


def _call(original: Callable[..., Any], known: Remembering, kind: Kind) -> Callable[..., Any]:
    def call(**arguments: Any) -> Any:
        if _is_left_out(arguments):
            return original(**arguments)
        asked = kind.asked(arguments)
        if context := known.context(asked):
            kind.tell(arguments, context)
        answer = original(**arguments)
        if isinstance(answer, Stream):
            answer._iterator = _kept(answer._iterator, known, asked, kind)
        else:
            known.keep(asked, lambda: kind.items(answer))
        return answer

    return call


def _kept(chunks: Iterator[Any], known: Remembering, asked: object, kind: Kind) -> Iterator[Any]:
    seen = []
    for chunk in chunks:
        seen.append(chunk)
        yield chunk
    known.keep(asked, lambda: exchange.streamed(kind.Answer(), seen))


def _async_call(
    original: Callable[..., Any], kept: AsyncRemembering, kind: Kind
) -> Callable[..., Any]:
    async def call(**arguments: Any) -> Any:
        if _is_left_out(arguments):
            return await original(**arguments)
        asked = kind.asked(arguments)
        if context := await kept.context(asked):
            kind.tell(arguments, context)
        answer = await original(**arguments)
        if isinstance(answer, AsyncStream):
            answer._iterator = _kept_async(answer._iterator, kept, asked, kind)
        else:
            await kept.keep(asked, lambda: kind.items(answer))
        return answer

    return call


async def _kept_async(
    chunks: AsyncIterator[Any], kept: AsyncRemembering, asked: object, kind: Kind
) -> AsyncIterator[Any]:
    seen = []
    async for chunk in chunks:
        seen.append(chunk)
        yield chunk
    await kept.keep(asked, lambda: exchange.streamed(kind.Answer(), seen))
