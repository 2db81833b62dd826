from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PruneDryRunRequest")


@_attrs_define
class PruneDryRunRequest:
    """
    Attributes:
        threshold_days (int): Days since the last change, at least. Within a hundred years either way the cut-off is a
            date that every controller can reckon with; a huge number drops the connection of the public one (row 20).
    """

    threshold_days: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        threshold_days = self.threshold_days

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "threshold_days": threshold_days,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        threshold_days = d.pop("threshold_days")

        prune_dry_run_request = cls(
            threshold_days=threshold_days,
        )

        prune_dry_run_request.additional_properties = d
        return prune_dry_run_request

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
