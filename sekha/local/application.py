"""The rooms put together: from a request to its handler, and from a failure to an answer."""

from __future__ import annotations

import logging
import sqlite3
from functools import cache
from pathlib import Path
from typing import Self

from sekha_api.types import RawResponse, Request

from ..errors import SekhaEmbeddingError
from . import answers, conversations, curation, retrieval, system, tools
from .cancellation import RequestCancelled
from .clock import Clock
from .contract import (
    Contract,
    ContractViolation,
    InvalidChoice,
    MethodNotAllowed,
    NoSuchRoute,
    Operation,
)
from .damage import find_damage
from .database import Database
from .errors import DAMAGED, ClosedError, ContentTooLarge, ConversationNotFound, storage_failure
from .own_embedder import OwnEmbedder
from .scopes import InvalidScope
from .semantic import InvalidFilter, Semantic
from .services import Handler, Services
from .store import Store

_HANDLERS: dict[str, Handler] = {
    **conversations.HANDLERS,
    **retrieval.HANDLERS,
    **curation.HANDLERS,
    **system.HANDLERS,
    **tools.HANDLERS,
}
LARGEST_BODY = 64 * 1024 * 1024
"""Bytes of a request's JSON."""
log = logging.getLogger("sekha")


@cache
def contract() -> Contract:
    """The contract, read once a process."""
    return Contract.load()


class Application:
    """An open memory and the operations on it.

    Attributes:
        database: the memory.
    """

    def __init__(self, database: Database, embedder: OwnEmbedder | None = None) -> None:
        clock = Clock()
        store = Store(database, clock)
        self.database = database
        self._services = Services(store, Semantic(store, embedder), clock)

    @classmethod
    def open(cls, path: Path | None, embedder: OwnEmbedder | None = None) -> Self:
        """Open a memory.

        Args:
            embedder: makes the vectors; `None` for the built-in one.

        Raises:
            StoreError: the file is not a memory. And what opening a file can raise.
        """
        return cls(Database(path), embedder)

    def handle(self, request: Request) -> RawResponse:
        """Route, validate, carry out.

        Raises:
            ClosedError: the memory has been closed. And what using a file can raise.
            RequestCancelled: nobody waits for it any more; nothing was changed.
        """
        if len(request.content or b"") > LARGEST_BODY:
            return answers.text(413, f"The body is larger than {LARGEST_BODY} bytes")
        try:
            operation, values = contract().match(request.method, request.path)
        except NoSuchRoute:
            return answers.empty(404)
        except MethodNotAllowed as refusal:
            return answers.empty(405, {"allow": ", ".join(refusal.allowed)})
        try:
            return _HANDLERS[operation.id](self._services, operation.read(request, values))
        except InvalidChoice as refusal:
            return answers.error(refusal.status, refusal.reason)
        except ContractViolation as refusal:
            return answers.text(refusal.status, refusal.reason)
        except (InvalidFilter, InvalidScope) as refusal:
            # As the public controller refuses what is in a query string, and what is in a body.
            return answers.text(400 if request.method == "GET" else 422, str(refusal))
        except ContentTooLarge as refusal:
            return answers.text(413, str(refusal))
        except SekhaEmbeddingError as failed:
            return answers.error(500, str(failed))
        except ConversationNotFound:
            return _not_found(operation)

    def damage(self) -> str | None:
        """What is wrong with the memory's file, in words, where something failed that no code
        foresaw."""
        try:
            with self.database.reading() as connection:
                return find_damage(connection)
        except (sqlite3.Error, ClosedError, RequestCancelled):
            return None

    def close(self) -> None:
        """Close the memory."""
        self.database.close()


def failure(
    request: Request, error: Exception, application: Application | None = None
) -> RawResponse:
    """The answer to a request that failed, of which nothing was carried out: 507 if it is for the
    memory's file, else 500; 503 for a health check.

    Without a body where the contract has none.

    Args:
        application: the memory, if it could be opened.
    """
    cause = storage_failure(error)
    if cause is None and not isinstance(error, ClosedError | OSError):
        if application is not None:
            cause = application.damage()
        elif isinstance(error, UnicodeDecodeError):
            # Of a name in a damaged file, which sqlite3 cannot even say in an error.
            cause = DAMAGED
    if isinstance(error, sqlite3.Error):
        reason = f"Database error: {error}"
    elif isinstance(error, ClosedError | OSError):
        reason = f"Memory error: {error}"
    else:
        reason = f"Internal error: {type(error).__name__}"
        if cause is None:
            log.error("%s %s failed", request.method, request.path, exc_info=error)
    try:
        operation, _ = contract().match(request.method, request.path)
    except NoSuchRoute:
        return answers.empty(404)
    except MethodNotAllowed as refusal:
        return answers.empty(405, {"allow": ", ".join(refusal.allowed)})
    if 503 in operation.answers:
        return answers.empty(503)
    if cause is not None:
        return answers.error(507, f"The memory cannot be used: {cause}")
    return answers.error(500, reason) if operation.answers.get(500, True) else answers.empty(500)


def _not_found(operation: Operation) -> RawResponse:
    if operation.answers[404]:
        return answers.error(404, "Conversation not found")
    return answers.empty(404)
