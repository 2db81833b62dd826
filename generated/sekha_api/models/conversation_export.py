from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ConversationExport")


@_attrs_define
class ConversationExport:
    """
    Attributes:
        conversation (ExportedConversation):
        messages (list[ExportedMessage]):
        format_ (str):
        include_metadata (bool):
        others (list[OtherConversation] | Unset): The conversations of the request's `others`.
    """

    conversation: ExportedConversation
    messages: list[ExportedMessage]
    format_: str
    include_metadata: bool
    others: list[OtherConversation] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        conversation = self.conversation.to_dict()

        messages = []
        for messages_item_data in self.messages:
            messages_item = messages_item_data.to_dict()
            messages.append(messages_item)

        format_ = self.format_

        include_metadata = self.include_metadata

        others: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.others, Unset):
            others = []
            for others_item_data in self.others:
                others_item = others_item_data.to_dict()
                others.append(others_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation": conversation,
                "messages": messages,
                "format": format_,
                "include_metadata": include_metadata,
            }
        )
        if others is not UNSET:
            field_dict["others"] = others

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        conversation = ExportedConversation.from_dict(src_dict["conversation"])

        messages = []
        _messages = src_dict["messages"]
        for messages_item_data in _messages:
            messages_item = ExportedMessage.from_dict(messages_item_data)

            messages.append(messages_item)

        format_ = src_dict["format"]

        include_metadata = src_dict["include_metadata"]

        _others = src_dict.get("others", UNSET)
        others: list[OtherConversation] | Unset = UNSET
        if _others is not UNSET:
            others = []
            for others_item_data in _others:
                others_item = OtherConversation.from_dict(others_item_data)

                others.append(others_item)

        conversation_export = cls(
            conversation=conversation,
            messages=messages,
            format_=format_,
            include_metadata=include_metadata,
            others=others,
        )

        return conversation_export


from ..models.exported_conversation import ExportedConversation  # noqa: E402
from ..models.exported_message import ExportedMessage  # noqa: E402
from ..models.other_conversation import OtherConversation  # noqa: E402
