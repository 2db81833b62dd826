from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

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
        stored_at (str | Unset): When it was stored, where `created_at` is when its first message was said. Only the
            embedded controller.
        source (str | Unset):
        source_id (str | Unset):
        content_hash (str | Unset):
        former_hashes (list[str] | Unset): Those of the earlier versions that it has replaced.
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
    stored_at: str | Unset = UNSET
    source: str | Unset = UNSET
    source_id: str | Unset = UNSET
    content_hash: str | Unset = UNSET
    former_hashes: list[str] | Unset = UNSET

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

        stored_at = self.stored_at

        source = self.source

        source_id = self.source_id

        content_hash = self.content_hash

        former_hashes: list[str] | Unset = UNSET
        if not isinstance(self.former_hashes, Unset):
            former_hashes = self.former_hashes

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
        if stored_at is not UNSET:
            field_dict["stored_at"] = stored_at
        if source is not UNSET:
            field_dict["source"] = source
        if source_id is not UNSET:
            field_dict["source_id"] = source_id
        if content_hash is not UNSET:
            field_dict["content_hash"] = content_hash
        if former_hashes is not UNSET:
            field_dict["former_hashes"] = former_hashes

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

        stored_at = src_dict.get("stored_at", UNSET)

        source = src_dict.get("source", UNSET)

        source_id = src_dict.get("source_id", UNSET)

        content_hash = src_dict.get("content_hash", UNSET)

        former_hashes = cast(list[str], src_dict.get("former_hashes", UNSET))

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
            stored_at=stored_at,
            source=source,
            source_id=source_id,
            content_hash=content_hash,
            former_hashes=former_hashes,
        )

        return exported_conversation
