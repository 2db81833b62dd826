from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="LabelSuggestion")


@_attrs_define
class LabelSuggestion:
    """
    Attributes:
        label (str):
        confidence (float): 0 to 1.
        is_existing (bool): Whether the label is in use already.
        reason (str):
    """

    label: str
    confidence: float
    is_existing: bool
    reason: str

    def to_dict(self) -> dict[str, Any]:
        label = self.label

        confidence = self.confidence

        is_existing = self.is_existing

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "label": label,
                "confidence": confidence,
                "is_existing": is_existing,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        label = src_dict["label"]

        confidence = src_dict["confidence"]

        is_existing = src_dict["is_existing"]

        reason = src_dict["reason"]

        label_suggestion = cls(
            label=label,
            confidence=confidence,
            is_existing=is_existing,
            reason=reason,
        )

        return label_suggestion
