from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="StoredMessage")


@_attrs_define
class StoredMessage:
    """
    Attributes:
        id (str):
        conversation_id (str):
        role (str):
        content (str):
        timestamp (str):
        embedding_id (None | str):
        metadata (StoredMessageMetadata): In a context, `citation` with the conversation's `label`, `folder` and
            `timestamp`. In a ranked
            full-text search, `conversation` with its `label`, `folder`, `status`, `importance_score`,
            `created_at` and `updated_at`.
    """

    id: str
    conversation_id: str
    role: str
    content: str
    timestamp: str
    embedding_id: None | str
    metadata: StoredMessageMetadata

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        conversation_id = self.conversation_id

        role = self.role

        content = self.content

        timestamp = self.timestamp

        embedding_id: None | str
        embedding_id = self.embedding_id

        metadata = self.metadata.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "conversation_id": conversation_id,
                "role": role,
                "content": content,
                "timestamp": timestamp,
                "embedding_id": embedding_id,
                "metadata": metadata,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        id = src_dict["id"]

        conversation_id = src_dict["conversation_id"]

        role = src_dict["role"]

        content = src_dict["content"]

        timestamp = src_dict["timestamp"]

        def _parse_embedding_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        embedding_id = _parse_embedding_id(src_dict["embedding_id"])

        metadata = StoredMessageMetadata.from_dict(src_dict["metadata"])

        stored_message = cls(
            id=id,
            conversation_id=conversation_id,
            role=role,
            content=content,
            timestamp=timestamp,
            embedding_id=embedding_id,
            metadata=metadata,
        )

        return stored_message


from ..models.stored_message_metadata import StoredMessageMetadata  # noqa: E402
