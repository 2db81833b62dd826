from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Summary")


@_attrs_define
class Summary:
    """
    Attributes:
        conversation_id (str):
        level (str):
        summary (str):
        generated_at (str):
    """

    conversation_id: str
    level: str
    summary: str
    generated_at: str

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        level = self.level

        summary = self.summary

        generated_at = self.generated_at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation_id": conversation_id,
                "level": level,
                "summary": summary,
                "generated_at": generated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        conversation_id = src_dict["conversation_id"]

        level = src_dict["level"]

        summary = src_dict["summary"]

        generated_at = src_dict["generated_at"]

        summary = cls(
            conversation_id=conversation_id,
            level=level,
            summary=summary,
            generated_at=generated_at,
        )

        return summary
