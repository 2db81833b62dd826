"""Fingerprint of a conversation: what two equal ones have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, Self

from attrs import frozen

if TYPE_CHECKING:
    from ...models import Conversation, NewConversation


class _Message(Protocol):
    @property
    def role(self) -> str: ...
    @property
    def content(self) -> str: ...


class _Body(Protocol):
    """The request of either create."""

    @property
    def label(self) -> str: ...
    @property
    def folder(self) -> str: ...
    @property
    def messages(self) -> Iterable[_Message]: ...


@frozen(cache_hash=True)
class Fingerprint:
    """Label, folder and messages as they are on the wire.

    Attributes:
        messages: the role and the content of each, in order.
    """

    label: str
    folder: str
    messages: tuple[tuple[str, str], ...]

    @classmethod
    def of_new(cls, new: NewConversation, align: Callable[[str], str] = str) -> Self:
        """Of a conversation that is to be stored.

        Args:
            align: what is done to a content before it is sent.
        """
        messages = tuple((each.role, align(each.content)) for each in new.messages)
        return cls(new.label, new.folder, messages)

    @classmethod
    def of_body(cls, body: _Body) -> Self:
        """Of the request of a create."""
        messages = tuple((each.role, each.content) for each in body.messages)
        return cls(body.label, body.folder, messages)

    @classmethod
    def of_row(cls, row: Conversation) -> Self:
        """Of a conversation that was read with its messages."""
        messages = tuple((each.role, each.content) for each in row.messages or ())
        return cls(row.label, row.folder, messages)

    @property
    def contents(self) -> list[str]:
        """The messages' texts."""
        return [content for _, content in self.messages]

    def begins_with(self, other: Fingerprint) -> bool:
        """Whether the other holds this one's first messages, or none, under the same label and in
        the same folder."""
        return (self.label, self.folder) == (other.label, other.folder) and self.messages[
            : len(other.messages)
        ] == other.messages
