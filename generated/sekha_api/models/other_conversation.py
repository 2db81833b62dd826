from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="OtherConversation")


@_attrs_define
class OtherConversation:
    """
    Attributes:
        conversation (ExportedConversation):
        messages (list[ExportedMessage]):
    """

    conversation: ExportedConversation
    messages: list[ExportedMessage]

    def to_dict(self) -> dict[str, Any]:
        conversation = self.conversation.to_dict()

        messages = []
        for messages_item_data in self.messages:
            messages_item = messages_item_data.to_dict()
            messages.append(messages_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation": conversation,
                "messages": messages,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        conversation = ExportedConversation.from_dict(src_dict["conversation"])

        messages = []
        _messages = src_dict["messages"]
        for messages_item_data in _messages:
            messages_item = ExportedMessage.from_dict(messages_item_data)

            messages.append(messages_item)

        other_conversation = cls(
            conversation=conversation,
            messages=messages,
        )

        return other_conversation


from ..models.exported_conversation import ExportedConversation  # noqa: E402
from ..models.exported_message import ExportedMessage  # noqa: E402
