from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="LabelSuggestions")


@_attrs_define
class LabelSuggestions:
    """
    Attributes:
        conversation_id (str):
        suggestions (list[LabelSuggestion]):
    """

    conversation_id: str
    suggestions: list[LabelSuggestion]

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        suggestions = []
        for suggestions_item_data in self.suggestions:
            suggestions_item = suggestions_item_data.to_dict()
            suggestions.append(suggestions_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation_id": conversation_id,
                "suggestions": suggestions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        conversation_id = src_dict["conversation_id"]

        suggestions = []
        _suggestions = src_dict["suggestions"]
        for suggestions_item_data in _suggestions:
            suggestions_item = LabelSuggestion.from_dict(suggestions_item_data)

            suggestions.append(suggestions_item)

        label_suggestions = cls(
            conversation_id=conversation_id,
            suggestions=suggestions,
        )

        return label_suggestions


from ..models.label_suggestion import LabelSuggestion  # noqa: E402
