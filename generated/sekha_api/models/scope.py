from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="Scope")


@_attrs_define
class Scope:
    """Where and when: conversations of exactly this label, of exactly this folder, of this folder and all below
    it, and messages from a time on and before a time. Only the embedded controller knows it; an answer says so
    with `scoped`.

        Attributes:
            label (str | Unset):
            folder (str | Unset):
            under (str | Unset):
            since (str | Unset): Naive UTC, as times are in answers.
            until (str | Unset): Naive UTC, itself no more included.
    """

    label: str | Unset = UNSET
    folder: str | Unset = UNSET
    under: str | Unset = UNSET
    since: str | Unset = UNSET
    until: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        label = self.label

        folder = self.folder

        under = self.under

        since = self.since

        until = self.until

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if label is not UNSET:
            field_dict["label"] = label
        if folder is not UNSET:
            field_dict["folder"] = folder
        if under is not UNSET:
            field_dict["under"] = under
        if since is not UNSET:
            field_dict["since"] = since
        if until is not UNSET:
            field_dict["until"] = until

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        label = d.pop("label", UNSET)

        folder = d.pop("folder", UNSET)

        under = d.pop("under", UNSET)

        since = d.pop("since", UNSET)

        until = d.pop("until", UNSET)

        scope = cls(
            label=label,
            folder=folder,
            under=under,
            since=since,
            until=until,
        )

        scope.additional_properties = d
        return scope

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
