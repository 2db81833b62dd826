from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateConversationRequest")


@_attrs_define
class CreateConversationRequest:
    """
    Attributes:
        label (str):
        folder (str):
        messages (list[MessageDto]): In order; may be empty.
        importance_score (int | None | Unset): Ignored (row 1).
        source (str | Unset): Where it was said, such as `chatgpt`. Ignored by the public controller, like the next
            three. The embedded
            one keeps it in the memory, and finds by it.
        source_id (str | Unset): The source's own id of it.
        content_hash (str | Unset): A hash of what it says, whatever its label, folder and times are.
        replaces (str | Unset): The id of an earlier version of it, which goes as this one comes, in one step; its hash
            is remembered.
            One that is not there any more is no hindrance.
        if_stored_at_most (int | Unset): Store it only if there are at most so many conversations of the same source and
            `source_id`, or without
            one of the same source and `content_hash`, not counting the one that is replaced: see `already_stored`.
            Looked for and stored in one step, so that of two imports at one moment one stores. Ignored by the
            public controller.
        status (str | Unset): `active` or `archived`; see the answer. Ignored by the public controller, like the next
            two.
        created_at (str | Unset): When it was created, if not when its first message was said.
        updated_at (str | Unset): When it last changed, if not when its last message was said.
    """

    label: str
    folder: str
    messages: list[MessageDto]
    importance_score: int | None | Unset = UNSET
    source: str | Unset = UNSET
    source_id: str | Unset = UNSET
    content_hash: str | Unset = UNSET
    replaces: str | Unset = UNSET
    if_stored_at_most: int | Unset = UNSET
    status: str | Unset = UNSET
    created_at: str | Unset = UNSET
    updated_at: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        label = self.label

        folder = self.folder

        messages = []
        for messages_item_data in self.messages:
            messages_item = messages_item_data.to_dict()
            messages.append(messages_item)

        importance_score: int | None | Unset
        if isinstance(self.importance_score, Unset):
            importance_score = UNSET
        else:
            importance_score = self.importance_score

        source = self.source

        source_id = self.source_id

        content_hash = self.content_hash

        replaces = self.replaces

        if_stored_at_most = self.if_stored_at_most

        status = self.status

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "label": label,
                "folder": folder,
                "messages": messages,
            }
        )
        if importance_score is not UNSET:
            field_dict["importance_score"] = importance_score
        if source is not UNSET:
            field_dict["source"] = source
        if source_id is not UNSET:
            field_dict["source_id"] = source_id
        if content_hash is not UNSET:
            field_dict["content_hash"] = content_hash
        if replaces is not UNSET:
            field_dict["replaces"] = replaces
        if if_stored_at_most is not UNSET:
            field_dict["if_stored_at_most"] = if_stored_at_most
        if status is not UNSET:
            field_dict["status"] = status
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if updated_at is not UNSET:
            field_dict["updated_at"] = updated_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        label = d.pop("label")

        folder = d.pop("folder")

        messages = []
        _messages = d.pop("messages")
        for messages_item_data in _messages:
            messages_item = MessageDto.from_dict(messages_item_data)

            messages.append(messages_item)

        def _parse_importance_score(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        importance_score = _parse_importance_score(d.pop("importance_score", UNSET))

        source = d.pop("source", UNSET)

        source_id = d.pop("source_id", UNSET)

        content_hash = d.pop("content_hash", UNSET)

        replaces = d.pop("replaces", UNSET)

        if_stored_at_most = d.pop("if_stored_at_most", UNSET)

        status = d.pop("status", UNSET)

        created_at = d.pop("created_at", UNSET)

        updated_at = d.pop("updated_at", UNSET)

        create_conversation_request = cls(
            label=label,
            folder=folder,
            messages=messages,
            importance_score=importance_score,
            source=source,
            source_id=source_id,
            content_hash=content_hash,
            replaces=replaces,
            if_stored_at_most=if_stored_at_most,
            status=status,
            created_at=created_at,
            updated_at=updated_at,
        )

        create_conversation_request.additional_properties = d
        return create_conversation_request

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


from ..models.message_dto import MessageDto  # noqa: E402
