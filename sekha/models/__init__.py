"""What callers hold. Times are aware UTC; a value that the controller did not give is None.

Each module is imported when one of its classes is first asked for: making classes takes time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conversations import Conversation, Message, MessageDto, NewConversation
    from .curation import (
        ConversationSummary,
        Health,
        LabelSuggestion,
        MemoryStats,
        PruningSuggestion,
    )
    from .retrieval import (
        ContextAssembly,
        ContextMessage,
        QueryResponse,
        RecallResponse,
        RecallResult,
        SearchResult,
    )
    from .transfer import (
        ExportManifest,
        ExportProgress,
        ImportFailure,
        ImportProgress,
        ImportReport,
    )

_MODULES = {
    "ContextAssembly": ".retrieval",
    "ContextMessage": ".retrieval",
    "Conversation": ".conversations",
    "ConversationSummary": ".curation",
    "ExportManifest": ".transfer",
    "ExportProgress": ".transfer",
    "Health": ".curation",
    "ImportFailure": ".transfer",
    "ImportProgress": ".transfer",
    "ImportReport": ".transfer",
    "LabelSuggestion": ".curation",
    "MemoryStats": ".curation",
    "Message": ".conversations",
    "MessageDto": ".conversations",
    "NewConversation": ".conversations",
    "PruningSuggestion": ".curation",
    "QueryResponse": ".retrieval",
    "RecallResponse": ".retrieval",
    "RecallResult": ".retrieval",
    "SearchResult": ".retrieval",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})


__all__ = [
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
]
