"""What an error is in words, on the page."""

from __future__ import annotations

from ..errors import (
    SekhaAuthError,
    SekhaConnectionError,
    SekhaDeleteError,
    SekhaError,
    SekhaNotFoundError,
)


def said(error: SekhaError) -> str:
    """What happened and what can be done about it, in a sentence or two."""
    match error:
        case SekhaDeleteError():
            return (
                "This controller cannot delete a conversation that has embeddings. Nothing was "
                "deleted; archive it instead."
            )
        case SekhaNotFoundError():
            return "There is no such conversation; it may have been deleted meanwhile."
        case SekhaAuthError():
            return "The controller refused the key that this page was started with."
        case SekhaConnectionError():
            return f"The controller does not answer: {error.message}"
    return error.message
