from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="MemoryStatistics")


@_attrs_define
class MemoryStatistics:
    """
    Attributes:
        total_conversations (int):
        average_importance (float):
        folders (list[str] | Unset): All folders, or the one asked for.
        labels (list[str] | Unset): The label asked for.
        months (list[MonthStatistics] | Unset): If it was asked for. Only the embedded controller knows it.
    """

    total_conversations: int
    average_importance: float
    folders: list[str] | Unset = UNSET
    labels: list[str] | Unset = UNSET
    months: list[MonthStatistics] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        total_conversations = self.total_conversations

        average_importance = self.average_importance

        folders: list[str] | Unset = UNSET
        if not isinstance(self.folders, Unset):
            folders = self.folders

        labels: list[str] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels

        months: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.months, Unset):
            months = []
            for months_item_data in self.months:
                months_item = months_item_data.to_dict()
                months.append(months_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "total_conversations": total_conversations,
                "average_importance": average_importance,
            }
        )
        if folders is not UNSET:
            field_dict["folders"] = folders
        if labels is not UNSET:
            field_dict["labels"] = labels
        if months is not UNSET:
            field_dict["months"] = months

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        total_conversations = src_dict["total_conversations"]

        average_importance = src_dict["average_importance"]

        folders = cast(list[str], src_dict.get("folders", UNSET))

        labels = cast(list[str], src_dict.get("labels", UNSET))

        _months = src_dict.get("months", UNSET)
        months: list[MonthStatistics] | Unset = UNSET
        if _months is not UNSET:
            months = []
            for months_item_data in _months:
                months_item = MonthStatistics.from_dict(months_item_data)

                months.append(months_item)

        memory_statistics = cls(
            total_conversations=total_conversations,
            average_importance=average_importance,
            folders=folders,
            labels=labels,
            months=months,
        )

        return memory_statistics


from ..models.month_statistics import MonthStatistics  # noqa: E402
