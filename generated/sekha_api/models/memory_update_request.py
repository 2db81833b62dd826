from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="MemoryUpdateRequest")


@_attrs_define
class MemoryUpdateRequest:
    """
    Attributes:
        conversation_id (str): A UUID.
        label (None | str | Unset):
        folder (None | str | Unset):
        status (None | str | Unset): `active` or `archived`. The public controller changes nothing (row 12).
        importance_score (int | None | Unset): The public controller changes nothing (row 12).
    """

    conversation_id: str
    label: None | str | Unset = UNSET
    folder: None | str | Unset = UNSET
    status: None | str | Unset = UNSET
    importance_score: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        label: None | str | Unset
        if isinstance(self.label, Unset):
            label = UNSET
        else:
            label = self.label

        folder: None | str | Unset
        if isinstance(self.folder, Unset):
            folder = UNSET
        else:
            folder = self.folder

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        importance_score: int | None | Unset
        if isinstance(self.importance_score, Unset):
            importance_score = UNSET
        else:
            importance_score = self.importance_score

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "conversation_id": conversation_id,
            }
        )
        if label is not UNSET:
            field_dict["label"] = label
        if folder is not UNSET:
            field_dict["folder"] = folder
        if status is not UNSET:
            field_dict["status"] = status
        if importance_score is not UNSET:
            field_dict["importance_score"] = importance_score

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        conversation_id = d.pop("conversation_id")

        def _parse_label(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        label = _parse_label(d.pop("label", UNSET))

        def _parse_folder(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        folder = _parse_folder(d.pop("folder", UNSET))

        def _parse_status(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))

        def _parse_importance_score(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        importance_score = _parse_importance_score(d.pop("importance_score", UNSET))

        memory_update_request = cls(
            conversation_id=conversation_id,
            label=label,
            folder=folder,
            status=status,
            importance_score=importance_score,
        )

        memory_update_request.additional_properties = d
        return memory_update_request

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
