"""Client for the Sekha AI memory controller, with an embedded controller inside.

`SekhaClient` is the async client, `SyncSekhaClient` the sync one.
"""

from ._async.client import SekhaClient
from ._sync.client import SyncSekhaClient
from .config import ClientConfig
from .errors import (
    SekhaAPIError,
    SekhaAuthError,
    SekhaClosedError,
    SekhaConfigError,
    SekhaConnectionError,
    SekhaDeleteError,
    SekhaError,
    SekhaImportError,
    SekhaInsecureWarning,
    SekhaNotFoundError,
    SekhaRateLimitError,
    SekhaResponseError,
    SekhaServerError,
    SekhaSharedLimitsError,
    SekhaTimeoutError,
    SekhaUnavailableError,
    SekhaUnknownOutcomeError,
    SekhaUnstorableTextError,
    SekhaValidationError,
)
from .models import (
    ContextAssembly,
    ContextMessage,
    Conversation,
    ConversationSummary,
    Health,
    LabelSuggestion,
    MemoryStats,
    Message,
    MessageDto,
    NewConversation,
    PruningSuggestion,
    QueryResponse,
    SearchResult,
)

__version__ = "0.1.0"

__all__ = [
    "ClientConfig",
    "ContextAssembly",
    "ContextMessage",
    "Conversation",
    "ConversationSummary",
    "Health",
    "LabelSuggestion",
    "MemoryStats",
    "Message",
    "MessageDto",
    "NewConversation",
    "PruningSuggestion",
    "QueryResponse",
    "SearchResult",
    "SekhaAPIError",
    "SekhaAuthError",
    "SekhaClient",
    "SekhaClosedError",
    "SekhaConfigError",
    "SekhaConnectionError",
    "SekhaDeleteError",
    "SekhaError",
    "SekhaInsecureWarning",
    "SekhaSharedLimitsError",
    "SekhaImportError",
    "SekhaNotFoundError",
    "SekhaRateLimitError",
    "SekhaResponseError",
    "SekhaServerError",
    "SekhaTimeoutError",
    "SekhaUnavailableError",
    "SekhaUnknownOutcomeError",
    "SekhaUnstorableTextError",
    "SekhaValidationError",
    "SyncSekhaClient",
]
