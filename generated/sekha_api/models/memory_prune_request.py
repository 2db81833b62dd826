from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="MemoryPruneRequest")


@_attrs_define
class MemoryPruneRequest:
    """
    Attributes:
        threshold_days (int | Unset): Days since the last change, at least (default 30), bounded as in a dry run.
        importance_threshold (float | Unset): Importance at most (default 5), within the range that a stored importance
            can have.
    """

    threshold_days: int | Unset = UNSET
    importance_threshold: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        threshold_days = self.threshold_days

        importance_threshold = self.importance_threshold

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if threshold_days is not UNSET:
            field_dict["threshold_days"] = threshold_days
        if importance_threshold is not UNSET:
            field_dict["importance_threshold"] = importance_threshold

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        threshold_days = d.pop("threshold_days", UNSET)

        importance_threshold = d.pop("importance_threshold", UNSET)

        memory_prune_request = cls(
            threshold_days=threshold_days,
            importance_threshold=importance_threshold,
        )

        memory_prune_request.additional_properties = d
        return memory_prune_request

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
