from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="FullTextSearchResults")


@_attrs_define
class FullTextSearchResults:
    """
    Attributes:
        results (list[StoredMessage]):
        total (int):
        ranked (bool | Unset): Whether the best match comes first (row 17). Only the embedded controller says so; then
            each
            message's metadata has its `conversation`, too.
    """

    results: list[StoredMessage]
    total: int
    ranked: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)

        total = self.total

        ranked = self.ranked

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "results": results,
                "total": total,
            }
        )
        if ranked is not UNSET:
            field_dict["ranked"] = ranked

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        results = []
        _results = src_dict["results"]
        for results_item_data in _results:
            results_item = StoredMessage.from_dict(results_item_data)

            results.append(results_item)

        total = src_dict["total"]

        ranked = src_dict.get("ranked", UNSET)

        full_text_search_results = cls(
            results=results,
            total=total,
            ranked=ranked,
        )

        return full_text_search_results


from ..models.stored_message import StoredMessage  # noqa: E402
