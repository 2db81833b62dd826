"""Documents by key on a store that cannot overwrite: each change is a version, the last one counts."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from ... import models
from ..._concurrency import sleep
from ..._sync.client import SyncSekhaClient
from ...errors import SekhaNotFoundError, SekhaResponseError
from .._core import codec
from .._core.codec import Said
from .._core.labels import VersionLabel
from .rows import Rows

if TYPE_CHECKING:
    from ...models import Conversation

UNSAID = Said("document", "")
STILL_AFTER = 2.0
"""Seconds for which a version may be without its value before it is taken for one that its writer left
behind."""
LOOK_INTERVAL = 0.1


@frozen
class Document:
    """The head of a document: its last version's row, and older ones that still stand."""

    row: Conversation
    label: VersionLabel
    older: tuple[Conversation, ...] = ()

    @property
    def key(self) -> str:
        return self.label.title


class Conflict(Exception):
    """The document is not in the version that was expected."""


class Documents:
    """Documents of one folder, each any JSON value.

    A new version is stored before the old one goes, so that a process that ends meanwhile leaves
    one of both.

    Args:
        client: any client.
        first_wins: of two versions of one number, which two writers stored at the same time, the
            one that was stored first counts, and not the last one.
    """

    def __init__(self, client: SyncSekhaClient, *, first_wins: bool = False) -> None:
        self.rows = Rows(client)
        self._first_wins = first_wins
        self._client = client

    def heads(self, folder: str) -> dict[str, Document]:
        """The documents of exactly this folder, by key; 1 request for every 1,000."""
        rows = [each for each in self._client.iter_conversations(folder=folder)]
        return self.heads_of(each for each in rows if each.folder == folder)

    def heads_of(self, rows: Iterable[Conversation]) -> dict[str, Document]:
        """The documents that these rows of one folder are versions of, by key."""
        versions: dict[str, list[Document]] = {}
        for row in rows:
            label = VersionLabel.parse(row.label)
            if label is not None:
                versions.setdefault(label.title, []).append(Document(row, label))
        return {key: self._head(each) for key, each in versions.items()}

    def heads_by_folder(self, rows: Iterable[Conversation]) -> dict[str, dict[str, Document]]:
        """The documents that these rows are versions of, by folder and key."""
        gathered: dict[str, list[Conversation]] = {}
        for row in rows:
            gathered.setdefault(row.folder, []).append(row)
        return {folder: self.heads_of(each) for folder, each in gathered.items()}

    def _head(self, versions: list[Document]) -> Document:
        versions.sort(key=_last_stored)
        head = min(versions, key=_first_stored) if self._first_wins else versions[-1]
        older = tuple(each.row for each in versions if each is not head)
        return evolve(head, older=older)

    def read(self, document: Document) -> Any:
        """A document's value; 1 request. Of a version that its writer left behind before anything was
        stored, the value before it.

        Raises:
            SekhaNotFoundError: it was replaced or taken away since, or was never stored.
        """
        waited = 0.0
        while True:
            stored = self._client.get_conversation(document.row.id)
            if stored.folder != document.row.folder:
                break
            values = codec.decode(stored.messages or ())
            if len(values) == 1:
                return values[0]
            if values:
                raise SekhaResponseError(
                    f"the document {document.key!r} was changed by something else", status_code=200
                )
            # A controller stores the row, and then the messages (compatibility row 5).
            if waited >= STILL_AFTER:
                if document.older:
                    return self.read(self.heads_of(document.older)[document.key])
                break
            sleep(LOOK_INTERVAL)
            waited += LOOK_INTERVAL
        raise SekhaNotFoundError(
            f"the document {document.key!r} was taken away", conversation_id=document.row.id
        )

    def find(self, folder: str, key: str) -> Document | None:
        """A document's head; 1 request."""
        return (self.heads(folder)).get(key)

    def put(
        self,
        folder: str,
        key: str,
        value: Any,
        *,
        old: Document | None,
        said: Said = UNSAID,
        size: int = 0,
    ) -> Document:
        """Store a new version of a document; 1 request, and 1 or 2 for each old version.

        Args:
            old: what `heads` has of this key.
            said: the value in words; without, no search finds it.
            size: what its label says of its size.
        """
        stored = self._create(folder, key, value, old, said, size)
        if old is not None:
            self.rows.remove_all([*old.older, old.row])
        return stored

    def put_expected(
        self,
        folder: str,
        key: str,
        value: Any,
        *,
        old: Document | None,
        said: Said = UNSAID,
        size: int = 0,
    ) -> Document:
        """The same, if nobody else changes it at the same time: of several writers, the first one
        stays; 1 more request. To be used with `first_wins` only.

        Raises:
            Conflict: another one was first; nothing was changed.
        """
        made = self._create(folder, key, value, old, said, size)
        rows = [each for each in self._client.iter_conversations(folder=folder)]
        here = [each for each in rows if each.folder == folder]
        head = self._first_of(here, made)
        gone = old is not None and all(row.id != old.row.id for row in here)
        if gone or head is None or head.row.id != made.row.id:
            self.rows.remove(made.row)
            raise Conflict(key)
        self.rows.remove_all(head.older)
        return made

    def _first_of(self, rows: Iterable[Conversation], made: Document) -> Document | None:
        """The one that counts among the versions of this number: a later one is built on it."""
        upto = []
        for row in rows:
            label = VersionLabel.parse(row.label)
            if label is not None and label.number <= made.label.number:
                upto.append(row)
        return self.heads_of(upto).get(made.key)

    def rename(self, document: Document, key: str) -> None:
        """Give a document another key; 1 request, and 1 or 2 for each old version."""
        self.rows.remove_all(document.older)
        self._client.update_label(document.row.id, str(evolve(document.label, title=key)))

    def delete(self, document: Document) -> None:
        """Take a document away; 1 request for each version, 2 where the controller cannot delete."""
        # The last version goes last: else an older one would count again.
        self.rows.remove_all([*document.older, document.row])

    def _create(
        self,
        folder: str,
        key: str,
        value: Any,
        old: Document | None,
        said: Said,
        size: int,
    ) -> Document:
        number = 1 if old is None else old.label.number + 1
        label = VersionLabel(key, number, secrets.token_hex(4), size)
        messages = codec.encode([value], lambda _: said)
        new = models.NewConversation(label=str(label), folder=folder, messages=messages)
        return Document(self._client.create_conversation(new), label)


def _last_stored(each: Document) -> tuple[int, datetime, str]:
    return each.label.number, _changed(each), each.row.id


def _first_stored(each: Document) -> tuple[int, datetime, str]:
    return -each.label.number, _changed(each), each.row.id


def _changed(each: Document) -> datetime:
    return each.row.updated_at or datetime.min.replace(tzinfo=timezone.utc)
