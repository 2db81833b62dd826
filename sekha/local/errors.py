"""What can go wrong inside the embedded controller, before it becomes an answer."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .records import Conversation


class StoreError(Exception):
    """The memory's file cannot be used: another program's, a newer version's, or read-only."""


class ClosedError(Exception):
    """The memory has been closed."""


class ContentTooLarge(Exception):
    """A message, or a whole request, is larger than what is stored."""


class ConversationNotFound(Exception):
    """No stored conversation has this id."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__(f"no conversation has the id {conversation_id}")
        self.conversation_id = conversation_id


class AlreadyStored(Exception):
    """What was to be stored once is stored already."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(f"it is stored already, as {conversation.id}")
        self.conversation = conversation


DAMAGED = "the file is damaged: restore it from a copy or an export"
_CAUSES = {
    sqlite3.SQLITE_BUSY: "another program holds the file locked: close it, or try again",
    sqlite3.SQLITE_LOCKED: "another program holds the file locked: close it, or try again",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened: look at its permissions and its folder's",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_FULL: "the disk is full: make room",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written: it may be full, or failing",
    sqlite3.SQLITE_PERM: "the file must not be used by this user",
    sqlite3.SQLITE_READONLY: "the file or its folder is read-only",
}

_SIGNS_OF_DAMAGE = ("invalid fts5 file format", "Could not decode to UTF-8")
"""What SQLite says of a damaged file without the code that stands for one."""


def storage_failure(error: Exception) -> str | None:
    """What is wrong with a memory's file and what to do about it, in words; `None` if it is not the
    file that this error comes from."""
    if isinstance(error, StoreError):
        return str(error)
    if isinstance(error, sqlite3.Error):
        # Errors of the module itself have no code.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
        cause = _CAUSES.get(code & 0xFF)
        if cause is None and any(sign in str(error) for sign in _SIGNS_OF_DAMAGE):
            cause = DAMAGED
        return None if cause is None else f"{cause} (SQLite: {error})"
    return None
