from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="UpdatedConversation")


@_attrs_define
class UpdatedConversation:
    """
    Attributes:
        conversation_id (str):
        updated_fields (list[str]): `label/folder`, `status` and `importance_score`, as asked for; on the public
            controller only the first was done (row 12).
        message (str):
    """

    conversation_id: str
    updated_fields: list[str]
    message: str

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        updated_fields = self.updated_fields

        message = self.message

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation_id": conversation_id,
                "updated_fields": updated_fields,
                "message": message,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        conversation_id = src_dict["conversation_id"]

        updated_fields = cast(list[str], src_dict["updated_fields"])

        message = src_dict["message"]

        updated_conversation = cls(
            conversation_id=conversation_id,
            updated_fields=updated_fields,
            message=message,
        )

        return updated_conversation
