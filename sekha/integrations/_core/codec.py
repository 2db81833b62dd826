"""Items as messages: their text to be found, all the rest to come back exactly.

An item is any JSON value. Its text is stored as a message, which searches find. If the message alone
does not say what the item was, a first message of the role `RECORD_ROLE` says it for all items of the
conversation: compressed, so that no search finds a word in it. It is the first, for a controller
stores one message after the other (compatibility row 5): whoever reads while it does takes no message
for an item that it is not.
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
        _check(index, item)
        said = describe(item)
        text, role = _storable(said.text), _storable(said.role).strip() or "unknown"
        role = role if role != RECORD_ROLE else "unknown"
        told = 1 if text.strip() else 0
        if told:
            messages.append(models.MessageDto(role, text))
        if told and _is_plain(item, role, text):
            entries.append(None)
        else:
            entries.append([told, item])
    if any(entry is not None for entry in entries):
        return [models.MessageDto(RECORD_ROLE, _pack(entries)), *messages]
    return messages


def decode(messages: Sequence[Message]) -> list[Any]:
    """The items that `encode` made these messages of; of other messages, what they say. Of items that
    are not stored whole yet, the first ones.

    Raises:
        SekhaResponseError: the record was changed, or is not one of this version.
    """
    return [item for _, item in _items(messages)]


def by_message(messages: Sequence[Message]) -> dict[str, Any]:
    """The items by the ids of the messages that say them; raises as `decode` does."""
    return {message.id or "": item for message, item in _items(messages) if message is not None}


def copied(items: Sequence[Any]) -> list[Any]:
    """The same items, which the caller may change."""
    return deepcopy(list(items))


def texts(messages: Sequence[Message]) -> list[Message]:
    """The messages that people read."""
    return [each for each in messages if each.role != RECORD_ROLE]


def _items(messages: Sequence[Message]) -> Iterator[tuple[Message | None, Any]]:
    """The items, each with the message that says it."""
    said = iter(texts(messages))
    for entry in _entries(messages):
        told, item = (1, None) if entry is None else entry
        message = next(said, None) if told else None
        if entry is None:
            if message is None:
                return  # it is not stored yet
            item = {"role": message.role, "content": message.content}
        yield message, item


def _entries(messages: Sequence[Message]) -> list[Any]:
    for each in messages:
        if each.role == RECORD_ROLE:
            return _unpack(each.content)
    return [None] * len(messages)


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


def _check(index: int, item: Any) -> None:
    try:
        json.dumps(item)
    except (TypeError, ValueError) as error:
        raise SekhaValidationError(f"items[{index}]", f"is no JSON value: {error}") from None
    except RecursionError:
        raise SekhaValidationError(f"items[{index}]", "is nested too deeply") from None


def _pack(entries: list[Any]) -> str:
    data = json.dumps([1, entries], separators=(",", ":")).encode()
    # One run of letters: to a word index it is one word, which nobody searches for.
    return base64.b32encode(zlib.compress(data, 6)).decode().rstrip("=")


def _unpack(content: str) -> list[Any]:
    try:
        padded = content + "=" * (-len(content) % 8)
        version, entries = json.loads(zlib.decompress(base64.b32decode(padded)))
        if version != 1 or not all(each is None or len(each) == 2 for each in entries):
            raise ValueError("not of this version")
    except (ValueError, TypeError, zlib.error):
        raise SekhaResponseError(
            "a stored record cannot be read: it was changed by something else", status_code=200
        ) from None
    return list(entries)


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
