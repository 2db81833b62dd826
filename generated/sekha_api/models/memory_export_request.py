from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="MemoryExportRequest")


@_attrs_define
class MemoryExportRequest:
    """
    Attributes:
        conversation_id (str): A UUID.
        format_ (None | str | Unset): Repeated in the answer (default `json`), without effect.
        include_metadata (bool | Unset): Repeated in the answer (default true), without effect.
        others (list[str] | Unset): More conversations in the same answer. Only the embedded controller gives them, as
            `others`; those that
            are unknown are left out.
    """

    conversation_id: str
    format_: None | str | Unset = UNSET
    include_metadata: bool | Unset = UNSET
    others: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        format_: None | str | Unset
        if isinstance(self.format_, Unset):
            format_ = UNSET
        else:
            format_ = self.format_

        include_metadata = self.include_metadata

        others: list[str] | Unset = UNSET
        if not isinstance(self.others, Unset):
            others = self.others

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "conversation_id": conversation_id,
            }
        )
        if format_ is not UNSET:
            field_dict["format"] = format_
        if include_metadata is not UNSET:
            field_dict["include_metadata"] = include_metadata
        if others is not UNSET:
            field_dict["others"] = others

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        conversation_id = d.pop("conversation_id")

        def _parse_format_(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        format_ = _parse_format_(d.pop("format", UNSET))

        include_metadata = d.pop("include_metadata", UNSET)

        others = cast(list[str], d.pop("others", UNSET))

        memory_export_request = cls(
            conversation_id=conversation_id,
            format_=format_,
            include_metadata=include_metadata,
            others=others,
        )

        memory_export_request.additional_properties = d
        return memory_export_request

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
