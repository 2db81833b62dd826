"""From what came back to what is raised (compatibility rows 13, 14, 22, 23, 26)."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sekha_api.errors import UnexpectedResponse
from sekha_api.types import RawResponse

from ...errors import (
    SekhaAPIError,
    SekhaAuthError,
    SekhaConnectionError,
    SekhaContentTooLargeError,
    SekhaDeleteError,
    SekhaError,
    SekhaNotFoundError,
    SekhaRateLimitError,
    SekhaResponseError,
    SekhaServerError,
    SekhaStorageError,
    SekhaTimeoutError,
    SekhaUnstorableTextError,
)
from ..create.padding import PREVIEW_BYTES
from ..wire.exported import ExportData
from ..wire.schema import Mismatch
from .failures import Failure
from .retry import History

MESSAGE_LIMIT = 500
DataT_co = TypeVar("DataT_co", covariant=True)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOT_FOUND = ("Conversation not found", "Entity not found: Conversation")


def said(response: RawResponse) -> str:
    """What an error answer says: of JSON its `error`, else its text; empty if it says nothing.
    A web page says nothing."""
    text = response.text.strip()
    if response.is_json or text.startswith("{"):
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        if isinstance(body, dict) and isinstance(body.get("error"), str):
            return str(body["error"])[:MESSAGE_LIMIT]
    if "html" in response.headers.get("content-type", "") or text.startswith("<"):
        return ""
    return text[:MESSAGE_LIMIT]


def conversation_id_or_none(text: object) -> str | None:
    """The id in the controller's own spelling, or None if it can be no id."""
    if not isinstance(text, str):
        return None
    if _ID.fullmatch(text):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return None


def not_found(conversation_id: str | None, *, body: str = "") -> SekhaNotFoundError:
    """The one error for an id that names no conversation, whatever the controller said."""
    if conversation_id is not None and conversation_id_or_none(conversation_id) is None:
        message = f"no conversation {conversation_id!r}: an id is a UUID"
    else:
        message = (
            f"no conversation {conversation_id}" if conversation_id else "no such conversation"
        )
    return SekhaNotFoundError(message, conversation_id=conversation_id, body=body)


def error_from(
    name: str,
    outcome: RawResponse | Failure,
    history: History,
    *,
    conversation_id: str | None = None,
) -> SekhaError:
    """The error for the last attempt of an operation."""
    if isinstance(outcome, Failure):
        error: SekhaError = _from_failure(name, outcome)
    else:
        error = _from_response(name, outcome, conversation_id)
    account_for(error, history)
    return error


def account_for(error: SekhaError, history: History) -> None:
    """Put into an error what came before its last attempt."""
    error.retries = history.attempts - 1
    if isinstance(error, SekhaConnectionError):
        error.sent = error.sent or history.unknown


def _from_failure(name: str, failure: Failure) -> SekhaConnectionError:
    if failure.timed_out:
        return SekhaTimeoutError(f"{name}: {failure.detail}", sent=failure.sent)
    advice = "" if failure.sent else "; is the controller running at this base_url?"
    if failure.certificate_error:
        advice = "; for a certificate of your own, set verify to the file of its authority"
    return SekhaConnectionError(f"{name}: {failure.detail}{advice}", sent=failure.sent)


def _from_response(name: str, response: RawResponse, conversation_id: str | None) -> SekhaAPIError:
    status, words, body = response.status_code, said(response), response.text
    if words.startswith(_NOT_FOUND) or (status == 404 and conversation_id is not None):
        return not_found(conversation_id, body=body)
    if status in (401, 403) or words == "Invalid authorization format":
        message = f"{name}: {words or 'the key was refused'}; check api_key"
        return SekhaAuthError(message, status_code=status, body=body)
    if status == 429:
        message = f"{name}: {words or 'too many requests'}; lower rate_limit_requests"
        return SekhaRateLimitError(message, status_code=status, body=body)
    if status == 413:
        message = f"{name}: {words or 'the request is too large'}; nothing was changed"
        return SekhaContentTooLargeError(message, status_code=status, body=body)
    if is_storage_failure(response):
        return SekhaStorageError(f"{name}: {words}", status_code=status, body=body)
    if status >= 500:
        return _from_server_failure(name, response, words)
    if status < 400:
        message = f"{name}: status {status}, which this API does not have"
        if "location" in response.headers:
            message += "; redirects are not followed: set base_url to where the controller is"
        return SekhaResponseError(message, status_code=status, body=body)
    message = f"{name}: {words or f'status {status} with nothing said'}"
    return SekhaAPIError(message, status_code=status, body=body)


