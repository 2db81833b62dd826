from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SearchResult")


@_attrs_define
class SearchResult:
    """A message that was found, or a conversation in a list.

    Attributes:
        conversation_id (str):
        message_id (str): The nil UUID in a list.
        score (float): Cosine distance, 0 to 2, smaller is closer (row 15); 1.0 in a list.
        content (str): The message's text; the label in a list.
        metadata (SearchResultMetadata): In a list `folder`, `status` and `importance_score` (row 7), and from the
            embedded controller `created_at` and `message_count`; for a message what the vector store holds beside it, such
            as `role` and the message's own `timestamp`.
        label (str):
        folder (str):
        timestamp (str): When the conversation was created; in a list, when it last changed.
        stored_at (str | Unset): In a list, when it was stored, where `created_at` is when its first message was said.
            Only the embedded controller.
        source (str | Unset):
        source_id (str | Unset):
        content_hash (str | Unset):
        former_hashes (list[str] | Unset): Those of the earlier versions that it has replaced.
    """

    conversation_id: str
    message_id: str
    score: float
    content: str
    metadata: SearchResultMetadata
    label: str
    folder: str
    timestamp: str
    stored_at: str | Unset = UNSET
    source: str | Unset = UNSET
    source_id: str | Unset = UNSET
    content_hash: str | Unset = UNSET
    former_hashes: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        message_id = self.message_id

        score = self.score

        content = self.content

        metadata = self.metadata.to_dict()

        label = self.label

        folder = self.folder

        timestamp = self.timestamp

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
        conversation_id = src_dict["conversation_id"]

        message_id = src_dict["message_id"]

        score = src_dict["score"]

        content = src_dict["content"]

        metadata = SearchResultMetadata.from_dict(src_dict["metadata"])

        label = src_dict["label"]

        folder = src_dict["folder"]

        timestamp = src_dict["timestamp"]

        stored_at = src_dict.get("stored_at", UNSET)

        source = src_dict.get("source", UNSET)

        source_id = src_dict.get("source_id", UNSET)

        content_hash = src_dict.get("content_hash", UNSET)

        former_hashes = cast(list[str], src_dict.get("former_hashes", UNSET))

        search_result = cls(
            conversation_id=conversation_id,
            message_id=message_id,
            score=score,
            content=content,
            metadata=metadata,
            label=label,
            folder=folder,
            timestamp=timestamp,
            stored_at=stored_at,
            source=source,
            source_id=source_id,
            content_hash=content_hash,
            former_hashes=former_hashes,
        )

        return search_result


from ..models.search_result_metadata import SearchResultMetadata  # noqa: E402
