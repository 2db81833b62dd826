"""Formats whose conversations are more than a record: a file of lines, the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from attrs import frozen

from .drafts import Conversion, Draft, Skip, Wishes
from .guard import TOO_DEEP

Outcome = tuple[str, Draft | Skip]
"""Where a conversation stands (nothing for the file or record itself), and what it is."""


@frozen
class Origin:
    """The file that is folded.

    Attributes:
        name: its path in the export.
        beside: the beginning of the file of a name in the same folder; nothing if there is none.
    """

    name: str
    wishes: Wishes
    beside: Callable[[str], bytes] = lambda name: b""

    def conversion(self) -> Conversion:
        """A new conversion of the caller's wishes."""
        return Conversion(self.wishes, self.name)


class Fold(Protocol):
    """Takes the records of a file one after the other, and gives the conversations they make."""

    def add(self, record: Mapping[str, Any], where: str) -> Iterator[Outcome]: ...

    def finish(self) -> Iterator[Outcome]: ...


class Session:
    """A file that is one conversation: the base of the folds of such formats."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.work = origin.conversion()

    def take(self, record: Mapping[str, Any]) -> None:
        """A record of the conversation."""
        raise NotImplementedError

    def drafts(self) -> list[Draft | Skip]:
        """What all records make."""
        raise NotImplementedError

    def add(self, record: Mapping[str, Any], where: str) -> Iterator[Outcome]:
        self.take(record)
        return iter(())

    def finish(self) -> Iterator[Outcome]:
        try:
            drafts = self.drafts()
        except RecursionError:
            drafts = [Skip(TOO_DEEP)]
        for draft in drafts:
            yield "", draft


class Groups:
    """Records that say to which conversation they belong, in whatever order: the base of folds
    that gather them by an id. Only what is kept of each is in memory."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._groups: dict[str, list[Any]] = {}

    def key(self, record: Mapping[str, Any]) -> str | None:
        """The id of its conversation; None if it is one by itself."""
        raise NotImplementedError

    def keep(self, record: Mapping[str, Any]) -> Any:
        """What is kept of it."""
        return record

    def drafts(self, key: str, kept: list[Any]) -> list[Draft | Skip]:
        """The conversation of these records."""
        raise NotImplementedError

    def add(self, record: Mapping[str, Any], where: str) -> Iterator[Outcome]:
        key = self.key(record)
        if key is None:
            for draft in self.drafts("", [self.keep(record)]):
                yield where, draft
        else:
            self._groups.setdefault(key, []).append(self.keep(record))

    def finish(self) -> Iterator[Outcome]:
        while self._groups:
            key = next(iter(self._groups))
            try:
                drafts = self.drafts(key, self._groups.pop(key))
            except RecursionError:
                drafts = [Skip(TOO_DEEP)]
            for draft in drafts:
                yield f"{self.origin.name}#{key}", draft