def is_storage_failure(response: RawResponse) -> bool:
    """Whether the controller says that it cannot use its file, and so that it changed nothing."""
    return response.status_code == 507 and response.is_json and bool(said(response))


def _from_server_failure(name: str, response: RawResponse, words: str) -> SekhaServerError:
    status, body = response.status_code, response.text
    if name == "delete_conversation" and words.startswith("Chroma error"):
        message = (
            f"the controller cannot delete a conversation that has embeddings ({words}); nothing "
            "was deleted. Archive it instead: archive(conversation_id)"
        )
        return SekhaDeleteError(message, status_code=status, body=body)
    if name == "memory_prune":
        words = "this controller's memory_prune always fails; use get_pruning_suggestions()"
    elif name == "prune_dry_run" and "LLM Bridge" in words:
        words += "; get_pruning_suggestions() without previews needs no language model"
    message = f"{name}: {words or f'status {status} with nothing said'}"
    return SekhaServerError(message, status_code=status, body=body)


class ToolAnswer(Protocol[DataT_co]):
    """The model of a tool's answer."""

    @property
    def success(self) -> bool: ...
    @property
    def error(self) -> str | None: ...
    @property
    def data(self) -> DataT_co | None: ...


class ToolFailure(Exception):
    """A tool says 200 and means a failure (compatibility row 29); the text is its own."""


def tool_data(answer: ToolAnswer[DataT_co]) -> DataT_co:
    """What a tool answered; raises ToolFailure if it failed."""
    if answer.success and answer.data is not None:
        return answer.data
    raise ToolFailure(answer.error or "")


def export_data(body: Any) -> ExportData:
    """The data of an answer to `memory_export`, of which no model was made; raises ToolFailure if it
    failed."""
    if body["success"] and body["data"] is not None:
        data: ExportData = body["data"]
        return data
    raise ToolFailure(body["error"] or "")


def tool_error(name: str, words: str) -> SekhaAPIError:
    """The error for a tool that failed.

    Args:
        words: what it said, if anything.
    """
    reason = words[:MESSAGE_LIMIT] or "the controller gave no data and no reason"
    return SekhaAPIError(f"{name}: {reason}", status_code=200)


def reason_of(problem: Exception) -> str:
    """Why an answer was not understood, in words that hold nothing of it."""
    if isinstance(problem, Mismatch):
        return str(problem)
    if isinstance(problem, UnexpectedResponse):
        return problem.reason
    return "a body that is not what was documented"


def unexpected(name: str, response: RawResponse, reason: str) -> SekhaResponseError:
    """The error for a success whose body is not what the contract says."""
    return SekhaResponseError(
        f"{name}: {reason}; is this base_url a Sekha controller's?",
        status_code=response.status_code,
        body=response.text[:MESSAGE_LIMIT],
    )


def unstorable(index: int, *, sent: bool, rows: tuple[str, ...] = ()) -> SekhaUnstorableTextError:
    """The error for a text that kills the controller's handler (compatibility row 3).

    Args:
        index: which message.
        sent: whether it was sent, or refused because an earlier one dropped the connection.
        rows: what the attempt left behind.
    """
    cause = f"messages[{index}]: byte {PREVIEW_BYTES} of its text falls inside a character"
    what = "and this controller drops the connection on such text"
    left = f" and leaves a row ({', '.join(rows)})" if rows else ""
    remedy = "set ClientConfig(align_multibyte=True) to store it"
    prefix = "" if sent else "not sent: "
    return SekhaUnstorableTextError(
        f"{prefix}{cause}, {what}{left}; {remedy}",
        sent=sent,
        message_index=index,
        conversation_ids=rows,
    )
