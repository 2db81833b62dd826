"""Client for the Sekha AI memory controller, with an embedded controller inside.

`SekhaClient` is the async client, `SyncSekhaClient` the sync one.
"""

import logging
from typing import TYPE_CHECKING, Any

from . import models
from ._async.client import SekhaClient
from ._sync.client import SyncSekhaClient
from .config import ClientConfig
from .errors import (
    SekhaAPIError,
    SekhaAuthError,
    SekhaClosedError,
    SekhaConfigError,
    SekhaConnectionError,
    SekhaContentTooLargeError,
    SekhaDeleteError,
    SekhaEmbeddingError,
    SekhaError,
    SekhaImportError,
    SekhaInsecureWarning,
    SekhaMissingExtraError,
    SekhaNotFoundError,
    SekhaRateLimitError,
    SekhaResponseError,
    SekhaServerError,
    SekhaSharedLimitsError,
    SekhaStorageError,
    SekhaTimeoutError,
    SekhaUnavailableError,
    SekhaUnknownOutcomeError,
    SekhaUnstorableTextError,
    SekhaValidationError,
)

if TYPE_CHECKING:
    from .models import (
        ContextAssembly,
        ContextMessage,
        Conversation,
        ConversationSummary,
        ExportManifest,
        ExportProgress,
        Health,
        ImportFailure,
        ImportProgress,
        ImportReport,
        LabelSuggestion,
        MemoryStats,
        Message,
        MessageDto,
        NewConversation,
        PruningSuggestion,
        QueryResponse,
        RecallResponse,
        RecallResult,
        SearchResult,
    )

__version__ = "0.1.0"

# Whoever wants to see the log says so: see docs/guides/logging.md.
logging.getLogger("sekha").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    """The models, imported when they are first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(models, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "ClientConfig",
    "ContextAssembly",
    "ContextMessage",
    "Conversation",
    "ConversationSummary",
    "ExportManifest",
    "ExportProgress",
    "Health",
    "ImportFailure",
    "ImportProgress",
    "ImportReport",
    "LabelSuggestion",
    "MemoryStats",
    "Message",
    "MessageDto",
    "NewConversation",
    "PruningSuggestion",
    "QueryResponse",
    "RecallResponse",
    "RecallResult",
    "SearchResult",
    "SekhaAPIError",
    "SekhaAuthError",
    "SekhaClient",
    "SekhaClosedError",
    "SekhaConfigError",
    "SekhaConnectionError",
    "SekhaContentTooLargeError",
    "SekhaDeleteError",
    "SekhaEmbeddingError",
    "SekhaError",
    "SekhaImportError",
    "SekhaMissingExtraError",
    "SekhaInsecureWarning",
    "SekhaNotFoundError",
    "SekhaRateLimitError",
    "SekhaResponseError",
    "SekhaServerError",
    "SekhaSharedLimitsError",
    "SekhaStorageError",
    "SekhaTimeoutError",
    "SekhaUnavailableError",
    "SekhaUnknownOutcomeError",
    "SekhaUnstorableTextError",
    "SekhaValidationError",
    "SyncSekhaClient",
]
