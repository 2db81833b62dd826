"""What callers catch. Everything this package raises on its own account is a SekhaError."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import ImportReport


def _rebuild(cls: type[SekhaError], message: str, state: dict[str, Any]) -> SekhaError:
    error = cls.__new__(cls)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class SekhaInsecureWarning(UserWarning):
    """A key is sent where others can read it."""


class SekhaError(Exception):
    """The base of all errors of this package.

    Attributes:
        message: what happened and what to do about it, in one or two sentences.
        retries: how many times the request was sent again before this was raised.
        report: what was done until this ended a bulk import; None for anything else.
    """

    report: ImportReport | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.retries = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.__dict__)


class SekhaValidationError(SekhaError, ValueError):
    """An argument cannot be used; nothing was sent.

    Attributes:
        parameter: the argument's name.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(f"{parameter}: {problem}")
        self.parameter = parameter


class SekhaConfigError(SekhaValidationError):
    """A setting is missing or cannot be used."""


class SekhaMissingExtraError(SekhaError, ImportError):
    """Something needs an extra of this package that is not installed.

    Attributes:
        extra: the extra's name; `pip install "sekha-memory[NAME]"` installs it.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} the extra "{extra}": pip install "sekha-memory[{extra}]"')
        self.extra = extra


class SekhaConnectionError(SekhaError):
    """No answer came, or none that could be read whole.

    Attributes:
        sent: whether the request may have reached the controller.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class SekhaTimeoutError(SekhaConnectionError):
    """No answer came within `timeout`, or the call took longer than its `deadline`.

    From a create it means that nothing was stored: where that is not certain, the error is a
    SekhaUnknownOutcomeError.
    """


class SekhaClosedError(SekhaConnectionError):
    """The client was closed before or during the call."""

    def __init__(self) -> None:
        super().__init__("this client is closed: make a new one", sent=False)


class SekhaAPIError(SekhaError):
    """The controller answered, and the answer was not a success.

    Attributes:
        status_code: the HTTP status; 404 too where the controller said 500 for an unknown id.
        body: the answer's text as it came; empty if the controller sent none.
    """

    def __init__(self, message: str, *, status_code: int, body: str = "") -> None:
        super().__init__(message)
        self.status_code = status_code
        self.body = body


class SekhaAuthError(SekhaAPIError):
    """The key was missing, wrong or not accepted in this form (401, 403)."""


class SekhaNotFoundError(SekhaAPIError):
    """There is no conversation of this id, or the id can be none (compatibility rows 13 and 14).

    Attributes:
        conversation_id: the id that was asked for, if the call had one.
    """

    def __init__(
        self, message: str, *, conversation_id: str | None, status_code: int = 404, body: str = ""
    ) -> None:
        super().__init__(message, status_code=status_code, body=body)
        self.conversation_id = conversation_id


class SekhaRateLimitError(SekhaAPIError):
    """The controller refused the request for its rate (429), and the time to wait was up."""


class SekhaServerError(SekhaAPIError):
    """The controller, or a gateway before it, failed (5xx)."""


class SekhaEmbeddingError(SekhaError):
    """An embedding model did not answer, or not with one vector for each text."""


class SekhaStorageError(SekhaServerError):
    """The embedded controller cannot use its file: it is damaged, read-only or another program's, or
    there is no room for more (507). Nothing was changed."""


class SekhaContentTooLargeError(SekhaAPIError):
    """A message, or a whole request, is larger than the controller takes (413); nothing was
    changed."""


class SekhaResponseError(SekhaAPIError):
    """The answer has a status or a form that the controller's contract does not have."""


class SekhaDeleteError(SekhaServerError):
    """The controller refused to delete; nothing was deleted (compatibility row 22)."""


class SekhaSharedLimitsError(SekhaError):
    """The Redis that holds the limits of a fleet does not answer; nothing was sent."""


class SekhaUnavailableError(SekhaError):
    """The controller answered, but it could not look: an outage that looks like an empty answer
    (compatibility rows 16, 32 and 33)."""


class SekhaUnstorableTextError(SekhaError):
    """A message's text makes this controller drop the connection (compatibility row 3): sending it
    again brings the same.

    Attributes:
        sent: whether it was sent, or refused because an earlier one dropped the connection.
        message_index: which of the conversation's messages it is, from 0.
        conversation_ids: incomplete rows that the attempt left on the controller.
    """

    def __init__(
        self,
        message: str,
        *,
        sent: bool,
        message_index: int,
        conversation_ids: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.sent = sent
        self.message_index = message_index
        self.conversation_ids = conversation_ids


class SekhaUnknownOutcomeError(SekhaError):
    """A create failed half-way, and what is stored cannot be told for sure: it was stored in part,
    another equal one was stored at the same time, the controller may still be at work on it, or
    looking for it failed. Look before storing it again.

    Attributes:
        conversation_ids: rows on the controller that may be, in whole or in part, this
            conversation. Nothing was deleted.
    """

    def __init__(self, message: str, *, conversation_ids: tuple[str, ...]) -> None:
        super().__init__(message)
        self.conversation_ids = conversation_ids


class SekhaImportError(SekhaError):
    """A file, folder or zip cannot be imported; nothing of it was read.

    Attributes:
        path: what was to be imported, as it was given.
    """

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message)
        self.path = path
