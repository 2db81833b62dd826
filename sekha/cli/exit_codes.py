"""How the command ends: its exit codes, and what an error is in one line."""

from __future__ import annotations

from enum import IntEnum

from ..errors import (
    SekhaAuthError,
    SekhaConfigError,
    SekhaConnectionError,
    SekhaDeleteError,
    SekhaError,
    SekhaNotFoundError,
    SekhaRateLimitError,
    SekhaTimeoutError,
    SekhaUnavailableError,
    SekhaUnknownOutcomeError,
    SekhaUnstorableTextError,
    SekhaValidationError,
)


class ExitCode(IntEnum):
    """What the process ends with."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_FOUND = 3
    KEY = 4
    UNREACHABLE = 5
    PARTLY = 6
    INTERRUPTED = 130
    PIPE_CLOSED = 141


MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.FAILURE: "it failed; the message says why",
    ExitCode.USAGE: "an argument or a setting cannot be used; nothing was done",
    ExitCode.NOT_FOUND: "there is no such conversation or memory file",
    ExitCode.KEY: "the controller refused the key",
    ExitCode.UNREACHABLE: "no answer from the controller, or it could not look",
    ExitCode.PARTLY: "done in part; the message says what is left",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
    ExitCode.PIPE_CLOSED: "the reader of the output went away",
}


class CommandError(Exception):
    """A command cannot go on.

    Attributes:
        message: what is wrong and what to do about it, in one line.
        code: what the process ends with.
    """

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILURE) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def exit_code(error: BaseException) -> ExitCode:
    """What the process ends with after this error."""
    match error:
        case CommandError():
            return error.code
        case SekhaUnknownOutcomeError():
            return ExitCode.PARTLY
        case SekhaUnstorableTextError():
            return ExitCode.PARTLY if error.conversation_ids else ExitCode.FAILURE
        case SekhaConnectionError() | SekhaUnavailableError():
            return ExitCode.UNREACHABLE
        case SekhaNotFoundError():
            return ExitCode.NOT_FOUND
        case SekhaAuthError():
            return ExitCode.KEY
        case SekhaValidationError():
            return ExitCode.USAGE
    return ExitCode.FAILURE


def in_words(error: BaseException) -> str:
    """What happened and what to do about it at a command line, in one line."""
    message = _words(error)
    return " ".join(message.split())


def _words(error: BaseException) -> str:
    match error:
        case CommandError():
            return error.message
        case SekhaUnstorableTextError():
            return _unstorable(error)
        case SekhaDeleteError():
            return (
                "this controller cannot delete a conversation that has embeddings; nothing was "
                "deleted: archive it instead with `sekha-memory archive ID`"
            )
        case SekhaRateLimitError():
            return "the controller refuses further requests for now: try again in a minute"
        case SekhaConfigError(parameter="api_key"):
            return (
                f"{error.message}; or use a memory file without a server: --local FILE. "
                "`sekha-memory init` sets up either"
            )
        case SekhaTimeoutError():
            return f"{error.message}; give more time with --timeout, or run `sekha-memory doctor`"
        case SekhaConnectionError():
            return f"{error.message} See --url, or run `sekha-memory doctor`"
        case SekhaAuthError() | SekhaUnavailableError():
            return f"{error.message}; run `sekha-memory doctor` for more"
        case SekhaError():
            return error.message
        case ModuleNotFoundError() if _is_pythons_own(error):
            return f'{error}: pip install "sekha-memory[cli,local,importers]" brings all there is'
        case ImportError() | OSError():
            return str(error) or type(error).__name__
    return (
        f"{type(error).__name__}: {error}. This is a defect of sekha-memory; "
        "--debug shows where it happened"
    )


def _is_pythons_own(error: ModuleNotFoundError) -> bool:
    """Whether it is Python's own message, which does not say what to install."""
    return str(error).startswith("No module named")


def _unstorable(error: SekhaUnstorableTextError) -> str:
    left = f"; an incomplete row is left: {', '.join(error.conversation_ids)}"
    return (
        f"message {error.message_index + 1} makes this controller drop the connection (byte 100 of "
        f"its text falls inside a character){left if error.conversation_ids else ''}: "
        "add --align-multibyte to store it"
    )
