from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="MonthStatistics")


@_attrs_define
class MonthStatistics:
    """
    Attributes:
        month (str): The year and the month in UTC, such as `2025-03`.
        source (None | str): Where its conversations were said.
        messages (int):
    """

    month: str
    source: None | str
    messages: int

    def to_dict(self) -> dict[str, Any]:
        month = self.month

        source: None | str
        source = self.source

        messages = self.messages

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "month": month,
                "source": source,
                "messages": messages,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        month = src_dict["month"]

        def _parse_source(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        source = _parse_source(src_dict["source"])

        messages = src_dict["messages"]

        month_statistics = cls(
            month=month,
            source=source,
            messages=messages,
        )

        return month_statistics
