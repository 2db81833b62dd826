from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ConversationSummary")


@_attrs_define
class ConversationSummary:
    """
    Attributes:
        id (str):
        label (str):
        folder (str):
        status (str): `active` or `archived`.
        message_count (int): Always 0 on the public controller (row 9).
        created_at (str):
    """

    id: str
    label: str
    folder: str
    status: str
    message_count: int
    created_at: str

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        label = self.label

        folder = self.folder

        status = self.status

        message_count = self.message_count

        created_at = self.created_at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "label": label,
                "folder": folder,
                "status": status,
                "message_count": message_count,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        id = src_dict["id"]

        label = src_dict["label"]

        folder = src_dict["folder"]

        status = src_dict["status"]

        message_count = src_dict["message_count"]

        created_at = src_dict["created_at"]

        conversation_summary = cls(
            id=id,
            label=label,
            folder=folder,
            status=status,
            message_count=message_count,
            created_at=created_at,
        )

        return conversation_summary
