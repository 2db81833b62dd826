"""One exchange with a model: what is asked, what goes in before it, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import words

CONTEXT_HEADING = "From earlier conversations with this user:"
LEADING = ("system", "developer")
BYTES_PER_TOKEN = 4


def as_items(given: object) -> list[Any]:
    """The messages of a call as JSON values: of a list, of one text, of the SDK's own models."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, Iterable):
        return []
    return [each.model_dump(mode="json") if hasattr(each, "model_dump") else each for each in given]


def new_items(items: Sequence[Any]) -> list[Any]:
    """Those since the model spoke last: the ones before it were kept when it did."""
    start = 0
    for place, item in enumerate(items):
        if isinstance(item, Mapping) and _is_models(item):
            start = place + 1
    return [each for each in items[start:] if _role(each) not in LEADING]


def question(items: Sequence[Any]) -> str:
    """What the user said last; empty if the last word is not the user's."""
    asked = [each for each in new_items(items) if _role(each) == "user"]
    return words.item_words(asked[-1]).text.strip() if asked else ""


def told_already(items: Sequence[Any]) -> set[str]:
    """The texts that the model sees anyway."""
    return {words.item_words(each).text.strip() for each in items}


def context(lines: str) -> str:
    """What is told to the model before the question."""
    return f"{CONTEXT_HEADING}\n{lines}"


def with_context(messages: Iterable[Any], text: str) -> list[Any]:
    """Chat messages with a context after the instructions that lead them."""
    every = list(messages)
    place = 0
    while place < len(every) and _role(every[place]) in LEADING:
        place += 1
    return [*every[:place], {"role": "system", "content": text}, *every[place:]]


def _is_models(item: Mapping[str, Any]) -> bool:
    kind = str(item.get("type", ""))
    return item.get("role") == "assistant" or (kind.endswith("_call") and "role" not in item)


def _role(item: Any) -> Any:
    return item.get("role") if isinstance(item, Mapping) else getattr(item, "role", None)


class ChatAnswer:
    """A chat answer put together from its chunks."""

    def __init__(self) -> None:
        self._content: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}

    def add(self, chunk: Any) -> None:
        """Take the next chunk of a stream."""
        for choice in getattr(chunk, "choices", None) or []:
            if choice.index != 0 or choice.delta is None:
                continue
            self._content.append(choice.delta.content or "")
            for call in choice.delta.tool_calls or []:
                self._add_call(call)

    def items(self) -> list[Any]:
        """The answer as a message; none if nothing was said."""
        item: dict[str, Any] = {"role": "assistant", "content": "".join(self._content)}
        if self._calls:
            item["tool_calls"] = [self._calls[index] for index in sorted(self._calls)]
        return [item] if item["content"] or self._calls else []

    def _add_call(self, call: Any) -> None:
        held = self._calls.setdefault(
            call.index, {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
        )
        held["id"] = call.id or held["id"]
        if call.function is not None:
            held["function"]["name"] += call.function.name or ""
            held["function"]["arguments"] += call.function.arguments or ""


class ResponseAnswer:
    """An answer of the responses API, from the event that ends its stream."""

    def __init__(self) -> None:
        self._items: list[Any] = []

    def add(self, event: Any) -> None:
        """Take the next event of a stream."""
        response = getattr(event, "response", None)
        if response is not None and getattr(event, "type", "").endswith(
            (".completed", ".incomplete")
        ):
            self._items = response_items(response)

    def items(self) -> list[Any]:
        return self._items


def streamed(answer: ChatAnswer | ResponseAnswer, chunks: Iterable[Any]) -> list[Any]:
    """What the chunks of a stream say together."""
    for chunk in chunks:
        answer.add(chunk)
    return answer.items()


def response_items(response: Any) -> list[Any]:
    """What a whole answer of the responses API says."""
    output = getattr(response, "output", None) or []
    return [each.model_dump(mode="json", exclude_none=True) for each in output]


def completion_items(completion: Any) -> list[Any]:
    """What a whole chat answer says."""
    choices = getattr(completion, "choices", None) or []
    if not choices:
        return []
    item = choices[0].message.model_dump(mode="json", exclude_none=True)
    item.pop("parsed", None)
    return [item]
