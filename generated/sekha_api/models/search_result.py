from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="SearchResult")


@_attrs_define
class SearchResult:
    """A message that was found, or a conversation in a list.

    Attributes:
        conversation_id (str):
        message_id (str): The nil UUID in a list.
        score (float): Cosine distance, 0 to 2, smaller is closer (row 15); 1.0 in a list.
        content (str): The message's text; the label in a list.
        metadata (SearchResultMetadata): In a list `folder`, `status` and `importance_score` (row 7); for a message what
            the vector store holds beside it, such as `role` and the message's own `timestamp`.
        label (str):
        folder (str):
        timestamp (str): When the conversation was created; in a list, when it last changed.
    """

    conversation_id: str
    message_id: str
    score: float
    content: str
    metadata: SearchResultMetadata
    label: str
    folder: str
    timestamp: str

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        message_id = self.message_id

        score = self.score

        content = self.content

        metadata = self.metadata.to_dict()

        label = self.label

        folder = self.folder

        timestamp = self.timestamp

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation_id": conversation_id,
                "message_id": message_id,
                "score": score,
                "content": content,
                "metadata": metadata,
                "label": label,
                "folder": folder,
                "timestamp": timestamp,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        conversation_id = src_dict["conversation_id"]

        message_id = src_dict["message_id"]

        score = src_dict["score"]

        content = src_dict["content"]

        metadata = SearchResultMetadata.from_dict(src_dict["metadata"])

        label = src_dict["label"]

        folder = src_dict["folder"]

        timestamp = src_dict["timestamp"]

        search_result = cls(
            conversation_id=conversation_id,
            message_id=message_id,
            score=score,
            content=content,
            metadata=metadata,
            label=label,
            folder=folder,
            timestamp=timestamp,
        )

        return search_result


from ..models.search_result_metadata import SearchResultMetadata  # noqa: E402
