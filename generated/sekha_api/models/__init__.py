"""Contains all the data models used in inputs/outputs"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assemble_context_request import AssembleContextRequest
    from .conversation_count import ConversationCount
    from .conversation_details import ConversationDetails
    from .conversation_export import ConversationExport
    from .conversation_summary import ConversationSummary
    from .create_conversation_request import CreateConversationRequest
    from .created_conversation import CreatedConversation
    from .error_body import ErrorBody
    from .exported_conversation import ExportedConversation
    from .exported_message import ExportedMessage
    from .exported_message_metadata import ExportedMessageMetadata
    from .full_text_search_request import FullTextSearchRequest
    from .full_text_search_results import FullTextSearchResults
    from .health_status import HealthStatus
    from .health_status_checks import HealthStatusChecks
    from .label_suggestion import LabelSuggestion
    from .label_suggestions import LabelSuggestions
    from .list_conversations_order import ListConversationsOrder
    from .memory_export_request import MemoryExportRequest
    from .memory_export_response import MemoryExportResponse
    from .memory_get_context_request import MemoryGetContextRequest
    from .memory_get_context_response import MemoryGetContextResponse
    from .memory_prune_request import MemoryPruneRequest
    from .memory_prune_response import MemoryPruneResponse
    from .memory_prune_results import MemoryPruneResults
    from .memory_search_request import MemorySearchRequest
    from .memory_search_response import MemorySearchResponse
    from .memory_search_results import MemorySearchResults
    from .memory_statistics import MemoryStatistics
    from .memory_stats_request import MemoryStatsRequest
    from .memory_stats_response import MemoryStatsResponse
    from .memory_store_request import MemoryStoreRequest
    from .memory_store_response import MemoryStoreResponse
    from .memory_update_request import MemoryUpdateRequest
    from .memory_update_response import MemoryUpdateResponse
    from .message_dto import MessageDto
    from .month_statistics import MonthStatistics
    from .other_conversation import OtherConversation
    from .prune_dry_run_request import PruneDryRunRequest
    from .prune_dry_run_results import PruneDryRunResults
    from .prune_execute_request import PruneExecuteRequest
    from .prune_suggestion import PruneSuggestion
    from .query_request import QueryRequest
    from .scope import Scope
    from .search_filters import SearchFilters
    from .search_result import SearchResult
    from .search_result_metadata import SearchResultMetadata
    from .search_result_page import SearchResultPage
    from .stored_conversation import StoredConversation
    from .stored_message import StoredMessage
    from .stored_message_metadata import StoredMessageMetadata
    from .suggest_labels_request import SuggestLabelsRequest
    from .summarize_request import SummarizeRequest
    from .summarize_request_level import SummarizeRequestLevel
    from .summary import Summary
    from .update_folder_request import UpdateFolderRequest
    from .update_label_request import UpdateLabelRequest
    from .updated_conversation import UpdatedConversation

_MODULES = {
    "AssembleContextRequest": ".assemble_context_request",
    "ConversationCount": ".conversation_count",
    "ConversationDetails": ".conversation_details",
    "ConversationExport": ".conversation_export",
    "ConversationSummary": ".conversation_summary",
    "CreateConversationRequest": ".create_conversation_request",
    "CreatedConversation": ".created_conversation",
    "ErrorBody": ".error_body",
    "ExportedConversation": ".exported_conversation",
    "ExportedMessage": ".exported_message",
    "ExportedMessageMetadata": ".exported_message_metadata",
    "FullTextSearchRequest": ".full_text_search_request",
    "FullTextSearchResults": ".full_text_search_results",
    "HealthStatus": ".health_status",
    "HealthStatusChecks": ".health_status_checks",
    "LabelSuggestion": ".label_suggestion",
    "LabelSuggestions": ".label_suggestions",
    "ListConversationsOrder": ".list_conversations_order",
    "MemoryExportRequest": ".memory_export_request",
    "MemoryExportResponse": ".memory_export_response",
    "MemoryGetContextRequest": ".memory_get_context_request",
    "MemoryGetContextResponse": ".memory_get_context_response",
    "MemoryPruneRequest": ".memory_prune_request",
    "MemoryPruneResponse": ".memory_prune_response",
    "MemoryPruneResults": ".memory_prune_results",
    "MemorySearchRequest": ".memory_search_request",
    "MemorySearchResponse": ".memory_search_response",
    "MemorySearchResults": ".memory_search_results",
    "MemoryStatistics": ".memory_statistics",
    "MemoryStatsRequest": ".memory_stats_request",
    "MemoryStatsResponse": ".memory_stats_response",
    "MemoryStoreRequest": ".memory_store_request",
    "MemoryStoreResponse": ".memory_store_response",
    "MemoryUpdateRequest": ".memory_update_request",
    "MemoryUpdateResponse": ".memory_update_response",
    "MessageDto": ".message_dto",
    "MonthStatistics": ".month_statistics",
    "OtherConversation": ".other_conversation",
    "PruneDryRunRequest": ".prune_dry_run_request",
    "PruneDryRunResults": ".prune_dry_run_results",
    "PruneExecuteRequest": ".prune_execute_request",
    "PruneSuggestion": ".prune_suggestion",
    "QueryRequest": ".query_request",
    "Scope": ".scope",
    "SearchFilters": ".search_filters",
    "SearchResult": ".search_result",
    "SearchResultMetadata": ".search_result_metadata",
    "SearchResultPage": ".search_result_page",
    "StoredConversation": ".stored_conversation",
    "StoredMessage": ".stored_message",
    "StoredMessageMetadata": ".stored_message_metadata",
    "SuggestLabelsRequest": ".suggest_labels_request",
    "SummarizeRequest": ".summarize_request",
    "SummarizeRequestLevel": ".summarize_request_level",
    "Summary": ".summary",
    "UpdateFolderRequest": ".update_folder_request",
    "UpdateLabelRequest": ".update_label_request",
    "UpdatedConversation": ".updated_conversation",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name], __name__), name)
    globals()[name] = value
    return value


__all__ = (
    "AssembleContextRequest",
    "ConversationCount",
    "ConversationDetails",
    "ConversationExport",
    "ConversationSummary",
    "CreateConversationRequest",
    "CreatedConversation",
    "ErrorBody",
    "ExportedConversation",
    "ExportedMessage",
    "ExportedMessageMetadata",
    "FullTextSearchRequest",
    "FullTextSearchResults",
    "HealthStatus",
    "HealthStatusChecks",
    "LabelSuggestion",
    "LabelSuggestions",
    "ListConversationsOrder",
    "MemoryExportRequest",
    "MemoryExportResponse",
    "MemoryGetContextRequest",
    "MemoryGetContextResponse",
    "MemoryPruneRequest",
    "MemoryPruneResponse",
    "MemoryPruneResults",
    "MemorySearchRequest",
    "MemorySearchResponse",
    "MemorySearchResults",
    "MemoryStatistics",
    "MemoryStatsRequest",
    "MemoryStatsResponse",
    "MemoryStoreRequest",
    "MemoryStoreResponse",
    "MemoryUpdateRequest",
    "MemoryUpdateResponse",
    "MessageDto",
    "MonthStatistics",
    "OtherConversation",
    "PruneDryRunRequest",
    "PruneDryRunResults",
    "PruneExecuteRequest",
    "PruneSuggestion",
    "QueryRequest",
    "Scope",
    "SearchFilters",
    "SearchResult",
    "SearchResultMetadata",
    "SearchResultPage",
    "StoredConversation",
    "StoredMessage",
    "StoredMessageMetadata",
    "SuggestLabelsRequest",
    "SummarizeRequest",
    "SummarizeRequestLevel",
    "Summary",
    "UpdatedConversation",
    "UpdateFolderRequest",
    "UpdateLabelRequest",
)
