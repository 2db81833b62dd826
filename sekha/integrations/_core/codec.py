"""Items as messages: their text to be found, all the rest to come back exactly.

An item is any JSON value. Its text is stored as a message, which searches find. If the message alone
does not say what the item was, a last message of the role `RECORD_ROLE` says it for all items of the
conversation: compressed, so that no search finds a word in it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from ... import models
from ..._core.create.padding import is_unstorable, pad
from ..._core.wire.roles import RECORD_ROLE
from ...errors import SekhaResponseError, SekhaValidationError
from ...models import Message, MessageDto


class Said(NamedTuple):
    """An item in words: who says it, and what. An empty text is not stored as a message."""

    role: str
    text: str


Describe = Callable[[Any], Said]


def encode(items: Sequence[Any], describe: Describe) -> list[MessageDto]:
    """The messages to store for these items.

    Args:
        items: JSON values.
        describe: says an item in words.

    Raises:
        SekhaValidationError: one of them is no JSON value.
    """
    messages: list[MessageDto] = []
    entries: list[Any] = []
    for index, item in enumerate(items):
        said = describe(item)
        text, role = _storable(said.text), _storable(said.role).strip() or "unknown"
        role = role if role != RECORD_ROLE else "unknown"
        told = 1 if text.strip() else 0
        if told:
            messages.append(models.MessageDto(role, text))
        if told and _is_plain(item, role, text):
            entries.append(None)
        else:
            entries.append([told, _checked(index, item)])
    if any(entry is not None for entry in entries):
        messages.append(models.MessageDto(RECORD_ROLE, _pack(entries)))
    return messages


def decode(messages: Sequence[Message]) -> list[Any]:
    """The items that `encode` made these messages of; of other messages, what they say.

    Raises:
        SekhaResponseError: the record was changed, or is not one of this version.
    """
    if not messages or messages[-1].role != RECORD_ROLE:
        return [{"role": each.role, "content": each.content} for each in messages]
    said = iter(messages[:-1])
    try:
        return list(_items(said, _unpack(messages[-1].content)))
    except (ValueError, TypeError, zlib.error, StopIteration, RuntimeError):
        raise SekhaResponseError(
            "a stored record cannot be read: it was changed by something else", status_code=200
        ) from None


def by_message(messages: Sequence[Message]) -> dict[str, Any]:
    """The items by the ids of the messages that say them; raises as `decode` does."""
    ids = [each.id or "" for each in texts(messages)]
    if not messages or messages[-1].role != RECORD_ROLE:
        return dict(zip(ids, decode(messages), strict=True))
    told = [entry is None or bool(entry[0]) for entry in _unpack(messages[-1].content)]
    said = [item for item, is_told in zip(decode(messages), told, strict=True) if is_told]
    return dict(zip(ids, said, strict=True))


def copied(items: Sequence[Any]) -> list[Any]:
    """The same items, which the caller may change."""
    return deepcopy(list(items))


def texts(messages: Sequence[Message]) -> list[Message]:
    """The messages that people read."""
    return [each for each in messages if each.role != RECORD_ROLE]


def _items(said: Iterator[Message], entries: list[Any]) -> Iterator[Any]:
    for entry in entries:
        if entry is None:
            message = next(said)
            yield {"role": message.role, "content": message.content}
        else:
            told, item = entry
            if told:
                next(said)
            yield item


def _is_plain(item: Any, role: str, text: str) -> bool:
    """Whether the message alone says what the item was."""
    return (
        type(item) is dict
        and item.keys() == {"role", "content"}
        and item["role"] == role
        and item["content"] == text
    )


def _storable(text: str) -> str:
    """Text that any controller stores: whole characters, none of them cut (compatibility row 3)."""
    whole = text.encode("utf-8", "replace").decode().replace("\x00", " ")
    return pad(whole) if is_unstorable(whole) else whole


def _checked(index: int, item: Any) -> Any:
    try:
        json.dumps(item)
    except (TypeError, ValueError) as error:
        raise SekhaValidationError(f"items[{index}]", f"is no JSON value: {error}") from None
    return item


def _pack(entries: list[Any]) -> str:
    data = json.dumps([1, entries], separators=(",", ":")).encode()
    # One run of letters: to a word index it is one word, which nobody searches for.
    return base64.b32encode(zlib.compress(data, 6)).decode().rstrip("=")


def _unpack(content: str) -> list[Any]:
    padded = content + "=" * (-len(content) % 8)
    version, entries = json.loads(zlib.decompress(base64.b32decode(padded)))
    if version != 1 or not isinstance(entries, list):
        raise ValueError("not of this version")
    return entries


def strings_of(value: Any) -> Iterator[str]:
    """All texts in a JSON value, in order; keys are no texts."""
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from strings_of(each)
        case list() | tuple():
            for each in value:
                yield from strings_of(each)
