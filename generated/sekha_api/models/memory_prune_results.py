from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="MemoryPruneResults")


@_attrs_define
class MemoryPruneResults:
    """
    Attributes:
        threshold_days (int):
        importance_threshold (float):
        total_suggestions (int):
        estimated_token_savings (int): The tokens of those recommended for archiving.
        suggestions (list[PruneSuggestion]):
    """

    threshold_days: int
    importance_threshold: float
    total_suggestions: int
    estimated_token_savings: int
    suggestions: list[PruneSuggestion]

    def to_dict(self) -> dict[str, Any]:
        threshold_days = self.threshold_days

        importance_threshold = self.importance_threshold

        total_suggestions = self.total_suggestions

        estimated_token_savings = self.estimated_token_savings

        suggestions = []
        for suggestions_item_data in self.suggestions:
            suggestions_item = suggestions_item_data.to_dict()
            suggestions.append(suggestions_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "threshold_days": threshold_days,
                "importance_threshold": importance_threshold,
                "total_suggestions": total_suggestions,
                "estimated_token_savings": estimated_token_savings,
                "suggestions": suggestions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        threshold_days = src_dict["threshold_days"]

        importance_threshold = src_dict["importance_threshold"]

        total_suggestions = src_dict["total_suggestions"]

        estimated_token_savings = src_dict["estimated_token_savings"]

        suggestions = []
        _suggestions = src_dict["suggestions"]
        for suggestions_item_data in _suggestions:
            suggestions_item = PruneSuggestion.from_dict(suggestions_item_data)

            suggestions.append(suggestions_item)

        memory_prune_results = cls(
            threshold_days=threshold_days,
            importance_threshold=importance_threshold,
            total_suggestions=total_suggestions,
            estimated_token_savings=estimated_token_savings,
            suggestions=suggestions,
        )

        return memory_prune_results


from ..models.prune_suggestion import PruneSuggestion  # noqa: E402
