from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ExportedMessage")


@_attrs_define
class ExportedMessage:
    """
    Attributes:
        id (str):
        role (str):
        content (str):
        timestamp (str): With a `T`, unlike the other times of the tools.
        metadata (ExportedMessageMetadata):
    """

    id: str
    role: str
    content: str
    timestamp: str
    metadata: ExportedMessageMetadata

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        role = self.role

        content = self.content

        timestamp = self.timestamp

        metadata = self.metadata.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "role": role,
                "content": content,
                "timestamp": timestamp,
                "metadata": metadata,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        id = src_dict["id"]

        role = src_dict["role"]

        content = src_dict["content"]

        timestamp = src_dict["timestamp"]

        metadata = ExportedMessageMetadata.from_dict(src_dict["metadata"])

        exported_message = cls(
            id=id,
            role=role,
            content=content,
            timestamp=timestamp,
            metadata=metadata,
        )

        return exported_message


from ..models.exported_message_metadata import ExportedMessageMetadata  # noqa: E402
