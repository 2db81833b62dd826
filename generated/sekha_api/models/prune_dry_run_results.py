from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="PruneDryRunResults")


@_attrs_define
class PruneDryRunResults:
    """
    Attributes:
        suggestions (list[PruneSuggestion]):
        total (int):
    """

    suggestions: list[PruneSuggestion]
    total: int

    def to_dict(self) -> dict[str, Any]:
        suggestions = []
        for suggestions_item_data in self.suggestions:
            suggestions_item = suggestions_item_data.to_dict()
            suggestions.append(suggestions_item)

        total = self.total

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "suggestions": suggestions,
                "total": total,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        suggestions = []
        _suggestions = src_dict["suggestions"]
        for suggestions_item_data in _suggestions:
            suggestions_item = PruneSuggestion.from_dict(suggestions_item_data)

            suggestions.append(suggestions_item)

        total = src_dict["total"]

        prune_dry_run_results = cls(
            suggestions=suggestions,
            total=total,
        )

        return prune_dry_run_results


from ..models.prune_suggestion import PruneSuggestion  # noqa: E402
