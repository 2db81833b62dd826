"""Text that the controller cannot store as it is, and how it can (compatibility row 3).

The controller cuts a preview at a message's 100th byte. If that cut falls inside a character of
several bytes, its handler dies. One to three spaces in front move the cut between two characters.

Padding must come off again, also of a text that begins with spaces of its own. So the spaces are
numbered: of all the counts of leading spaces with which a text could be stored, a text with n
spaces of its own is stored with the n-th. Where every count will do, nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice

PREVIEW_BYTES = 100


def is_unstorable(content: str) -> bool:
    """Whether this text, sent as it is, kills the controller's handler."""
    # A character has at most 4 bytes: a short text needs no encoding to be known as short.
    if len(content) <= PREVIEW_BYTES // 4 or content.isascii():
        return False
    return not _can_follow(0, content.encode())


def first_unstorable(contents: Sequence[str]) -> int | None:
    """The index of the first text that cannot be stored as it is."""
    return next((index for index, text in enumerate(contents) if is_unstorable(text)), None)


def pad(content: str) -> str:
    """The text as it can be stored."""
    if content.isascii():
        return content
    body = content.lstrip(" ")
    spaces = next(islice(_storable_counts(body), len(content) - len(body), None))
    return " " * spaces + body


def unpad(content: str) -> str:
    """The text that `pad` made this of."""
    if not content.startswith(" ") or content.isascii():
        return content
    body = content.lstrip(" ")
    spaces = len(content) - len(body)
    for own, storable in enumerate(_storable_counts(body)):
        if storable >= spaces:
            return " " * own + body if storable == spaces else content
    raise AssertionError("there is no greatest count")


def _storable_counts(body: str) -> Iterator[int]:
    data = body.encode()
    return (spaces for spaces in count() if _can_follow(spaces, data))


def _can_follow(spaces: int, data: bytes) -> bool:
    """Whether text can be stored with so many spaces in front: the cut is not inside a character."""
    cut = PREVIEW_BYTES - spaces
    return not 0 <= cut < len(data) or (data[cut] & 0xC0) != 0x80
