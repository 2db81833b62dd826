from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="StoredConversation")


@_attrs_define
class StoredConversation:
    """
    Attributes:
        conversation_id (str):
        id (str): The same as `conversation_id`.
        label (str):
        folder (str):
    """

    conversation_id: str
    id: str
    label: str
    folder: str

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        id = self.id

        label = self.label

        folder = self.folder

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation_id": conversation_id,
                "id": id,
                "label": label,
                "folder": folder,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        conversation_id = src_dict["conversation_id"]

        id = src_dict["id"]

        label = src_dict["label"]

        folder = src_dict["folder"]

        stored_conversation = cls(
            conversation_id=conversation_id,
            id=id,
            label=label,
            folder=folder,
        )

        return stored_conversation
