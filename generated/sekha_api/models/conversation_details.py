from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ConversationDetails")


@_attrs_define
class ConversationDetails:
    """
    Attributes:
        conversation_id (str):
        label (str):
        status (str):
        folder (str):
        importance_score (int):
        word_count (int): The bytes of all messages, whatever the name says.
        session_count (int):
        created_at (str):
        updated_at (str):
    """

    conversation_id: str
    label: str
    status: str
    folder: str
    importance_score: int
    word_count: int
    session_count: int
    created_at: str
    updated_at: str

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        label = self.label

        status = self.status

        folder = self.folder

        importance_score = self.importance_score

        word_count = self.word_count

        session_count = self.session_count

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation_id": conversation_id,
                "label": label,
                "status": status,
                "folder": folder,
                "importance_score": importance_score,
                "word_count": word_count,
                "session_count": session_count,
                "created_at": created_at,
                "updated_at": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        conversation_id = src_dict["conversation_id"]

        label = src_dict["label"]

        status = src_dict["status"]

        folder = src_dict["folder"]

        importance_score = src_dict["importance_score"]

        word_count = src_dict["word_count"]

        session_count = src_dict["session_count"]

        created_at = src_dict["created_at"]

        updated_at = src_dict["updated_at"]

        conversation_details = cls(
            conversation_id=conversation_id,
            label=label,
            status=status,
            folder=folder,
            importance_score=importance_score,
            word_count=word_count,
            session_count=session_count,
            created_at=created_at,
            updated_at=updated_at,
        )

        return conversation_details
