from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="PruneSuggestion")


@_attrs_define
class PruneSuggestion:
    """
    Attributes:
        conversation_id (str):
        conversation_label (str):
        last_accessed (str): When it last changed.
        message_count (int): Always 0 on the public controller (row 20).
        token_estimate (int): Always 0 on the public controller (row 20).
        importance_score (float):
        preview (str): What archiving would put out of sight, in words.
        recommendation (str): `archive` or `keep`; always `keep` on the public controller (row 20).
    """

    conversation_id: str
    conversation_label: str
    last_accessed: str
    message_count: int
    token_estimate: int
    importance_score: float
    preview: str
    recommendation: str

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        conversation_label = self.conversation_label

        last_accessed = self.last_accessed

        message_count = self.message_count

        token_estimate = self.token_estimate

        importance_score = self.importance_score

        preview = self.preview

        recommendation = self.recommendation

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation_id": conversation_id,
                "conversation_label": conversation_label,
                "last_accessed": last_accessed,
                "message_count": message_count,
                "token_estimate": token_estimate,
                "importance_score": importance_score,
                "preview": preview,
                "recommendation": recommendation,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        conversation_id = src_dict["conversation_id"]

        conversation_label = src_dict["conversation_label"]

        last_accessed = src_dict["last_accessed"]

        message_count = src_dict["message_count"]

        token_estimate = src_dict["token_estimate"]

        importance_score = src_dict["importance_score"]

        preview = src_dict["preview"]

        recommendation = src_dict["recommendation"]

        prune_suggestion = cls(
            conversation_id=conversation_id,
            conversation_label=conversation_label,
            last_accessed=last_accessed,
            message_count=message_count,
            token_estimate=token_estimate,
            importance_score=importance_score,
            preview=preview,
            recommendation=recommendation,
        )

        return prune_suggestion
