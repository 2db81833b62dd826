from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ExportedConversation")


@_attrs_define
class ExportedConversation:
    """
    Attributes:
        id (str):
        label (str):
        folder (str):
        status (str):
        importance_score (int):
        word_count (int): The bytes of all messages, whatever the name says.
        session_count (int):
        created_at (str):
        updated_at (str):
    """

    id: str
    label: str
    folder: str
    status: str
    importance_score: int
    word_count: int
    session_count: int
    created_at: str
    updated_at: str

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        label = self.label

        folder = self.folder

        status = self.status

        importance_score = self.importance_score

        word_count = self.word_count

        session_count = self.session_count

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "label": label,
                "folder": folder,
                "status": status,
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
        id = src_dict["id"]

        label = src_dict["label"]

        folder = src_dict["folder"]

        status = src_dict["status"]

        importance_score = src_dict["importance_score"]

        word_count = src_dict["word_count"]

        session_count = src_dict["session_count"]

        created_at = src_dict["created_at"]

        updated_at = src_dict["updated_at"]

        exported_conversation = cls(
            id=id,
            label=label,
            folder=folder,
            status=status,
            importance_score=importance_score,
            word_count=word_count,
            session_count=session_count,
            created_at=created_at,
            updated_at=updated_at,
        )

        return exported_conversation
